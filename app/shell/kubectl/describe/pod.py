"""`kubectl describe pod`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.quantity import Quantity
from app.kube.tables.table import NONE
from app.shell.kubectl.describe.containers import describe_containers
from app.shell.kubectl.describe.template import tolerations
from app.shell.kubectl.describe.volumes import describe_volumes
from app.shell.kubectl.describe.writer import DESCRIBERS, Described, Writer, controlled_by, rfc1123

__all__ = ["describe_pod"]


@DESCRIBERS.register("Pod")
def describe_pod(about: Described, out: Writer) -> None:
    """Write a Pod: where it runs, its containers and their states, conditions, volumes, events."""
    body, spec, status = about.body, about.spec, about.status
    _head(about, out)
    for key, title, named in (
        ("initContainers", "Init Containers", "initContainerStatuses"),
        ("containers", "Containers", "containerStatuses"),
        ("ephemeralContainers", "Ephemeral Containers", "ephemeralContainerStatuses"),
    ):
        if list_at(spec, key) or key == "containers":
            describe_containers(title, list_at(spec, key), list_at(status, named), body, out)
    _gates(about, out)
    if conditions := list_at(status, "conditions"):
        out.line("Conditions:")
        out.line("Type\tStatus", 1)
        for condition in conditions:
            out.line(f"{condition.get('type')} \t{condition.get('status')} ", 1)
    describe_volumes(list_at(spec, "volumes"), out)
    out.line(f"QoS Class:\t{status.get('qosClass') or _quality(spec)}")
    out.labels("Node-Selectors", mapping_at(spec, "nodeSelector"))
    out.several("Tolerations", tolerations(list_at(spec, "tolerations")))
    about.events(out)


def _head(about: Described, out: Writer) -> None:
    metadata, spec, status = mapping_at(about.body, "metadata"), about.spec, about.status
    out.line(f"Name:\t{about.object.name}")
    out.line(f"Namespace:\t{about.object.namespace}")
    if spec.get("priority") is not None:
        out.line(f"Priority:\t{spec['priority']}")
    for key, word in (
        ("priorityClassName", "Priority Class Name"),
        ("runtimeClassName", "Runtime Class Name"),
        ("serviceAccountName", "Service Account"),
    ):
        if spec.get(key):
            out.line(f"{word}:\t{spec[key]}")
    node = spec.get("nodeName")
    out.line(f"Node:\t{node}/{status.get('hostIP') or ''}" if node else f"Node:\t{NONE}")
    if status.get("startTime"):
        out.line(f"Start Time:\t{rfc1123(status['startTime'])}")
    out.labels("Labels", mapping_at(metadata, "labels"))
    out.annotations("Annotations", mapping_at(metadata, "annotations"))
    if metadata.get("deletionTimestamp") and status.get("phase") not in ("Failed", "Succeeded"):
        out.line(f"Status:\tTerminating (lasts {about.age(metadata['deletionTimestamp'])})")
        out.line(f"Termination Grace Period:\t{metadata.get('deletionGracePeriodSeconds') or 0}s")
    else:
        out.line(f"Status:\t{status.get('phase') or ''}")
    for key, word in (("reason", "Reason"), ("message", "Message")):
        if status.get(key):
            out.line(f"{word}:\t{status[key]}")
    _addresses(about, out)
    if by := controlled_by(about.object):
        out.line(f"Controlled By:\t{by}")
    if status.get("nominatedNodeName"):
        out.line(f"NominatedNodeName:\t{status['nominatedNodeName']}")


def _addresses(about: Described, out: Writer) -> None:
    ip = about.status.get("podIP")
    every = [entry.get("ip") for entry in list_at(about.status, "podIPs")] or ([ip] if ip else [])
    out.line(f"IP:\t{ip or ''}")
    out.line("IPs:" if every else f"IPs:\t{NONE}")
    for each in every:
        out.line(f"IP:\t{each}", 1)


def _gates(about: Described, out: Writer) -> None:
    gates = list_at(about.spec, "readinessGates")
    if not gates:
        return
    known = {c.get("type"): c.get("status") for c in list_at(about.status, "conditions")}
    out.line("Readiness Gates:")
    out.line("Type\tStatus", 1)
    for gate in gates:
        kind = gate.get("conditionType")
        out.line(f"{kind} \t{known.get(kind, NONE)} ", 1)


def _quality(spec: Mapping[str, Any]) -> str:
    """Return the QoS class that requests and limits make."""
    containers = [*list_at(spec, "initContainers"), *list_at(spec, "containers")]
    limits = [_amounts(c, "limits") for c in containers]
    requests = [{**limit, **_amounts(c, "requests")} for c, limit in zip(containers, limits, strict=True)]
    if not any((*limits, *requests)):
        return "BestEffort"
    is_guaranteed = all(len(limit) == 2 and limit == request for limit, request in zip(limits, requests, strict=True))
    return "Guaranteed" if is_guaranteed else "Burstable"


def _amounts(container: Mapping[str, Any], key: str) -> dict[str, Quantity]:
    found = mapping_at(container, "resources", key)
    return {name: Quantity.parse(str(found[name])) for name in ("cpu", "memory") if name in found}
