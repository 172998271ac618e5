"""Calico: every Pod hangs on its node by a cable of its own, and the node routes; there is no bridge.

    Pod 10.2.1.20/32 --eth0====cali817517c44ab-- node         10.2.1.20 dev cali817517c44ab scope link
      default via 169.254.1.1 dev eth0      ^                 blackhole 10.2.1.0/26 proto bird
                                            proxy ARP         10.2.2.0/26 via ... one of three encapsulations:

    none    via 10.0.0.12 dev ens33 proto bird                BIRD learns the other nodes' blocks by BGP
    ipip    via 10.0.0.12 dev tunl0 proto bird onlink         the next hop is the other node, the tunnel goes there
    vxlan   via 10.2.2.0 dev vxlan.calico onlink              Felix writes neighbour, FDB entry and route; no BGP

Source: projectcalico/calico cni-plugin/pkg/dataplane/linux/dataplane_linux.go, felix/dataplane/linux/ipip_mgr.go and
vxlan_mgr.go, felix/rules/nat.go, confd templates/bird_ipam.cfg; facts/cni.md section 4.
Simplified: of Felix's rules only natOutgoing (docs/fidelity.md#calico).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import ClassVar

from app.control.cni import AddRequest, CniPlugin, plugins, refuse_options
from app.control.ipam.calico import Block, CalicoIpam
from app.control.naming import calico_veth_name, pod_mac, vtep_mac
from app.core.registry import Registry
from app.dataplane.devices.ipip import IpipDevice
from app.dataplane.devices.veth import Veth, connect
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.fdb import VtepEntry
from app.dataplane.fib import DEFAULT, Route
from app.dataplane.ipset import IpSet
from app.dataplane.neigh import Neighbour
from app.dataplane.netns import NetNs
from app.dataplane.settings import conf_key
from app.kube.clusterfile import ClusterFile
from app.kube.objects import Node

CALI_MAC = "ee:ee:ee:ee:ee:ee"
GATEWAY = IPv4Address("169.254.1.1")
"""What Pods have as their gateway; nobody owns it, the cali end answers for it."""
CALI_SYSCTLS = {"forwarding": "1", "proxy_arp": "1", "route_localnet": "1", "rp_filter": "1"}
VXLAN_VNI, VXLAN_PORT = 4096, 4789
TUNNEL_OWNER = "tunnel of {}"
ALL_POOLS, MASQ_POOLS = "cali40all-ipam-pools", "cali40masq-ipam-pools"

OUTGOING = f"-m set --match-set {MASQ_POOLS} src -m set ! --match-set {ALL_POOLS} dst"
NAT_OUTGOING = f"""\
*nat
:cali-POSTROUTING - [0:0]
:cali-nat-outgoing - [0:0]
-A cali-POSTROUTING -j cali-nat-outgoing
-A cali-nat-outgoing {OUTGOING} -j MASQUERADE --random-fully
COMMIT
"""
POSTROUTING_JUMP = '-m comment --comment "cali:O3lYWMrLQYEMJtB5" -j cali-POSTROUTING'
"""The comment is Felix's hash of the rule, by which it knows its own."""


class Encapsulation:
    """How packets get to another node's blocks; this class is `none`: the other node is the gateway."""

    overhead: ClassVar[int] = 0
    """Bytes by which the Pods' MTU is below the node's."""
    has_tunnel: ClassVar[bool] = False
    blackhole_proto: ClassVar[str] = "bird"

    def start_node(self, node: Node, netns: NetNs, tunnel: IPv4Address | None, mtu: int) -> None:
        """Make the node's tunnel device, which has the address `tunnel`."""

    def route(self, node: Node, block: IPv4Network, other: Node, tunnel: IPv4Address | None) -> Route:  # noqa: ARG002
        """Return the route of `node` to a block of `other`, whose tunnel address is `tunnel`."""
        return Route(block, node.interface, via=other.ip, proto="bird")

    def add_peer(self, netns: NetNs, other: Node, tunnel: IPv4Address | None) -> None:
        """Tell a node's tunnel device of another node."""


encapsulations: Registry[type[Encapsulation]] = Registry("calico encapsulation")
encapsulations.register("none")(Encapsulation)


@encapsulations.register("ipip")
class Ipip(Encapsulation):
    """ipipMode Always: IP in IP, to the node that the route names."""

    overhead: ClassVar[int] = 20
    has_tunnel: ClassVar[bool] = True
    device: ClassVar[str] = "tunl0"

    def start_node(self, node: Node, netns: NetNs, tunnel: IPv4Address | None, mtu: int) -> None:  # noqa: ARG002
        """Set tunl0 up. Source: felix/dataplane/linux/ipip_mgr.go."""
        _add_tunnel(netns, IpipDevice(self.device, mtu), tunnel)

    def route(self, node: Node, block: IPv4Network, other: Node, tunnel: IPv4Address | None) -> Route:  # noqa: ARG002
        """The next hop is the other node's own address, on a device where it is not: onlink."""
        return Route(block, self.device, via=other.ip, proto="bird", onlink=True)


@encapsulations.register("vxlan")
class Vxlan(Encapsulation):
    """vxlanMode Always: Felix writes everything, `proto 80` is its mark."""

    overhead: ClassVar[int] = 50
    has_tunnel: ClassVar[bool] = True
    blackhole_proto: ClassVar[str] = "80"
    device: ClassVar[str] = "vxlan.calico"

    def start_node(self, node: Node, netns: NetNs, tunnel: IPv4Address | None, mtu: int) -> None:
        """Make vxlan.calico. Source: felix/dataplane/linux/vxlan_mgr.go, KeepVXLANDeviceInSync()."""
        assert tunnel is not None
        device = VxlanDevice(
            self.device, vtep_mac(tunnel), mtu, vni=VXLAN_VNI, local=node.ip, lower=node.interface, port=VXLAN_PORT
        )
        _add_tunnel(netns, device, tunnel)

    def route(self, node: Node, block: IPv4Network, other: Node, tunnel: IPv4Address | None) -> Route:  # noqa: ARG002
        """The next hop is the other node's tunnel address."""
        return Route(block, self.device, via=tunnel, onlink=True)

    def add_peer(self, netns: NetNs, other: Node, tunnel: IPv4Address | None) -> None:
        """Write neighbour and FDB entry of the other node's device."""
        device = netns.interfaces[self.device]
        assert isinstance(device, VxlanDevice) and tunnel is not None
        netns.neigh.put(Neighbour(tunnel, self.device, vtep_mac(tunnel), "PERMANENT"))
        device.fdb.put(VtepEntry(vtep_mac(tunnel), self.device, other.ip))


def _add_tunnel(netns: NetNs, device: IpipDevice | VxlanDevice, tunnel: IPv4Address | None) -> None:
    assert tunnel is not None
    netns.add(device)
    netns.set_up(device.name)
    netns.add_address(device.name, IPv4Interface((tunnel, 32)))


@plugins.register("calico")
class Calico(CniPlugin):
    """calico/node (Felix, BIRD) on every node, and the calico CNI plugin with calico-ipam."""

    def __init__(self, cluster: ClusterFile) -> None:
        cni = cluster.spec.cni
        hint = f"legal: encapsulation: {' or '.join(encapsulations.names())}"
        refuse_options(
            cluster, hint, backend="is flannel's; calico has 'encapsulation'", directRouting="is flannel's"
        )  # fmt: skip
        self.name = cni.encapsulation or "none"
        self.encapsulation = encapsulations.get(self.name, at=cluster.marks["spec", "cni", "encapsulation"])()
        self.cluster = cluster
        self.pool = cluster.spec.pod_cidr
        self.mtu = cluster.spec.underlay.mtu - self.encapsulation.overhead
        self.started: dict[str, tuple[Node, NetNs]] = {}
        #: The same entry serves every node that has it: a thousand nodes have a million routes to one another.
        self._routes: dict[tuple[IPv4Network, str], Route] = {}

    @property
    def title(self) -> str:
        """Name the encapsulation too."""
        return "calico" if self.name == "none" else f"calico {self.name}"

    @cached_property
    def ipam(self) -> CalicoIpam:
        """The blocks of the cluster, with those that are claimed before any Pod comes."""
        given = {node.name: node.pod_cidr for node in self.cluster.nodes if node.pod_cidr_given}
        promised = {pod.pinned_ip: pod.node_name for pod in self.cluster.pods if pod.pinned_ip}
        ipam = CalicoIpam(self.pool, given, promised)
        for node in self.cluster.nodes:
            ipam.claim_given(node.name)
        return ipam

    @cached_property
    def tunnels(self) -> dict[str, IPv4Address]:
        """The tunnel address of each node, the first of its first block; none without a tunnel."""
        if not self.encapsulation.has_tunnel:
            return {}
        promised = {pod.pinned_ip for pod in self.cluster.pods if pod.pinned_ip}
        names = [node.name for node in self.cluster.nodes]
        return {name: self.ipam.assign(name, TUNNEL_OWNER.format(name), avoid=promised)[0] for name in names}

    # --- the daemon ---------------------------------------------------------------------------------------------------

    def start_node(self, node: Node, netns: NetNs) -> None:
        """Run calico/node: tunnel, routes to every block that is claimed, natOutgoing."""
        tunnels = self.tunnels
        self.started[node.name] = (node, netns)
        self.encapsulation.start_node(node, netns, tunnels.get(node.name), self.mtu)
        routes = [self._blackhole(block) for block in self.ipam.of_node(node.name)]
        for other in self.cluster.nodes:
            if other.name != node.name:
                self.encapsulation.add_peer(netns, other, tunnels.get(other.name))
                routes += [self._route(node, block, other) for block in self.ipam.of_node(other.name)]
        netns.fib.keep((*netns.fib.routes, *routes))
        _masquerade_outgoing(netns, [self.pool])

    def settle_node(self, netns: NetNs) -> None:
        """Put the jump back to the top: Felix wants to be first (ChainInsertMode Insert) and looks every so often."""
        table = netns.netfilter.table("nat")
        chain = netns.netfilter.chain(table, "POSTROUTING")
        line = f"-A POSTROUTING {POSTROUTING_JUMP}"
        if line in chain.lines:
            table.put(chain.without(chain.lines.index(line)))
        netns.netfilter.ensure("nat", "POSTROUTING", POSTROUTING_JUMP, position=1)

    def _blackhole(self, block: Block) -> Route:
        """What keeps packets to unused addresses of an own block from going round in circles."""
        return Route(block.cidr, type="blackhole", proto=self.encapsulation.blackhole_proto)

    def _route(self, node: Node, block: Block, other: Node) -> Route:
        key = (block.cidr, node.interface)
        if key not in self._routes:
            self._routes[key] = self.encapsulation.route(node, block.cidr, other, self.tunnels.get(other.name))
        return self._routes[key]

    def _tell(self, block: Block) -> None:
        """Tell every node of a block that was claimed just now (BGP, or Felix by way of the datastore)."""
        owner, _ = self.started[block.node]
        for node, netns in self.started.values():
            is_own = node.name == block.node
            netns.fib.add(self._blackhole(block) if is_own else self._route(node, block, owner))

    # --- a Pod --------------------------------------------------------------------------------------------------------

    def add(self, request: AddRequest) -> None:
        """Lay the Pod's cable; the node's end has no address and answers every ARP question. IpamError: no address."""
        pod = request.pod
        address, claimed = self.ipam.assign(request.node.name, str(pod.key), pod.pinned_ip, request.avoid)
        if claimed is not None:
            self._tell(claimed)
        host_end = Veth(calico_veth_name(pod.namespace, pod.name), CALI_MAC, self.mtu)
        pod_end = Veth("eth0", pod_mac(address), self.mtu)
        connect(host_end, pod_end)
        self._configure_node(request.node_netns, host_end, address)
        _configure_pod(request.pod_netns, pod_end, address)

    def delete(self, request: AddRequest) -> None:
        """Give the address back to its block, which stays the node's."""
        for block in self.ipam.of_node(request.node.name):
            block.release(str(request.pod.key))

    def _configure_node(self, netns: NetNs, host_end: Veth, address: IPv4Address) -> None:
        netns.add(host_end)
        netns.set_up(host_end.name)
        for key, value in CALI_SYSCTLS.items():
            netns.sysctls[conf_key(host_end.name, key)] = value
        netns.fib.add(Route(IPv4Network(address), host_end.name, scope="link"))


def _configure_pod(netns: NetNs, pod_end: Veth, address: IPv4Address) -> None:
    netns.add(pod_end)
    netns.set_up(pod_end.name)
    netns.add_address(pod_end.name, IPv4Interface((address, 32)))
    netns.fib.add(Route(IPv4Network(GATEWAY), pod_end.name, scope="link"))
    netns.fib.add(Route(DEFAULT, pod_end.name, via=GATEWAY))


def _masquerade_outgoing(netns: NetNs, pools: Sequence[IPv4Network]) -> None:
    """Write natOutgoing: what leaves the pools takes the node's address. Source: felix/rules/nat.go."""
    for name in (MASQ_POOLS, ALL_POOLS):
        netns.ipsets[name] = IpSet(name, "hash:net")
        for pool in pools:
            netns.ipsets[name].add(str(pool))
    netns.netfilter.restore(NAT_OUTGOING, flush=False)
    netns.netfilter.ensure("nat", "POSTROUTING", POSTROUTING_JUMP, position=1)
