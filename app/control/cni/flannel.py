"""flannel: each node has a range of its own; a backend carries packets between the ranges.

    vxlan    10.2.2.0/24 via 10.2.2.0 dev flannel.1 onlink   + a permanent neighbour + an FDB entry per node
    host-gw  10.2.2.0/24 via 10.0.0.12 dev ens33             (the nodes share one segment)

On the node the Pods hang on cni0, by delegation to the bridge plugin.
Source: flannel-io/flannel pkg/backend/{vxlan,hostgw}, flannel-io/cni-plugin flannel_linux.go; facts/cni.md section 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Interface
from typing import ClassVar, Protocol

from app.control.bridge import BridgeNetwork
from app.control.cni import AddRequest, CniPlugin, plugins
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
            far = other.pod_cidr.network_address
            netns.neigh.put(Neighbour(far, DEVICE, vtep_mac(far), "PERMANENT"))
            device.fdb.put(VtepEntry(vtep_mac(far), DEVICE, other.ip))
            routes.append(Route(other.pod_cidr, DEVICE, via=far, onlink=True))
        netns.fib.keep((*netns.fib.routes, *routes))


@backends.register("host-gw")
class HostGwBackend:
    """Plain routes: the other node itself is the gateway to its Pods. Source: hostgw.go, route_network.go."""

    overhead: ClassVar[int] = 0

    def start_node(self, node: Node, netns: NetNs, others: Iterable[Node], mtu: int) -> None:  # noqa: ARG002
        """Add a route to each other node's range."""
        routes = [Route(other.pod_cidr, node.interface, via=other.ip) for other in others]
        netns.fib.keep((*netns.fib.routes, *routes))


@plugins.register("flannel")
class Flannel(CniPlugin):
    """flanneld on every node, and the flannel CNI plugin that delegates to `bridge`."""

    def __init__(self, cluster: ClusterFile) -> None:
        cni = cluster.spec.cni
        if cni.encapsulation is not None:
            raise ManifestError(
                "spec.cni.encapsulation is calico's; flannel has 'backend'",
                hint=f"legal: backend: {' or '.join(backends.names())}",
                at=cluster.marks["spec", "cni", "encapsulation"],
            )
        self.backend_name = cni.backend or "vxlan"
        self.backend = backends.get(self.backend_name, at=cluster.marks["spec", "cni", "backend"])()
        self.nodes = cluster.nodes
        self.mtu = cluster.spec.underlay.mtu - self.backend.overhead
        self.networks = {
            node.name: BridgeNetwork(node.pod_cidr, self.mtu, routes=[cluster.spec.pod_cidr]) for node in self.nodes
        }

    @property
    def title(self) -> str:
        """Name the backend too."""
        return f"flannel {self.backend_name}"

    def start_node(self, node: Node, netns: NetNs) -> None:
        """Run flanneld on a node."""
        others = (other for other in self.nodes if other.name != node.name)
        self.backend.start_node(node, netns, others, self.mtu)

    def add(self, request: AddRequest) -> None:
        """Delegate to the bridge plugin of the node."""
        self.networks[request.node.name].add(request)
