"""flannel: each node has a range of its own; a backend carries packets between the ranges.

    vxlan    10.2.2.0/24 via 10.2.2.0 dev flannel.1 onlink   + a permanent neighbour + an FDB entry per node
    host-gw  10.2.2.0/24 via 10.0.0.12 dev ens33             (the nodes share one segment)

On the node the Pods hang on cni0, by delegation to the bridge plugin. Masquerading is flanneld's (FLANNEL_IPMASQ).
Source: flannel-io/flannel pkg/backend/{vxlan,hostgw}, pkg/trafficmngr/iptables, flannel-io/cni-plugin
flannel_linux.go; facts/cni.md section 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Interface, IPv4Network
from typing import ClassVar, Protocol

from app.control.bridge import BridgeNetwork
from app.control.cni import AddRequest, CniPlugin, plugins, refuse_options
from app.control.naming import vtep_mac
from app.core.errors import ManifestError
from app.core.registry import Registry
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.fdb import VtepEntry
from app.dataplane.fib import Route
from app.dataplane.neigh import Neighbour
from app.dataplane.netns import NetNs
from app.kube.clusterfile import ClusterFile
from app.kube.objects import Node

VNI = 1
DEVICE = f"flannel.{VNI}"
UDP_PORT = 8472
"""The kernel's default, not IANA's 4789: flannel leaves the port of its config at 0."""
MASQUERADE_CHAIN = "FLANNEL-POSTRTG"
FORWARD_CHAIN = "FLANNEL-FWD"
VXLAN_BYTES = 50
"""Outer Ethernet, IPv4, UDP and VXLAN headers (vxlan_network.go, encapOverhead)."""


class Backend(Protocol):
    """How packets get from one node's range to another's."""

    overhead: ClassVar[int]
    """Bytes by which the Pods' MTU is below the node's."""

    def start_node(self, node: Node, netns: NetNs, others: Iterable[Node], mtu: int) -> None:
        """Write the node's devices and its entries for every other node. `mtu` is the Pods'."""


backends: Registry[type[Backend]] = Registry("flannel backend")


@backends.register("vxlan")
class VxlanBackend:
    """A VTEP on every node. Nothing is learned: flanneld writes neighbour, FDB entry and route for each other node."""

    overhead: ClassVar[int] = VXLAN_BYTES
    direct_routing = False
    """DirectRouting: nodes that no router lies between get plain routes, as with host-gw; the MTU stays."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Neighbour, VtepEntry, Route]] = {}

    def start_node(self, node: Node, netns: NetNs, others: Iterable[Node], mtu: int) -> None:
        """Make flannel.1, then add the other nodes. Source: vxlan_network.go, handleSubnetEvents()."""
        address = node.pod_cidr.network_address
        device = VxlanDevice(
            DEVICE, vtep_mac(address), mtu, vni=VNI, local=node.ip, lower=node.interface, port=UDP_PORT
        )
        netns.add(device)
        netns.set_up(DEVICE)
        netns.add_address(DEVICE, IPv4Interface((address, 32)))
        routes = []
        for other in others:
            if self.direct_routing and (way := netns.fib.lookup(other.ip)) is not None and way.via is None:
                routes.append(Route(other.pod_cidr, node.interface, via=other.ip))
                continue
            neighbour, entry, route = self._entries_for(other)
            netns.neigh.put(neighbour)
            device.fdb.put(entry)
            routes.append(route)
        netns.fib.keep((*netns.fib.routes, *routes))

    def _entries_for(self, other: Node) -> tuple[Neighbour, VtepEntry, Route]:
        """Return what leads to a node: the same on every other node, so all of them hold the same entries."""
        known = self._entries.get(other.name)
        if known is None:
            far = other.pod_cidr.network_address
            mac = vtep_mac(far)
            known = self._entries[other.name] = (
                Neighbour(far, DEVICE, mac, "PERMANENT"),
                VtepEntry(mac, DEVICE, other.ip),
                Route(other.pod_cidr, DEVICE, via=far, onlink=True),
            )
        return known


@backends.register("host-gw")
class HostGwBackend:
    """Plain routes: the other node itself is the gateway to its Pods. Source: hostgw.go, route_network.go."""

    overhead: ClassVar[int] = 0

    def start_node(self, node: Node, netns: NetNs, others: Iterable[Node], mtu: int) -> None:  # noqa: ARG002
        """Add a route to each other node's range."""
        routes = [Route(other.pod_cidr, node.interface, via=other.ip) for other in others]
        netns.fib.keep((*netns.fib.routes, *routes))


def masquerade_rules(network: IPv4Network, subnet: IPv4Network) -> str:
    """Return the input of `iptables-restore --noflush` for a node's chain FLANNEL-POSTRTG; `subnet` is its own range.

    Inside the network nothing is masqueraded; what leaves it is, and what comes in for another node's Pods.
    Source: pkg/trafficmngr/iptables/iptables.go, masqRules().
    """
    note = '-m comment --comment "flanneld masq"'
    rules = (
        f"-m mark --mark 0x4000/0x4000 {note} -j RETURN",  # kube-proxy does it
        f"-s {subnet} -d {network} {note} -j RETURN",
        f"-s {network} -d {subnet} {note} -j RETURN",
        f"! -s {network} -d {subnet} {note} -j RETURN",  # keeps the client's address for externalTrafficPolicy Local
        f"-s {network} ! -d 224.0.0.0/4 {note} -j MASQUERADE --random-fully",
        f"! -s {network} -d {network} {note} -j MASQUERADE --random-fully",
    )
    lines = "".join(f"-A {MASQUERADE_CHAIN} {rule}\n" for rule in rules)
    return f"*nat\n:{MASQUERADE_CHAIN} - [0:0]\n{lines}COMMIT\n"


def forward_rules(network: IPv4Network) -> str:
    """Return the same for FLANNEL-FWD: Pods' packets pass whatever the policy of FORWARD is."""
    note = '-m comment --comment "flanneld forward"'
    lines = "".join(f"-A {FORWARD_CHAIN} {way} {network} {note} -j ACCEPT\n" for way in ("-s", "-d"))
    return f"*filter\n:{FORWARD_CHAIN} - [0:0]\n{lines}COMMIT\n"


@plugins.register("flannel")
class Flannel(CniPlugin):
    """flanneld on every node, and the flannel CNI plugin that delegates to `bridge`."""

    def __init__(self, cluster: ClusterFile) -> None:
        cni = cluster.spec.cni
        hint = f"legal: backend: {' or '.join(backends.names())}"
        refuse_options(cluster, hint, encapsulation="is calico's; flannel has 'backend'")
        self.backend_name = cni.backend or "vxlan"
        self.backend = backends.get(self.backend_name, at=cluster.marks["spec", "cni", "backend"])()
        self.direct_routing = bool(cni.direct_routing)
        if isinstance(self.backend, VxlanBackend):
            self.backend.direct_routing = self.direct_routing
        elif cni.direct_routing is not None:
            raise ManifestError(
                "spec.cni.directRouting is an option of the backend vxlan",
                hint=f"remove it: {self.backend_name} has nothing but direct routes",
                at=cluster.marks["spec", "cni", "directRouting"],
            )
        self.network = cluster.spec.pod_cidr
        self.nodes = cluster.nodes
        self.mtu = cluster.spec.underlay.mtu - self.backend.overhead
        self.networks = {
            node.name: BridgeNetwork(node.pod_cidr, self.mtu, routes=[cluster.spec.pod_cidr]) for node in self.nodes
        }

    @property
    def title(self) -> str:
        """Name the backend too."""
        return f"flannel {self.backend_name}" + (" DirectRouting" if self.direct_routing else "")

    def start_node(self, node: Node, netns: NetNs) -> None:
        """Run flanneld on a node."""
        others = (other for other in self.nodes if other.name != node.name)
        self.backend.start_node(node, netns, others, self.mtu)
        self._write_rules(node, netns)

    def _write_rules(self, node: Node, netns: NetNs) -> None:
        """Fill flannel's chains and append the jumps to them, behind what is there already."""
        netns.netfilter.restore(masquerade_rules(self.network, node.pod_cidr), flush=False)
        netns.netfilter.restore(forward_rules(self.network), flush=False)
        for table, chain, note, target in (
            ("nat", "POSTROUTING", "flanneld masq", MASQUERADE_CHAIN),
            ("filter", "FORWARD", "flanneld forward", FORWARD_CHAIN),
        ):
            netns.netfilter.ensure(table, chain, f'-m comment --comment "{note}" -j {target}')

    def add(self, request: AddRequest) -> None:
        """Delegate to the bridge plugin of the node."""
        self.networks[request.node.name].add(request)

    def delete(self, request: AddRequest) -> None:
        """Delegate to the bridge plugin of the node."""
        self.networks[request.node.name].delete(request)
