"""Services of `create service`, `expose` and `run --expose`.

Source: kubectl pkg/cmd/create/create_service.go, pkg/cmd/expose/expose.go, pkg/cmd/run/run.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.kube.validation.causes import PORT_WORDS, SUBDOMAIN, port_name_faults
from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.body import Body, int_or_name, metadata, object_of, port_number

__all__ = ["Exposed", "create_service", "expose_service", "plain_service"]

_STATUS: Body = {"loadBalancer": {}}


def create_service(
    kind: str,
    name: str,
    namespace: str,
    tcp: Sequence[str],
    *,
    cluster_ip: str = "",
    node_port: int = 0,
    external_name: str = "",
) -> Body:
    """Return `create service TYPE NAME`; `kind` is the type as the API writes it, `tcp` are `PORT[:TARGETPORT]`."""
    if cluster_ip != "None" and not tcp and kind != "ExternalName":
        raise error("at least one tcp port specifier must be provided")
    if kind == "ExternalName" and not re.fullmatch(SUBDOMAIN, external_name):
        raise error(f"invalid service external name {external_name}")
    spec: Body = {}
    if tcp:
        spec["ports"] = [_port(text, node_port) for text in tcp]
    spec["selector"] = {"app": name}
    if cluster_ip:
        spec["clusterIP"] = cluster_ip
    spec["type"] = kind
    if external_name:
        spec["externalName"] = external_name
    return object_of("v1", "Service", metadata(name, namespace, {"app": name}), spec=spec, status=_STATUS)


def _port(text: str, node_port: int) -> Body:
    first, *rest = text.split(":")
    port = port_number(first)
    port_body: Body = {"name": text.replace(":", "-"), "protocol": "TCP", "port": port, "targetPort": port}
    if rest:
        port_body["targetPort"] = _target(rest[0])
    return port_body | ({"nodePort": node_port} if node_port else {})


def _target(text: str) -> int | str:
    """Return a target port: a number or a port's name."""
    if re.fullmatch(r"[+-]?[0-9]+", text):
        if not 1 <= int(text) <= 65535:
            raise error(PORT_WORDS)
        return int(text)
    if faults := list(port_name_faults(text)):
        raise error(",".join(faults))
    return text


@dataclass(frozen=True, slots=True)
class Exposed:
    """What `kubectl expose` was asked for and what it found: ports as text, their protocols, the selector."""

    name: str
    ports: Sequence[str]
    selector: Mapping[str, str]
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    protocol: str = ""
    protocols: Mapping[str, Sequence[str]] = field(default_factory=dict)
    target_port: str = ""
    type: str = ""
    external_ip: str = ""
    load_balancer_ip: str = ""
    session_affinity: str = ""
    cluster_ip: str = ""


def expose_service(asked: Exposed) -> Body:
    """Return the Service of `kubectl expose`."""
    if not asked.selector:
        raise error("selector must be specified")
    spec: Body = {}
    if ports := [port for index, text in enumerate(asked.ports) for port in _exposed_ports(asked, index, text)]:
        spec["ports"] = ports
    spec["selector"] = dict(sorted(asked.selector.items()))
    if asked.cluster_ip:
        spec["clusterIP"] = asked.cluster_ip
    if asked.type:
        spec["type"] = asked.type
    if asked.external_ip:
        spec["externalIPs"] = [asked.external_ip]
    if asked.session_affinity:
        if asked.session_affinity not in ("None", "ClientIP"):
            raise error(f"unknown session affinity: {asked.session_affinity}")
        spec["sessionAffinity"] = asked.session_affinity
    if asked.type == "LoadBalancer" and asked.load_balancer_ip:
        spec["loadBalancerIP"] = asked.load_balancer_ip
    meta = metadata(asked.name, asked.namespace, asked.labels)
    return object_of("v1", "Service", meta, spec=spec, status=_STATUS)


def _exposed_ports(asked: Exposed, index: int, text: str) -> list[Body]:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise error(f'strconv.Atoi: parsing "{text}": invalid syntax')
    port = int(text)
    target: Any = int_or_name(asked.target_port) if asked.target_port else port
    name = f"port-{index + 1}" if len(asked.ports) > 1 else ""
    found = asked.protocols.get(text, ()) if not asked.protocol else ()
    if len(found) > 1:
        return [_named(f"port-{index + 1}-{protocol.lower()}", protocol, port, target) for protocol in found]
    return [_named(name, asked.protocol or (found[0] if found else "TCP"), port, target)]


def _named(name: str, protocol: str, port: int, target: int | str) -> Body:
    return ({"name": name} if name else {}) | {"protocol": protocol, "port": port, "targetPort": target}


def plain_service(
    name: str, namespace: str, port: int, selector: Mapping[str, str], labels: Mapping[str, str] | None
) -> Body:
    """Return the Service of `run --expose`: one TCP port, the Pod's labels as the selector."""
    spec = {"ports": [_named("", "TCP", port, port)], "selector": dict(sorted(selector.items()))}
    return object_of("v1", "Service", metadata(name, namespace, labels), spec=spec, status=_STATUS)
