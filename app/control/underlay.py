"""What lies under the cluster: one Ethernet segment with a learning switch, its gateway, and the hosts outside.

    node  node  node   ext/client          ext/internet
      |     |     |       |                     |
    ==+=====+=====+=======+== lan0 ==+==    eth1|
                                     |eth0      |
                                     ext/gateway (routes; no NAT, no default route)

The switch is a bridge in the namespace `underlay`; its ports are swp1, swp2 ... in the order of plugging in.
Source: architecture.md, "External hosts have one interface ..."; oracle/state/*/gateway.txt.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from app.control.naming import derived_mac, nic_mac, switch_port_mac
from app.control.sysctls import NODE, ROUTER, set_sysctls
from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.nic import Nic
from app.dataplane.devices.veth import connect
from app.dataplane.fib import DEFAULT, Route
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.sockets import Listener
from app.kube.clusterfile import ClusterFile
from app.kube.clusterspec import ExternalSpec, Underlay
from app.kube.objects import Node

SWITCH_NETNS = "underlay"
GATEWAY_NETNS = "ext/gateway"
EXTERNAL_MTU = 1500
OUTSIDE_PREFIX = 24


class Lan:
    """A switch and the network that its hosts share."""

    def __init__(self, netns: NetNs, name: str, mtu: int, network: IPv4Network) -> None:
        self.netns = netns
        self.mtu = mtu
        self.bridge = Bridge(name, derived_mac("02:00", network.network_address), mtu)
        netns.add(self.bridge)
        netns.set_up(name)

    def plug_in(self, nic: Nic, address: IPv4Address) -> None:
        """Lay a wire from a card to the next port of the switch."""
        number = 1 + sum(name.startswith("swp") for name in self.netns.interfaces)
        port = Nic(f"swp{number}", switch_port_mac(address), self.mtu)
        self.netns.add(port)
        self.bridge.enslave(port)
        connect(port, nic)
        self.netns.set_up(port.name)


def build_underlay(cluster: ClusterFile, network: Network) -> None:
    """Make the nodes' namespaces with their cards, the switch, the gateway and the outside hosts."""
    underlay = cluster.spec.underlay
    for node in cluster.nodes:
        set_sysctls(network.add_namespace(node.name), NODE)
    switch = network.add_namespace(SWITCH_NETNS, is_tapped=False)
    # The switch forwards whatever its hosts can send; only hosts have an MTU that a path can be too small for.
    lan = Lan(switch, "lan0", max(underlay.mtu, EXTERNAL_MTU), underlay.subnet)
    for node in cluster.nodes:
        _plug_node(node, network.namespaces[node.name], underlay, lan)
    gateway = network.add_namespace(GATEWAY_NETNS)
    set_sysctls(gateway, ROUTER)
    at = IPv4Interface((underlay.gateway, underlay.subnet.prefixlen))
    lan.plug_in(_card(gateway, "eth0", at, underlay.mtu), at.ip)
    _build_external(cluster.spec.external, underlay, network, lan)


def _card(netns: NetNs, name: str, address: IPv4Interface, mtu: int) -> Nic:
    """Put a card with an address into a namespace and set it up."""
    nic = Nic(name, nic_mac(address.ip), mtu)
    netns.add(nic)
    netns.set_up(name)
    netns.add_address(name, address)
    return nic


def _plug_node(node: Node, netns: NetNs, underlay: Underlay, lan: Lan) -> None:
    address = IPv4Interface((node.ip, underlay.subnet.prefixlen))
    lan.plug_in(_card(netns, node.interface, address, underlay.mtu), node.ip)
    for extra in node.addresses:
        netns.add_address(node.interface, extra)
    netns.fib.add(Route(DEFAULT, node.interface, via=underlay.gateway))
    if node.is_control_plane:
        netns.sockets.listen(Listener("tcp", 6443, "kube-apiserver"))


def _build_external(hosts: Sequence[ExternalSpec], underlay: Underlay, network: Network, lan: Lan) -> None:
    outside: dict[IPv4Network, list[ExternalSpec]] = {}
    for host in hosts:
        netns = network.add_namespace(f"ext/{host.name}")
        set_sysctls(netns)
        for listen in host.listens:
            netns.sockets.listen(Listener(listen.protocol, listen.port, host.name, listen.address))
        if host.ip in underlay.subnet:
            lan.plug_in(_host_card(host, netns, underlay.subnet), host.ip)
            netns.fib.add(Route(DEFAULT, "eth0", via=underlay.gateway))
        else:
            outside.setdefault(IPv4Network((host.ip, OUTSIDE_PREFIX), strict=False), []).append(host)
    for number, (subnet, group) in enumerate(outside.items(), 1):
        _build_outside(number, subnet, group, underlay, network)


def _host_card(host: ExternalSpec, netns: NetNs, subnet: IPv4Network) -> Nic:
    return _card(netns, "eth0", IPv4Interface((host.ip, subnet.prefixlen)), EXTERNAL_MTU)


def _build_outside(
    number: int, subnet: IPv4Network, hosts: Sequence[ExternalSpec], underlay: Underlay, network: Network
) -> None:
    """Hang a network beyond the gateway on its next interface: one host by a wire, several by a switch."""
    router = subnet.network_address + 1
    gateway = network.namespaces[GATEWAY_NETNS]
    near = _card(gateway, f"eth{number}", IPv4Interface((router, subnet.prefixlen)), EXTERNAL_MTU)
    lan = Lan(network.namespaces[SWITCH_NETNS], f"lan{number}", EXTERNAL_MTU, subnet) if len(hosts) > 1 else None
    if lan:
        lan.plug_in(near, router)
    for host in hosts:
        netns = network.namespaces[f"ext/{host.name}"]
        card = _host_card(host, netns, subnet)
        if lan:
            lan.plug_in(card, host.ip)
        else:
            connect(near, card)
        netns.fib.add(Route(underlay.subnet, "eth0", via=router))
