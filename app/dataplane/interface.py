"""Network interfaces: what every device has in common, and how `ip link` prints one.

A device kind is one file in devices/: it subclasses Interface, sets `kind`, and says what happens to a frame that is
handed to it (`transmit`). Sources: ip-link(8); Linux net/core/dev.c.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

from app.dataplane.hop import Skipped
from app.dataplane.packet import Packet

if TYPE_CHECKING:
    from app.dataplane.devices.bridge import Bridge
    from app.dataplane.netns import NetNs

__all__ = ["Address", "BridgePort", "Interface", "LinkEvidence"]


#: The smallest MTU that every host must take (RFC 791).
IPV4_MIN_MTU = 68
#: What stands first between the angle brackets, for kinds that are no Ethernet.
KIND_FLAGS = {"loopback": "LOOPBACK", "ipip": "NOARP"}


class Address(Struct, frozen=True, gc=False):
    """An IPv4 address of an interface, as `ip addr` shows it."""

    interface: IPv4Interface
    scope: str = "global"
    is_secondary: bool = False

    def text(self, dev: str) -> str:
        """Return the `inet` line of `ip addr` without its indent. Source: iproute2 ip/ipaddress.c, print_addrinfo()."""
        secondary = " secondary" if self.is_secondary else ""
        return f"inet {self.interface} scope {self.scope}{secondary} {dev}"


class BridgePort:
    """What a bridge knows of one of its ports. Source: bridge(8), `bridge -d link`."""

    __slots__ = ("bridge", "flood", "hairpin", "learning", "number")

    def __init__(self, bridge: Bridge, number: int) -> None:
        self.bridge = bridge
        self.number = number
        self.hairpin = False
        self.learning = True
        self.flood = True


class Interface(ABC):
    """One interface in one network namespace."""

    kind: ClassVar[str]
    #: Whether neighbours are resolved with ARP on this device (`lo` does not).
    has_arp: ClassVar[bool] = True
    #: Whether its frames have an Ethernet header (a tunnel of IP in IP carries bare packets).
    has_link_header: ClassVar[bool] = True
    qdisc: ClassVar[str] = "noqueue"
    #: The namespace the interface is in; `_is_attached` once it is in one.
    netns: NetNs
    _is_attached = False

    def __init__(self, name: str, mac: str, mtu: int = 1500) -> None:
        self.name = name
        self.mac = mac
        self.mtu = mtu
        self.index = 0
        self.addresses: tuple[Address, ...] = ()
        self.up = False
        self.was_up = False
        self.promisc = False
        self.port: BridgePort | None = None
        self.peer: Interface | None = None
        #: The line of `ip link` as evidence, and the version of the network that it was written for.
        self._evidence: list[tuple[int, LinkEvidence]] = [(-1, LinkEvidence(name, ""))]

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name[0] != "_" and self._is_attached:
            self.netns.network.changed()

    def attach(self, netns: NetNs, index: int) -> None:
        """Put the interface into `netns` with this ifindex."""
        self.netns = netns
        self._is_attached = True
        self.index = index

    @property
    def id(self) -> str:
        """`NETNS:NAME`, unique in the cluster."""
        return f"{self.netns.name}:{self.name}"

    @property
    def master(self) -> Bridge | None:
        """The bridge this interface is a port of."""
        return self.port.bridge if self.port else None

    @property
    def has_carrier(self) -> bool:
        """Whether the other end of the wire is there and up (LOWER_UP)."""
        return True

    @property
    def has_ipv4(self) -> bool:
        """Whether IPv4 is on this interface at all: below an MTU of 68 the kernel takes it off (inetdev_valid_mtu).

        Only lo lets itself be set so low.
        """
        return self.mtu >= IPV4_MIN_MTU

    @property
    def is_running(self) -> bool:
        """Whether a frame can leave: administratively up, with a carrier."""
        return self.up and self.has_carrier

    @abstractmethod
    def transmit(self, packet: Packet) -> None:
        """Take a frame from the stack (the driver's ndo_start_xmit); the tap has seen it already."""

    def transmit_to(self, next_hop: IPv4Address, packet: Packet) -> None:  # noqa: ARG002
        """Take a packet for `next_hop`: a device without link-layer headers has no other way to learn of it."""
        self.transmit(packet)

    def on_up(self) -> None:  # noqa: B027  (a device may have nothing to do)
        """React to having been set up."""

    def on_down(self) -> None:
        """React to having been set down (a bridge and its ports forget what they learned)."""
        self.on_carrier_lost()

    def on_carrier_lost(self) -> None:
        """React to the loss of the carrier: a port that cannot receive is no longer a way to anybody."""
        if self.port is not None:
            self.port.bridge.fdb.forget_port(self.name, keep_local=True)

    def set_mtu(self, mtu: int) -> None:
        """`ip link set NAME mtu N`: a bridge whose own MTU nobody set follows its smallest port."""
        before, self.mtu = self.mtu, mtu
        self.netns.fib.exceptions.device_mtu_changed(self.name, before, mtu)
        if self.port is not None:
            self.port.bridge.adjust_mtu()

    def set_mac(self, mac: str) -> None:
        """`ip link set NAME address MAC`: the neighbours known on it are forgotten (neigh_changeaddr)."""
        if self.port is not None:
            self.port.bridge.change_local_mac(self, mac)
        self.mac = mac
        self.netns.neigh.flush_dev(self.name, keep_permanent=False)

    def mtu_reason(self) -> Skipped | None:
        """Return why the MTU is smaller than that of the device underneath, None where there is none (a tunnel's)."""
        return None

    def flags(self) -> str:
        """Return the flags between the angle brackets. Source: iproute2 ip/ipaddress.c, print_link_flags().

        M-DOWN is not among them: it is only told of a peer in the same namespace.
        """
        up, running = self.up, self.is_running
        no_carrier = "NO-CARRIER," if up and not running else ""
        promisc = ",PROMISC" if self.promisc else ""
        kind = KIND_FLAGS.get(self.kind, "BROADCAST,MULTICAST")
        return f"{no_carrier}{kind}{promisc}{',UP' if up else ''}{',LOWER_UP' if running else ''}"

    def operstate(self) -> str:
        """Return the word after `state`. Source: RFC 2863 operational states as Linux keeps them."""
        if not self.up:
            return "DOWN"
        if not self.has_carrier:
            return "DOWN"  # LOWERLAYERDOWN is for a lower device in the same namespace (default_operstate)
        return "UNKNOWN" if self.kind in ("loopback", "vxlan", "ipip") else "UP"

    def shown_name(self) -> str:
        """Return the name as `ip link` shows it: a veth names its peer's ifindex too, a tunnel that it has no link."""
        if self.kind == "ipip":
            return f"{self.name}@NONE"
        return f"{self.name}@if{self.peer.index}" if self.kind == "veth" and self.peer is not None else self.name

    def link_line(self) -> str:
        """Return the first line of `ip link show`. The qdisc comes when it is first set up, and stays."""
        return self.link_evidence().line

    def link_evidence(self) -> LinkEvidence:
        """Return the state of the interface as evidence.

        Every frame that passes cites it: it is written anew only when something in it has changed.
        """
        version = self.netns.network.version
        written_for, evidence = self._evidence[0]
        if version != written_for:
            master = f" master {self.master.name}" if self.master else ""
            qdisc = self.qdisc if self.was_up else "noop"
            line = (
                f"{self.index}: {self.shown_name()}: <{self.flags()}> mtu {self.mtu} qdisc {qdisc}"
                f"{master} state {self.operstate()} mode DEFAULT group default qlen 1000"
            )
            evidence = LinkEvidence(self.name, line)
            self._evidence[0] = (version, evidence)
        return evidence

    def ether_line(self) -> str:
        """Return the second line of `ip link show`, without its indent."""
        if self.kind == "loopback":
            return "link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00"
        if self.kind == "ipip":
            return f"link/ipip {self.mac} brd 0.0.0.0"
        where = f" link-netns {self.peer.netns.link_name}" if self.kind == "veth" and self.peer is not None else ""
        return f"link/ether {self.mac} brd ff:ff:ff:ff:ff:ff{where}"


class LinkEvidence(Struct, frozen=True, gc=False):
    """The state of the interface that took, refused or measured a frame; of a tunnel's MTU also where it comes from."""

    name: str
    line: str
    reason: Skipped | None = None

    @property
    def tool(self) -> str:
        """The command that prints this interface."""
        return f"ip link show dev {self.name}"

    @property
    def entry(self) -> str:
        """Its first line: flags, MTU, master, state."""
        return self.line

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """An interface is named, not searched for; what lies under a tunnel would have let more pass."""
        return () if self.reason is None else (self.reason,)
