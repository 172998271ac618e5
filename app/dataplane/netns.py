"""A network namespace: interfaces, routes, neighbours, sysctls and sockets that belong together.

This file keeps the tables consistent the way the kernel does when a link or an address changes; what happens to
packets is in link.py, arp.py, ip.py, icmp.py, tcp.py and udp.py.
Sources: ip(8); Linux net/ipv4/fib_frontend.c (fib_add_ifaddr, fib_netdev_event), net/ipv4/devinet.c.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Literal

from app.dataplane.conntrack import Conntrack
from app.dataplane.devices.loopback import Loopback
from app.dataplane.fib import Fib, Route
from app.dataplane.fragment import FragmentQueue
from app.dataplane.hop import Change, Evidence, Hop, Param
from app.dataplane.interface import Address, Interface
from app.dataplane.ipset import IpSet
from app.dataplane.neigh import NeighbourTable
from app.dataplane.netfilter.ruleset import Ruleset
from app.dataplane.nft.ruleset import Ruleset as NftRuleset
from app.dataplane.packet import Packet
from app.dataplane.packetsockets import ArpSocket
from app.dataplane.sockets import SocketTable

if TYPE_CHECKING:
    from app.dataplane.network import Network

__all__ = ["NetNs"]

#: What an unconfigured kernel answers to `sysctl` for the keys that the model acts on.
DEFAULT_SYSCTLS = {
    "net.ipv4.ip_forward": "0",
    "net.ipv4.icmp_echo_ignore_all": "0",
    "net.ipv4.icmp_echo_ignore_broadcasts": "1",
    "net.ipv4.ip_default_ttl": "64",
    "net.ipv4.route.min_adv_mss": "256",
    "net.ipv4.route.min_pmtu": "552",
    "net.ipv4.route.mtu_expires": "600",
}
#: What every lo has; an address knows its network, and that its broadcast address.
LOOPBACK = IPv4Interface("127.0.0.1/8")


class NetNs:
    """One namespace. Its tables are plain data; the methods are the kernel's reactions to `ip link` and `ip addr`."""

    def __init__(self, network: Network, name: str, *, host: str, link_name: str, is_tapped: bool) -> None:
        self.network = network
        self.clock = network.clock
        self.name = name
        self.host = host
        self.link_name = link_name
        self.is_tapped = is_tapped
        self.interfaces: dict[str, Interface] = {}
        self.fib = Fib()
        self.neigh = NeighbourTable()
        self.sockets = SocketTable()
        self.arp_sockets: list[ArpSocket] = []
        self.fragments: FragmentQueue = {}
        self.netfilter = Ruleset(network.changed)
        self.nft = NftRuleset(network.changed)
        self.conntrack = Conntrack()
        self.ipsets: dict[str, IpSet] = {}
        #: Lists of `-m recent`: name to address to the times at which it was seen.
        self.recent: dict[str, dict[IPv4Address, list[int]]] = {}
        self.sysctls = dict(DEFAULT_SYSCTLS)
        self.protocols = network.protocols
        #: Whose programs are typed here: those of a Linux distribution, or one BusyBox that is all of them.
        self.userland: Literal["debian", "busybox"] = "debian"
        self._last_index = 0
        self.add(Loopback())
        self.set_up("lo")
        self.add_address("lo", LOOPBACK, scope="host")

    # --- interfaces -------------------------------------------------------------------------------------------------

    def add(self, interface: Interface) -> Interface:
        """Put `interface` into this namespace under the next ifindex. Raises ValueError if the name is taken."""
        if interface.name in self.interfaces:
            raise ValueError("RTNETLINK answers: File exists")
        self._last_index += 1
        interface.attach(self, self._last_index)
        self.interfaces[interface.name] = interface
        return interface

    def remove(self, name: str) -> None:
        """`ip link del NAME`: it leaves its bridge, and its routes, neighbours and addresses go; a veth takes its other
        end along. What is in the cable finds an interface that is down. Source: unregister_netdevice_many()."""
        first = self.interfaces[name]
        for interface in [first, first.peer] if first.kind == "veth" and first.peer is not None else [first]:
            netns = interface.netns
            if interface.up:
                netns.set_down(interface.name)
            if interface.port is not None:
                interface.port.bridge.release(interface)
            netns.fib.keep(tuple(r for r in netns.fib.routes if r.dev != interface.name))
            netns.neigh.flush_dev(interface.name, keep_permanent=False)
            interface.addresses = ()
            netns.interfaces.pop(interface.name, None)
            netns.network.changed()

    def set_up(self, name: str) -> None:
        """`ip link set NAME up`: its addresses' connected routes come back, static routes do not."""
        interface = self.interfaces[name]
        if interface.up:
            return
        interface.up = interface.was_up = True
        interface.on_up()
        for address in interface.addresses:
            self._add_routes(interface, address)

    def set_down(self, name: str) -> None:
        """`ip link set NAME down`: routes through it and its neighbours go; its own addresses stay local.

        Source: fib_disable_ip() spares routes whose next hop is the host itself; neigh_ifdown() spares none.
        """
        interface = self.interfaces[name]
        interface.up = False
        self.fib.keep(tuple(r for r in self.fib.routes if r.dev != name or r.type == "local"))
        self.neigh.flush_dev(name, keep_permanent=False)
        interface.on_down()
        if interface.peer is not None and interface.peer.kind == "veth":
            interface.peer.netns.neigh.flush_dev(interface.peer.name, keep_permanent=True)
            interface.peer.on_carrier_lost()

    # --- addresses --------------------------------------------------------------------------------------------------

    def add_address(self, name: str, address: IPv4Interface, scope: str = "global") -> None:
        """`ip addr add`: the address becomes local, its subnet connected. Raises ValueError if it is there already."""
        interface = self.interfaces[name]
        if any(a.interface == address for a in interface.addresses):
            raise ValueError("Error: ipv4: Address already assigned.")
        if not interface.has_ipv4:
            raise ValueError("RTNETLINK answers: No buffer space available")
        is_secondary = any(a.interface.network == address.network for a in interface.addresses)
        new = Address(address, scope, is_secondary)
        interface.addresses = (*interface.addresses, new)
        self._add_routes(interface, new)

    def remove_address(self, name: str, address: IPv4Interface) -> None:
        """`ip addr del`: the address's local, broadcast and connected routes go, and those that had it as source.

        A primary address takes its secondaries along (promote_secondaries 0). With the last one every route through
        the interface and all its neighbours go too. Raises ValueError where the interface has no such address.
        Source: Linux net/ipv4/devinet.c, __inet_del_ifa(); fib_frontend.c, fib_inetaddr_event().
        """
        interface = self.interfaces[name]
        found = next((a for a in interface.addresses if a.interface == address), None)
        if found is None:
            raise ValueError("Error: ipv4: Address not found.")
        before = self._routes_of(interface)
        interface.addresses = tuple(
            a for a in interface.addresses if a is not found and not (a.is_secondary and _same_subnet(a, found))
        )
        lost = set(before) - set(self._routes_of(interface))
        own = {a.interface.ip for i in self.interfaces.values() for a in i.addresses}
        sources = {r.src for r in lost} - own
        self.fib.keep(tuple(r for r in self.fib.routes if r not in lost and (r.src is None or r.src not in sources)))
        if not interface.addresses:
            self.fib.keep(tuple(r for r in self.fib.routes if r.dev != name))
            self.neigh.flush_dev(name, keep_permanent=False)

    def _add_routes(self, interface: Interface, address: Address) -> None:
        """Add an address's routes behind those to the same prefix that are there already (fib_magic, NLM_F_APPEND)."""
        for route in _routes_of_address(interface, address):
            if route not in self.fib.routes:
                self.fib.append(route)

    @staticmethod
    def _routes_of(interface: Interface) -> list[Route]:
        """Return the routes that the kernel keeps for the addresses of `interface`."""
        return [route for address in interface.addresses for route in _routes_of_address(interface, address)]

    def primary_address(self, name: str, near: IPv4Address | None = None) -> IPv4Address | None:
        """Return the address of `name` to send from: the one in `near`'s subnet, else the first of global scope.

        With none on that interface, another interface's serves. Source: inet_select_addr(), net/ipv4/devinet.c.
        """
        addresses = [a.interface for a in self.interfaces[name].addresses if a.scope == "global"]
        if not addresses:
            every = (a for i in self.interfaces.values() for a in i.addresses if a.scope == "global")
            return next((a.interface.ip for a in every), None)
        if near is not None:
            return next((a.ip for a in addresses if near in a.network), addresses[0].ip)
        return addresses[0].ip

    # --- the record -------------------------------------------------------------------------------------------------

    def hop(
        self,
        packet: Packet,
        kind: str,
        interface: str,
        stage: str,
        code: str,
        params: dict[str, Param],
        evidence: Evidence | None,
        changes: tuple[Change, ...] = (),
        table: str = "",
        chain: str = "",
    ) -> None:
        """Record that `kind` happened to `packet` here and now; `table` and `chain` are a netfilter hop's."""
        now_us = self.clock.now_us
        self.network.record(
            Hop(now_us, packet, kind, self.name, interface, stage, code, params, changes, evidence, table, chain)
        )

    @property
    def has_hooks(self) -> bool:
        """Whether packets pass netfilter here: rules of iptables or a base chain of nftables were made."""
        return self.netfilter.is_active or self.nft.is_active

    @property
    def is_forwarding(self) -> bool:
        """Whether the namespace is a router: sysctl net.ipv4.ip_forward."""
        return self.sysctls["net.ipv4.ip_forward"] == "1"


def _same_subnet(one: Address, other: Address) -> bool:
    """Whether both addresses are of the same prefix: then one of them is the other's secondary."""
    return one.interface.network == other.interface.network


def _routes_of_address(interface: Interface, address: Address) -> list[Route]:
    """Return what fib_add_ifaddr() adds: the address itself, and of an interface that is up subnet and broadcast.

    A secondary address has neither of its own, and its primary as source.
    """
    network, name = address.interface.network, interface.name
    ip = next(a.interface.ip for a in interface.addresses if _same_subnet(a, address))
    routes = [local_route(name, IPv4Network(address.interface.ip), ip)]
    if not interface.up or address.is_secondary:
        return routes
    if interface.kind == "loopback" and network.prefixlen < 32:
        routes.append(local_route(name, network, ip))
    elif network.prefixlen < 32:
        routes.append(Route(network, name, proto="kernel", scope="link", src=ip))
    if network.prefixlen < 31:
        last = IPv4Network(network.broadcast_address)
        routes.append(Route(last, name, type="broadcast", table="local", proto="kernel", scope="link", src=ip))
    return routes


def local_route(dev: str, prefix: IPv4Network, src: IPv4Address) -> Route:
    """Return the entry of table `local` that makes `prefix` the host's own."""
    return Route(prefix, dev, type="local", table="local", proto="kernel", scope="host", src=src)
