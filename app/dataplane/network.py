"""All namespaces of a cluster, the clock they share, and the record of what happens in them."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.arp import arp_receive
from app.dataplane.budget import Budget
from app.dataplane.devices.ipip import ipip_receive
from app.dataplane.headers import Arp, IPv4
from app.dataplane.hop import Hop
from app.dataplane.icmp import icmp_receive, link_failure, send_icmp_error
from app.dataplane.ip import ip_receive
from app.dataplane.netns import NetNs
from app.dataplane.reject import reject
from app.dataplane.tape import Frame, Tape
from app.dataplane.tcpreceive import tcp_receive
from app.dataplane.udp import udp_receive

__all__ = ["Network"]


class Network:
    """The data plane as a whole: plain tables in namespaces, written by others, walked by packets."""

    def __init__(self, clock: Clock, rng: Rng) -> None:
        self.clock = clock
        self.rng = rng
        self.namespaces: dict[str, NetNs] = {}
        #: The machine that each namespace is, or was, on: hops of a deleted one are still told.
        self.hosts: dict[str, str] = {}
        #: Further names of namespaces that several programs share.
        self.aliases: dict[str, str] = {}
        self.hops: list[Hop] = []
        #: Who else is told the hops of a page that is turned.
        self.on_page: Callable[[list[Hop]], None] | None = None
        self.budget = Budget()
        #: What the taps saw before those hops.
        self.tape = Tape()
        self._unsettled: set[str] = set()
        #: Who takes a frame by what it carries, as the kernel's dev_add_pack() registers them.
        self.protocols = {Arp: arp_receive, IPv4: ip_receive}
        #: The same for what an IP packet carries (inet_add_protocol()).
        self.transports = {"icmp": icmp_receive, "tcp": tcp_receive, "udp": udp_receive, "ipencap": ipip_receive}
        self.send_icmp_error = send_icmp_error
        self.on_link_failure = link_failure
        self.reject = reject
        #: Destinations that random rules shall choose, where one of them leads there.
        self.preferred: frozenset[IPv4Address] = frozenset()
        #: Goes up whenever an interface changes or a namespace begins to filter: a key of what is made of them.
        self.version = 0
        self._tracking: list[NetNs] = []
        self._tracking_version = -1
        #: How many tunnels are sending just now, one by way of the other.
        self.nesting = 0
        self._packets = 0

    def add_namespace(
        self, name: str, *, host: str | None = None, link_name: str = "", is_tapped: bool = True
    ) -> NetNs:
        """Make a namespace. `host` is the machine it is on (default: itself); `link_name` is how its peers' `ip link`
        calls it; one that is not tapped shows no transmit and receive hops (the underlay's switch)."""
        netns = NetNs(self, name, host=host or name, link_name=link_name or name, is_tapped=is_tapped)
        self.namespaces[name] = netns
        self.hosts[name] = netns.host
        self.changed()
        return netns

    def remove_namespace(self, name: str) -> None:
        """Delete a namespace with what is in it: its veth pairs vanish from the other side too."""
        netns = self.namespaces.pop(name)
        for interface in list(netns.interfaces.values()):
            if interface.kind == "veth":
                netns.remove(interface.name)
        self.aliases = {alias: of for alias, of in self.aliases.items() if of != name}
        self.changed()

    def changed(self) -> None:
        """Note that an interface or a ruleset is not what it was."""
        self.version += 1

    def tracking(self) -> list[NetNs]:
        """Return the namespaces whose packets pass netfilter: those that track connections."""
        if self._tracking_version != self.version:
            self._tracking = [netns for netns in self.namespaces.values() if netns.has_hooks]
            self._tracking_version = self.version
        return self._tracking

    def record(self, hop: Hop) -> None:
        """Add a hop to the record. Raises WalkBudgetError when the walk cannot be ending."""
        self.hops.append(hop)
        if len(self.hops) >= self.budget.look_at:
            self.budget.look(self.hops)

    def next_number(self) -> int:
        """Return the number of the next packet of this flow, from 1."""
        self._packets += 1
        return self._packets

    def start_record(self) -> None:
        """Begin a new flow: no hops yet, packets are counted from 1."""
        self.turn_page()
        self._packets = 0

    def turn_page(self) -> None:
        """Forget the hops so far; of frames that passed an interface the tape keeps what a capture shows."""
        self.tape.add(self.hops)
        if self.on_page is not None:
            self.on_page(self.hops)
        self._unsettled.update(hop.netns for hop in self.hops)
        self.hops = []
        self.budget = Budget()
        self.nesting = 0

    def settle(self) -> None:
        """End what a flow left running: its timers, its connections, what still waits for ARP or for a fragment."""
        self.clock.forget()
        touched = self._unsettled | {hop.netns for hop in self.hops}  # nowhere else did anything begin
        self._unsettled = set()
        for netns in (self.namespaces[name] for name in touched if name in self.namespaces):
            netns.neigh.pending.clear()
            netns.sockets.connections.clear()
            netns.sockets.udp.clear()
            netns.fragments.clear()

    def frames(self, netns: str) -> list[Frame]:
        """Return every frame that passed an interface of that namespace since the cluster started, oldest first."""
        seen = Tape()
        seen.add(self.hops)
        return [frame for frame in (*self.tape.frames, *seen.frames) if frame.netns == netns]
