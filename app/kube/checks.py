"""What each line says may be right and the whole still impossible: ranges, addresses and names held against each other.

Every problem names both places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network

from app.core.errors import Mark, Related, did_you_mean, listing
from app.kube.clusterspec import ClusterSpec
from app.kube.manifest import Raw, Reading
from app.kube.nodes import Plan
from app.kube.objects import Node, Pod
from app.kube.pods import IP_ANNOTATION

GATEWAY_NAME = "gateway"
UNDERLAY_NETNS = "underlay"
NFTABLES_SINCE = (1, 29)

Seen = dict[IPv4Address, tuple[str, Mark]]


def check_ranges(spec: ClusterSpec, cluster: Raw, reading: Reading) -> None:
    """podCIDR, serviceCIDR and underlay.subnet must not overlap; gateway and DNS address must lie inside theirs."""
    paths = (("podCIDR",), ("serviceCIDR",), ("underlay", "subnet"))
    ranges = [(path, network) for path, network in zip(paths, _ranges(spec), strict=True)]
    for index, (path, network) in enumerate(ranges):
        for other_path, other in ranges[:index]:
            if network.overlaps(other):
                _overlap(path, network, other_path, other, cluster, reading)
    subnet, gateway = spec.underlay.subnet, spec.underlay.gateway
    if subnet.prefixlen > 30:
        reading.wrong(
            f"spec.underlay.subnet: {subnet} has no room for nodes", cluster.mark("spec", "underlay", "subnet")
        )
    elif not _is_host(gateway, subnet):
        related = _given(cluster, ("underlay", "subnet"), f"underlay.subnet is {subnet}")
        message = f"spec.underlay.gateway: {_outside(gateway, subnet, 'underlay.subnet')}"
        reading.wrong(message, cluster.mark("spec", "underlay", "gateway"), "give an address of the subnet", related)
    if not _is_host(spec.dns_service_ip, spec.service_cidr):
        related = _given(cluster, ("serviceCIDR",), f"serviceCIDR is {spec.service_cidr}")
        message = f"spec.dnsServiceIP: {_outside(spec.dns_service_ip, spec.service_cidr, 'spec.serviceCIDR')}"
        reading.wrong(message, cluster.mark("spec", "dnsServiceIP"), "give an address of the range", related)


def check_proxy_mode(spec: ClusterSpec, cluster: Raw, reading: Reading) -> None:
    """kube-proxy's nftables mode came with Kubernetes 1.29 (KEP-3866)."""
    if spec.kube_proxy.mode == "nftables" and spec.version_numbers < NFTABLES_SINCE:
        since = ".".join(str(number) for number in NFTABLES_SINCE)
        reading.wrong(
            f"spec.kubeProxy.mode: nftables needs Kubernetes {since} or later, not {spec.kubernetes_version}",
            cluster.mark("spec", "kubeProxy", "mode"),
            f"write mode: iptables, or kubernetesVersion: '{since}'",
            _given(cluster, ("kubernetesVersion",), f"kubernetesVersion is {spec.kubernetes_version}"),
        )


def _ranges(spec: ClusterSpec) -> tuple[IPv4Network, IPv4Network, IPv4Network]:
    return spec.pod_cidr, spec.service_cidr, spec.underlay.subnet


def _overlap(path: tuple[str, ...], network: IPv4Network, other_path: tuple[str, ...], other: IPv4Network,
             cluster: Raw, reading: Reading) -> None:  # fmt: skip
    name, other_name = ".".join(path), ".".join(other_path)
    if cluster.get("spec", *path) is None:
        name, network, path, other_name, other, other_path = other_name, other, other_path, name, network, path
    default = "" if cluster.get("spec", *other_path) is not None else ", the default"
    reading.wrong(
        f"spec.{name}: {network} overlaps spec.{other_name} {other}{default}",
        cluster.mark("spec", *path),
        f"choose another range, or set spec.{other_name}" if default else "choose ranges apart from each other",
        _given(cluster, other_path, f"spec.{other_name} is {other}"),
    )


def _given(cluster: Raw, path: tuple[str, ...], note: str) -> Related:
    """Return the second place of a problem; a value that was left out is shown at the mapping it is left out of."""
    default = "" if cluster.get("spec", *path) is not None else " (the default)"
    return Related(cluster.mark("spec", *path), note + default)


def _is_host(address: IPv4Address, network: IPv4Network) -> bool:
    return address in network and address not in (network.network_address, network.broadcast_address)


def _outside(address: IPv4Address, network: IPv4Network, name: str) -> str:
    if address not in network:
        return f"{address} lies outside {name} {network}"
    which = "network" if address == network.network_address else "broadcast"
    return f"{address} is the {which} address of {name} {network}"


def check_nodes(plans: Sequence[Plan], spec: ClusterSpec, cluster: Raw, reading: Reading) -> None:
    """Hold names, addresses and Pod ranges of the nodes, the outside hosts and the gateway against each other."""
    names: dict[str, Mark] = {}
    for plan in plans:
        _unique_name("node", plan.name, plan.mark, names, reading)
        if plan.name == UNDERLAY_NETNS:
            reading.wrong(
                f"node name '{UNDERLAY_NETNS}' is taken by the switch between the nodes", plan.mark, "rename it"
            )
    seen: Seen = {spec.underlay.gateway: ("the gateway", cluster.mark("spec", "underlay", "gateway"))}
    for plan in plans:
        _check_node_address(plan, spec, cluster, seen, reading)
    for plan in plans:
        if plan.pod_cidr and plan.cidr_mark and not plan.pod_cidr.subnet_of(spec.pod_cidr):
            related = _given(cluster, ("podCIDR",), f"spec.podCIDR is {spec.pod_cidr}")
            message = f"node {plan.name}: podCIDR {plan.pod_cidr} lies outside spec.podCIDR {spec.pod_cidr}"
            reading.wrong(message, plan.cidr_mark, "leave podCIDR out to get the next free /24", related)
        if plan.pod_cidr and plan.cidr_mark and plan.pod_cidr.prefixlen > 30:
            reading.wrong(
                f"node {plan.name}: podCIDR {plan.pod_cidr} has no room for Pods", plan.cidr_mark, "use a /24"
            )
    _check_overlaps(plans, reading)
    _check_external(spec, cluster, seen, reading)


def _unique_name(what: str, name: str, mark: Mark, seen: dict[str, Mark], reading: Reading) -> None:
    if name in seen:
        reading.wrong(f"two {what}s are named '{name}'", mark, "rename one", Related(seen[name], "the first one"))
    seen.setdefault(name, mark)


def _unique_address(address: IPv4Address, owner: str, mark: Mark, seen: Seen, reading: Reading) -> None:
    if address in seen:
        other, other_mark = seen[address]
        message = f"{owner}: ip {address} is already that of {other}"
        reading.wrong(message, mark, "give each its own address", Related(other_mark, f"{other} has {address}"))
    seen.setdefault(address, (owner, mark))


def _check_node_address(plan: Plan, spec: ClusterSpec, cluster: Raw, seen: Seen, reading: Reading) -> None:
    if plan.ip is None or plan.ip_mark is None:
        return
    if not _is_host(plan.ip, spec.underlay.subnet):
        related = _given(cluster, ("underlay", "subnet"), f"spec.underlay.subnet is {spec.underlay.subnet}")
        message = f"node {plan.name}: ip {_outside(plan.ip, spec.underlay.subnet, 'spec.underlay.subnet')}"
        reading.wrong(message, plan.ip_mark, "nodes share one Ethernet segment; give an address of it", related)
    _unique_address(plan.ip, f"node {plan.name}", plan.ip_mark, seen, reading)
    for extra in plan.addresses:
        _unique_address(extra.ip, f"node {plan.name}", plan.mark, seen, reading)


def _check_overlaps(plans: Iterable[Plan], reading: Reading) -> None:
    """Sorted by start, a range can only overlap the widest one before it."""
    given = [(plan.pod_cidr, plan, plan.cidr_mark) for plan in plans if plan.pod_cidr and plan.cidr_mark]
    before: tuple[IPv4Network, Plan, Mark] | None = None
    for network, plan, mark in sorted(given, key=lambda entry: (int(entry[0].network_address), entry[0].prefixlen)):
        if before and network.overlaps(before[0]):
            first, second = sorted([before, (network, plan, mark)], key=lambda entry: (entry[2].line, entry[2].column))
            message = f"node {second[1].name}: podCIDR {second[0]} overlaps {first[0]} of node {first[1].name}"
            related = Related(first[2], f"node {first[1].name} has {first[0]}")
            reading.wrong(message, second[2], "each node needs a range of its own", related)
        if not before or int(network.broadcast_address) > int(before[0].broadcast_address):
            before = (network, plan, mark)


def _check_external(spec: ClusterSpec, cluster: Raw, seen: Seen, reading: Reading) -> None:
    names: dict[str, Mark] = {}
    for index, host in enumerate(spec.external):
        mark = cluster.mark("spec", "external", index, "name")
        at = cluster.mark("spec", "external", index, "ip")
        _unique_name("external host", host.name, mark, names, reading)
        if host.name == GATEWAY_NAME:
            reading.wrong("external name 'gateway' is the underlay gateway's", mark, "rename the host")
        _unique_address(host.ip, f"external {host.name}", at, seen, reading)
        _check_external_place(host.name, host.ip, at, spec, cluster, reading)


def _check_external_place(
    name: str, ip: IPv4Address, at: Mark, spec: ClusterSpec, cluster: Raw, reading: Reading
) -> None:
    for path, network in ((("podCIDR",), spec.pod_cidr), (("serviceCIDR",), spec.service_cidr)):
        if ip in network:
            related = _given(cluster, path, f"spec.{path[0]} is {network}")
            message = f"external {name}: ip {ip} lies inside spec.{path[0]} {network}"
            reading.wrong(message, at, "an outside host needs an address outside the cluster", related)
            return
    segment = spec.underlay.subnet if ip in spec.underlay.subnet else IPv4Network((ip, 24), strict=False)
    if not _is_host(ip, segment):
        reading.wrong(f"external {name}: ip {_outside(ip, segment, 'its network')}", at, "give a host's address")
    elif segment != spec.underlay.subnet and ip == segment.network_address + 1:
        reading.wrong(f"external {name}: ip {ip} is the gateway's own address in {segment}", at, "give another one")


def check_pods(pods: Sequence[Pod], nodes: Mapping[str, Node], cidr_marks: Mapping[str, Mark], pod_cidr: Mark,
               raws: Mapping[int, Raw], reading: Reading, *, is_host_local: bool = True) -> None:  # fmt: skip
    """Hold each Pod's node and pinned address against the nodes and the other Pods.

    `raws` is by position in `pods`; `cidr_marks` is where a node's podCIDR stands, `pod_cidr` where spec.podCIDR does.
    `is_host_local` False: the CNI plugin has an IPAM of its own, which says itself what address it cannot give.
    """
    seen: Seen = {}
    for index, pod in enumerate(pods):
        if pod.node_name and pod.node_name not in nodes:
            _unknown_node(pod, nodes, raws[index], reading)
        elif pod.pinned_ip and pod.pin_mark and pod.node_name:
            node = nodes[pod.node_name]
            if is_host_local or pod.host_network:
                _check_pin(pod, pod.pinned_ip, pod.pin_mark, node, cidr_marks.get(node.name, pod_cidr), reading)
            if not pod.host_network:
                _unique_address(pod.pinned_ip, f"Pod {pod.key}", pod.pin_mark, seen, reading)


def _unknown_node(pod: Pod, nodes: Mapping[str, Node], raw: Raw, reading: Reading) -> None:
    near = did_you_mean(pod.node_name, nodes)
    names = list(nodes)
    shown = listing(names) if len(names) <= 10 else f"{', '.join(names[:10])} and {len(names) - 10} more"
    message = f"Pod {pod.key}: spec.nodeName '{pod.node_name}' is no node of this cluster{near}"
    reading.wrong(message, raw.mark("spec", "nodeName"), f"nodes: {shown}")


def _check_pin(pod: Pod, ip: IPv4Address, at: Mark, node: Node, range_mark: Mark, reading: Reading) -> None:
    is_annotated = IP_ANNOTATION in pod.metadata.annotations
    name = f"Pod {pod.key}: {IP_ANNOTATION if is_annotated else 'status.podIP'}"
    if pod.host_network:
        if ip != node.ip:
            message = f"{name} {ip}: a hostNetwork Pod has its node's address {node.ip}"
            reading.wrong(message, at, "remove the annotation", Related(node.mark, f"node {node.name}"))
        return
    related = Related(range_mark, f"the Pods of {node.name} have addresses of {node.pod_cidr}")
    if not _is_host(ip, node.pod_cidr):
        message = f"{name} {_outside(ip, node.pod_cidr, f'the podCIDR of node {node.name},')}"
        reading.wrong(message, at, f"give an address of {node.pod_cidr}, or remove the annotation", related)
    elif ip == node.pod_cidr.network_address + 1:
        message = f"{name} {ip} is the gateway's: cni0 of node {node.name} has it"
        reading.wrong(message, at, f"host-local gives Pods {node.pod_cidr.network_address + 2} and up", related)
