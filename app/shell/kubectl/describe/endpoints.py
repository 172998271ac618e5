"""`kubectl describe` of Endpoints and EndpointSlices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.table import NONE
from app.shell.kubectl.describe.writer import DESCRIBERS, Described, Writer, heading

__all__ = ["endpoint_slice", "endpoints"]

UNSET = "<unset>"


def _ports(ports: Sequence[Mapping[str, Any]], out: Writer, level: int) -> None:
    out.line("Ports:", level)
    out.line("Name\tPort\tProtocol", level + 1)
    out.line("----\t----\t--------", level + 1)
    for port in ports:
        number = port.get("port")
        shown = UNSET if number is None else number
        out.line(f"{port.get('name') or UNSET}\t{shown}\t{port.get('protocol') or 'TCP'}", level + 1)


@DESCRIBERS.register("Endpoints")
def endpoints(about: Described, out: Writer) -> None:
    """Write Endpoints: addresses that are ready, those that are not, ports."""
    heading(about, out)
    out.line("Subsets:")
    for subset in list_at(about.body, "subsets"):
        for key, word in (("addresses", "Addresses"), ("notReadyAddresses", "NotReadyAddresses")):
            out.line(f"{word}:\t{','.join(str(a.get('ip')) for a in list_at(subset, key)) or NONE}", 1)
        if list_at(subset, "ports"):
            _ports(list_at(subset, "ports"), out, 1)
        out.line()
    about.events(out)


@DESCRIBERS.register("EndpointSlice")
def endpoint_slice(about: Described, out: Writer) -> None:
    """Write an EndpointSlice: its ports, and each endpoint with its conditions, Pod, node and zone."""
    heading(about, out)
    out.line(f"AddressType:\t{about.body.get('addressType') or ''}")
    if ports := list_at(about.body, "ports"):
        _ports(ports, out, 0)
    else:
        out.line(f"Ports: {UNSET}")
    found = list_at(about.body, "endpoints")
    out.line("Endpoints:" if found else f"Endpoints: {NONE}")
    for endpoint in found:
        _endpoint(endpoint, out)
    about.events(out)


def _endpoint(endpoint: Mapping[str, Any], out: Writer) -> None:
    ready = mapping_at(endpoint, "conditions").get("ready")
    target = mapping_at(endpoint, "targetRef")
    out.line(f"- Addresses:\t{', '.join(map(str, list_at(endpoint, 'addresses'))) or NONE}", 1)
    out.line("Conditions:", 2)
    out.line(f"Ready:\t{UNSET if ready is None else str(bool(ready)).lower()}", 3)
    out.line(f"Hostname:\t{endpoint.get('hostname') or UNSET}", 2)
    if target:
        out.line(f"TargetRef:\t{target.get('kind')}/{target.get('name')}", 2)
    out.line(f"NodeName:\t{endpoint.get('nodeName') or UNSET}", 2)
    out.line(f"Zone:\t{endpoint.get('zone') or UNSET}", 2)
