"""The nodes of a cluster: from `spec.nodes` and Node manifests, with addresses and Pod ranges filled in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

from pydantic import Field, StrictStr, ValidationError

from app.core.errors import Mark, Related
from app.kube import fields
from app.kube.clusterspec import CONTROL_PLANE, DEFAULT_NODES, ClusterSpec, NodeSpec, Taint
from app.kube.explain import explain
from app.kube.manifest import Raw, Reading, check_annotations, check_fields
from app.kube.nodestatus import registered_labels, registered_status
from app.kube.objects import Metadata, Node
from app.kube.pods import Loose
from app.kube.values import Range, Subdomain, parse_address

ROLE_LABEL = "node-role.kubernetes.io/"
FIRST_HOST = 10
"""Nodes without an `ip` are numbered from the tenth address of the subnet, as in the course."""
POD_PREFIX = 24
"""kube-controller-manager's --node-cidr-mask-size for IPv4."""


class NodeMetadata(Loose):
    """`metadata` of a Node."""

    name: Subdomain
    labels: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    annotations: dict[StrictStr, StrictStr] = Field(default_factory=dict)


class NodeManifestSpec(Loose):
    """`spec` of a Node."""

    podCIDR: Range | None = None  # noqa: N815  (Kubernetes' name)
    taints: tuple[Taint, ...] = ()


class NodeAddress(Loose):
    """One of `status.addresses`; a Hostname is text."""

    type: StrictStr
    address: StrictStr


class NodeStatus(Loose):
    """`status` of a Node."""

    addresses: tuple[NodeAddress, ...] = ()


class NodeManifest(Loose):
    """The whole Node."""

    metadata: NodeMetadata
    spec: NodeManifestSpec = NodeManifestSpec()
    status: NodeStatus = NodeStatus()


@dataclass
class Plan:
    """A node in the making. Marks are where a value was given; None: it was not."""

    name: str
    mark: Mark
    ip: IPv4Address | None = None
    ip_mark: Mark | None = None
    pod_cidr: IPv4Network | None = None
    cidr_mark: Mark | None = None
    interface: str = ""
    addresses: tuple[IPv4Interface, ...] = ()
    roles: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)

    def node(self, spec: ClusterSpec) -> Node:
        """Return the finished Node; only for a plan whose addresses are filled in."""
        assert self.ip is not None
        assert self.pod_cidr is not None
        own = registered_labels(self.name, self.roles, spec)
        # kubeadm writes the label of the control plane since 1.20; before, there was only master.
        old = spec.controllers == "all" and spec.version_numbers < (1, 20)
        roles = [role for role in self.roles if not (old and role == CONTROL_PLANE)]
        labels = {**own, **{ROLE_LABEL + role: "" for role in roles}, **self.labels}
        return Node(
            "Node", "v1", Metadata(self.name, "", labels, self.annotations), self._body(labels, spec), self.mark,
            ip=self.ip, pod_cidr=self.pod_cidr, pod_cidr_given=self.cidr_mark is not None, interface=self.interface,
            addresses=self.addresses, roles=self.roles, taints=self.taints,
        )  # fmt: skip

    def _body(self, labels: Mapping[str, str], spec: ClusterSpec) -> dict[str, Any]:
        """Return the Node as the API server would show it; one of a dump as it is given."""
        if self.body and spec.controllers == "none":
            return dict(self.body)
        body = dict(self.body)
        metadata = {**body.get("metadata", {}), "name": self.name, "labels": dict(labels)}
        ranges = {"podCIDR": str(self.pod_cidr), "podCIDRs": [str(self.pod_cidr)]}
        taints = {"taints": [taint.model_dump(exclude_defaults=True) for taint in self.taints]} if self.taints else {}
        addresses = [
            {"type": "InternalIP", "address": str(self.ip)},
            *({"type": "InternalIP", "address": str(extra.ip)} for extra in self.addresses),
            {"type": "Hostname", "address": self.name},
        ]
        return {
            **body, "apiVersion": "v1", "kind": "Node", "metadata": metadata,
            "spec": {**body.get("spec", {}), **ranges, **taints},
            "status": registered_status({**body.get("status", {}), "addresses": addresses}, spec),
        }  # fmt: skip


def plan_nodes(
    spec: ClusterSpec, cluster: Raw, manifests: Sequence[tuple[Raw, NodeManifest]], reading: Reading
) -> list[Plan]:
    """Return every node in file order, `spec.nodes` first. Problems within one node are recorded."""
    given = spec.nodes_given
    if given is None:
        given = () if manifests else DEFAULT_NODES
    plans = [_planned(node, index, spec, cluster) for index, node in enumerate(given)]
    by_name = {plan.name: plan for plan in reversed(plans)}
    seen: dict[str, Raw] = {}
    for raw, model in manifests:
        _add_manifest(raw, model, plans, by_name, seen, reading)
    for plan in plans:
        if reading.is_dump and plan.body and plan.ip and plan.ip not in spec.underlay.subnet:
            # The machine of a dumped Node stands in this underlay, whatever address it had in its own.
            plan.ip = plan.ip_mark = None
            plan.addresses = ()
        plan.interface = plan.interface or spec.underlay.interface
    return plans


def _planned(node: NodeSpec, index: int, spec: ClusterSpec, cluster: Raw) -> Plan:
    path = ("spec", "nodes", index)
    is_written = spec.nodes_given is not None
    return Plan(
        node.name, cluster.mark(*path, "name") if is_written else cluster.mark(),
        node.ip, cluster.mark(*path, "ip") if node.ip else None,
        node.pod_cidr, cluster.mark(*path, "podCIDR") if node.pod_cidr else None,
        node.interface or "", node.addresses, node.roles, dict(node.labels), {}, _taints(node, spec),
    )  # fmt: skip


def _taints(node: NodeSpec, spec: ClusterSpec) -> tuple[Taint, ...]:
    """Return a node's taints: those given, else those that kubeadm gives a control plane. `[]` is none.

    Source: kubernetes/enhancements KEP-2067: `master` until 1.24, `control-plane` from 1.24 on.
    """
    if node.taints is not None or CONTROL_PLANE not in node.roles or spec.controllers == "none":
        return node.taints or ()
    version = spec.version_numbers
    keys = [*(["master"] if version < (1, 25) else []), *([CONTROL_PLANE] if version >= (1, 24) else [])]
    return tuple(Taint(key=ROLE_LABEL + key, effect="NoSchedule") for key in keys)


def _add_manifest(
    raw: Raw, model: NodeManifest, plans: list[Plan], by_name: dict[str, Plan], seen: dict[str, Raw], reading: Reading
) -> None:
    """Merge one Node manifest into the plan of that name, or add a plan."""
    name = model.metadata.name
    if name in seen:
        first = Related(seen[name].mark("metadata", "name"), "first given here")
        reading.wrong(f"Node {name} is given twice", raw.mark("metadata", "name"), "keep one of them", first)
        return
    seen[name] = raw
    plan = by_name.get(name)
    if plan is None:
        plan = by_name[name] = Plan(name, raw.mark("metadata", "name"))
        plans.append(plan)
    plan.body = raw.data
    plan.labels.update(model.metadata.labels)
    plan.annotations.update(model.metadata.annotations)
    plan.taints = plan.taints or model.spec.taints
    found = [label.removeprefix(ROLE_LABEL) for label in model.metadata.labels if label.startswith(ROLE_LABEL)]
    plan.roles = tuple(dict.fromkeys([*plan.roles, *found]))
    _merge_range(plan, model, raw, reading)
    _merge_addresses(plan, model, raw, reading)


def parse_node(raw: Raw, reading: Reading) -> NodeManifest | None:
    """Return a Node manifest, checked; None when something is wrong (the problems are recorded)."""
    before = len(reading.problems)
    reading.slips.clear()
    check_fields(raw, (), fields.TOP, reading)
    check_fields(raw, ("metadata",), fields.METADATA, reading)
    check_fields(raw, ("spec",), fields.NODE_SPEC, reading)
    check_annotations(raw, reading)
    try:
        model = NodeManifest.model_validate(raw.data)
    except ValidationError as error:
        reading.problems += explain(error, NodeManifest, raw.document, raw.base, reading.slips)
        return None
    return model if len(reading.problems) == before else None


def _merge_range(plan: Plan, model: NodeManifest, raw: Raw, reading: Reading) -> None:
    given = model.spec.podCIDR
    if given is None:
        return
    at = raw.mark("spec", "podCIDR")
    if plan.pod_cidr is None:
        plan.pod_cidr, plan.cidr_mark = given, at
    elif plan.pod_cidr != given and plan.cidr_mark:
        first = Related(plan.cidr_mark, f"{plan.pod_cidr} is given here")
        reading.wrong(f"node {plan.name}: podCIDR {given} contradicts {plan.pod_cidr}", at, "give it once", first)


def _merge_addresses(plan: Plan, model: NodeManifest, raw: Raw, reading: Reading) -> None:
    """The first InternalIP is the node's address, further ones are more addresses of its interface."""
    for index, entry in enumerate(model.status.addresses):
        if entry.type not in ("InternalIP", "ExternalIP"):
            continue
        at = raw.mark("status", "addresses", index, "address")
        try:
            address = _address(entry.address)
        except ValueError as error:
            reading.wrong(f"status.addresses[{index}].address: {error}", at)
            continue
        if address is None or address == plan.ip or any(address == extra.ip for extra in plan.addresses):
            continue
        if plan.ip is None and entry.type == "InternalIP":
            plan.ip, plan.ip_mark = address, at
        elif entry.type == "InternalIP":
            plan.addresses = (*plan.addresses, IPv4Interface((address, 32)))


def _address(text: str) -> IPv4Address | None:
    """Return an IPv4 address; an IPv6 one (a dual-stack dump) is passed over."""
    return None if ":" in text else parse_address(text)


def fill_addresses(plans: Sequence[Plan], spec: ClusterSpec, taken: set[IPv4Address], reading: Reading) -> None:
    """Give each node without `ip` the next free address of the underlay's subnet."""
    if spec.underlay.subnet.prefixlen > 30:
        return
    used = taken | {plan.ip for plan in plans if plan.ip}
    free = _free_hosts(spec.underlay.subnet, used)
    for plan in plans:
        if plan.ip is None:
            plan.ip = next(free, None)
        if plan.ip is None:
            reading.wrong(
                f"node {plan.name}: no free address is left in underlay.subnet {spec.underlay.subnet}",
                plan.mark, "give a wider underlay.subnet",
            )  # fmt: skip
            return


def _free_hosts(subnet: IPv4Network, used: set[IPv4Address]) -> Iterator[IPv4Address]:
    first, last = int(subnet.network_address) + 1, int(subnet.broadcast_address) - 1
    start = min(first + FIRST_HOST - 1, last)
    for number in (*range(start, last + 1), *range(first, start)):
        if IPv4Address(number) not in used:
            yield IPv4Address(number)


def fill_ranges(plans: Sequence[Plan], spec: ClusterSpec, reading: Reading, where: Mark) -> None:
    """Give each node without `podCIDR` the next free /24 of `spec.podCIDR`, in file order.

    Source: kube-controller-manager, nodeipam/ipam/cidrset: it hands out subnets in order and skips occupied ones.
    """
    free = _free_ranges(spec.pod_cidr, [plan.pod_cidr for plan in plans if plan.pod_cidr])
    for plan in plans:
        if plan.pod_cidr is None:
            plan.pod_cidr = next(free, None)
        if plan.pod_cidr is None:
            reading.wrong(
                f"node {plan.name}: no free /{POD_PREFIX} is left in spec.podCIDR {spec.pod_cidr}",
                plan.mark, "give a wider spec.podCIDR, or a podCIDR of its own to each node",
                Related(where, f"spec.podCIDR is {spec.pod_cidr}"),
            )  # fmt: skip
            return


def _free_ranges(whole: IPv4Network, given: Sequence[IPv4Network]) -> Iterator[IPv4Network]:
    taken = sorted((int(network.network_address), int(network.broadcast_address)) for network in given)
    starts = [start for start, _ in taken]
    if whole.prefixlen > POD_PREFIX:
        return
    for candidate in whole.subnets(new_prefix=POD_PREFIX):
        first, last = int(candidate.network_address), int(candidate.broadcast_address)
        after = bisect_left(starts, last + 1)
        if after == 0 or max(end for _, end in taken[max(0, after - 2) : after]) < first:
            yield candidate
