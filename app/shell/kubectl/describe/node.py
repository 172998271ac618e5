"""`kubectl describe node`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.control.podstate import is_terminal
from app.kube.bodies import list_at, mapping_at, time_text
from app.kube.objects import Object
from app.kube.quantity import Quantity
from app.kube.tables.node import roles
from app.kube.tables.table import NONE
from app.shell.kubectl.describe.writer import DESCRIBERS, Described, Writer, rfc1123

__all__ = ["node"]

Amounts = Mapping[str, Quantity]
SYSTEM = (
    ("machineID", "Machine ID"), ("systemUUID", "System UUID"), ("bootID", "Boot ID"),
    ("kernelVersion", "Kernel Version"), ("osImage", "OS Image"), ("operatingSystem", "Operating System"),
    ("architecture", "Architecture"), ("containerRuntimeVersion", "Container Runtime Version"),
    ("kubeletVersion", "Kubelet Version"), ("kubeProxyVersion", "Kube-Proxy Version"),
)  # fmt: skip


@DESCRIBERS.register("Node")
def node(about: Described, out: Writer) -> None:
    """Write a Node: taints, conditions, addresses, capacity, and what its Pods ask of it."""
    metadata, spec, status = mapping_at(about.body, "metadata"), about.spec, about.status
    out.line(f"Name:\t{about.object.name}")
    out.several("Roles", [",".join(roles(about.body)) or NONE])
    out.labels("Labels", mapping_at(metadata, "labels"))
    out.annotations("Annotations", mapping_at(metadata, "annotations"))
    out.line(f"CreationTimestamp:\t{rfc1123(metadata.get('creationTimestamp'))}")
    out.several("Taints", sorted(map(_taint, list_at(spec, "taints"))) or [NONE])
    out.line(f"Unschedulable:\t{str(bool(spec.get('unschedulable'))).lower()}")
    _lease(about, out)
    _conditions(status, out)
    if addresses := list_at(status, "addresses"):
        out.line("Addresses:")
        for address in addresses:
            out.line(f"{address.get('type')}:\t{address.get('address')}", 1)
    for key, word in (("capacity", "Capacity"), ("allocatable", "Allocatable")):
        amounts = mapping_at(status, key)
        if amounts:
            out.line(f"{word}:")
        for name in sorted(amounts):
            out.line(f"{name}:\t{amounts[name]}", 1)
    out.line("System Info:")
    for key, word in SYSTEM:
        out.line(f"{word}:\t{mapping_at(status, 'nodeInfo').get(key) or ''}", 1)
    if spec.get("podCIDR"):
        out.line(f"PodCIDR:\t{spec['podCIDR']}")
        out.line(f"PodCIDRs:\t{','.join(list_at(spec, 'podCIDRs')) or spec['podCIDR']}")
    if spec.get("providerID"):
        out.line(f"ProviderID:\t{spec['providerID']}")
    _pods(about, out)
    about.events(out)


def _taint(taint: Mapping[str, Any]) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


def _lease(about: Described, out: Writer) -> None:
    """Write the node's lease. The model's kubelets keep none as an object: theirs is renewed at this very moment."""
    name = about.object.name
    found = about.call.api.find("Lease", name, "kube-node-lease")
    if found is None and not about.call.api.acts:
        out.line(f'Lease:\tFailed to get lease: leases.coordination.k8s.io "{name}" not found')
        return
    spec = mapping_at(found.body, "spec") if found else {}
    acquired = spec.get("acquireTime")
    out.line("Lease:")
    out.line(f"HolderIdentity:\t{spec.get('holderIdentity') or name}", 1)
    out.line(f"AcquireTime:\t{rfc1123(acquired) if acquired else '<unset>'}", 1)
    out.line(f"RenewTime:\t{rfc1123(spec.get('renewTime') or time_text(about.call.now))}", 1)


def _conditions(status: Mapping[str, Any], out: Writer) -> None:
    conditions = list_at(status, "conditions")
    if not conditions:
        return
    titles = ("Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message")
    out.line("Conditions:")
    out.line("\t".join(titles), 1)
    out.line("\t".join("-" * len(title) for title in titles), 1)
    for condition in conditions:
        times = [rfc1123(condition.get(key)) for key in ("lastHeartbeatTime", "lastTransitionTime")]
        cells = (condition.get("type"), condition.get("status"), *times, condition.get("reason"))
        out.line("".join(f"{cell} \t" for cell in cells) + str(condition.get("message") or ""), 1)


def _pods(about: Described, out: Writer) -> None:
    pods = [
        pod
        for pod in about.call.api.list("Pod")
        if mapping_at(pod.body, "spec").get("nodeName") == about.object.name and not is_terminal(pod)
    ]
    given = mapping_at(about.status, "allocatable") or mapping_at(about.status, "capacity")
    whole = {name: Quantity.parse(str(amount)) for name, amount in given.items()}
    out.line(f"Non-terminated Pods:\t({len(pods)} in total)")
    out.line("Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge", 1)
    out.line("---------\t----\t\t------------\t----------\t---------------\t-------------\t---", 1)
    for pod in pods:
        wants, limits = _asked(pod, "requests"), _asked(pod, "limits")
        shares = [_share(of, name, whole) for name in ("cpu", "memory") for of in (wants, limits)]
        age = about.age(mapping_at(pod.body, "metadata").get("creationTimestamp"))
        out.line("\t".join((pod.namespace, pod.name, "", *shares, age)), 1)
    out.line("Allocated resources:")
    out.line("(Total limits may be over 100 percent, i.e., overcommitted.)", 1)
    out.line("Resource\tRequests\tLimits", 1)
    out.line("--------\t--------\t------", 1)
    wants, limits = (_sum(_asked(pod, key) for pod in pods) for key in ("requests", "limits"))
    for name in ("cpu", "memory", "ephemeral-storage", *sorted(n for n in whole if n.startswith("hugepages-"))):
        out.line(f"{name}\t{_share(wants, name, whole)}\t{_share(limits, name, whole)}", 1)


def _asked(pod: Object, key: str) -> Amounts:
    """Return what a Pod asks for: the sum of its containers, or the most of an init container where that is more."""
    spec = mapping_at(pod.body, "spec")
    total = dict(_sum(_amounts(container, key) for container in list_at(spec, "containers")))
    for container in list_at(spec, "initContainers"):
        for name, amount in _amounts(container, key).items():
            if amount.value > total.get(name, Quantity()).value:
                total[name] = amount
    return total


def _amounts(container: Mapping[str, Any], key: str) -> Amounts:
    found = mapping_at(container, "resources", key)
    return {name: Quantity.parse(str(amount)) for name, amount in found.items()}


def _sum(parts: Iterable[Amounts]) -> Amounts:
    total: dict[str, Quantity] = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, Quantity()) + amount
    return total


def _share(of: Amounts, name: str, whole: Amounts) -> str:
    amount = of.get(name, Quantity())
    return f"{amount} ({amount.share_of(whole.get(name, Quantity()))}%)"
