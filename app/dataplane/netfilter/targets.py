"""Targets: what happens to a packet that a rule matched.

Source: iptables(8), iptables-extensions(8). A target is data: targetwords.py makes it, traverse.py and
nat.py act on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar

from app.core.addresstext import address_text
from app.dataplane.netfilter.matches.state import quoted

__all__ = [
    "Accept",
    "Dnat",
    "Drop",
    "Jump",
    "Log",
    "Masquerade",
    "NoTrack",
    "PortRange",
    "Reject",
    "Return",
    "SetMark",
    "Snat",
]

#: --reject-with: ICMP type and code, or None for a TCP reset.
REJECT_TYPES: dict[str, tuple[int, int] | None] = {
    "icmp-net-unreachable": (3, 0), "icmp-host-unreachable": (3, 1), "icmp-proto-unreachable": (3, 2),
    "icmp-port-unreachable": (3, 3), "icmp-net-prohibited": (3, 9), "icmp-host-prohibited": (3, 10),
    "icmp-admin-prohibited": (3, 13), "tcp-reset": None,
}  # fmt: skip
FULL_MASK = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Accept:
    """The packet passes this table."""

    option: ClassVar[str] = "-j"

    def text(self) -> str:
        """Return `ACCEPT`."""
        return "ACCEPT"


@dataclass(frozen=True, slots=True)
class Drop:
    """The packet is dropped in silence."""

    option: ClassVar[str] = "-j"

    def text(self) -> str:
        """Return `DROP`."""
        return "DROP"


@dataclass(frozen=True, slots=True)
class Return:
    """Back to the calling chain; at the end of a built-in one its policy decides."""

    option: ClassVar[str] = "-j"

    def text(self) -> str:
        """Return `RETURN`."""
        return "RETURN"


@dataclass(frozen=True, slots=True)
class Jump:
    """On with another chain; `is_goto`: without coming back here."""

    chain: str
    is_goto: bool = False

    @property
    def option(self) -> str:
        """Return `-j` or `-g`."""
        return "-g" if self.is_goto else "-j"

    def text(self) -> str:
        """Return the chain's name."""
        return self.chain


@dataclass(frozen=True, slots=True)
class Reject:
    """The packet is dropped and its sender told."""

    option: ClassVar[str] = "-j"

    with_: str = "icmp-port-unreachable"

    def text(self) -> str:
        """Return `REJECT --reject-with TYPE`."""
        return f"REJECT --reject-with {self.with_}"


@dataclass(frozen=True, slots=True)
class PortRange:
    """`[ADDRESS][:PORT[-PORT]]` of DNAT and SNAT; address None and port 0: kept."""

    address: IPv4Address | None
    port: int = 0
    last_port: int = 0

    def text(self) -> str:
        """Return it as iptables-save prints it."""
        address = "" if self.address is None else address_text(self.address)
        return f"{address}:{self.ports()}" if self.port else address

    def ports(self) -> str:
        """Return the ports alone."""
        return f"{self.port}-{self.last_port}" if self.last_port != self.port else str(self.port)


#: Ports that nobody asked for.
ANY_PORT = PortRange(None)


@dataclass(frozen=True, slots=True)
class Dnat:
    """The destination is rewritten."""

    option: ClassVar[str] = "-j"

    to: PortRange
    flags: tuple[str, ...] = ()

    def text(self) -> str:
        """Return `DNAT --to-destination ADDRESS:PORT`."""
        return " ".join([f"DNAT --to-destination {self.to.text()}", *self.flags])


@dataclass(frozen=True, slots=True)
class Snat:
    """The source is rewritten."""

    option: ClassVar[str] = "-j"

    to: PortRange
    flags: tuple[str, ...] = ()

    def text(self) -> str:
        """Return `SNAT --to-source ADDRESS`."""
        return " ".join([f"SNAT --to-source {self.to.text()}", *self.flags])


@dataclass(frozen=True, slots=True)
class Masquerade:
    """The source becomes the address of the interface by which the packet leaves."""

    option: ClassVar[str] = "-j"

    flags: tuple[str, ...] = ()
    to: PortRange = ANY_PORT

    @property
    def is_fully_random(self) -> bool:
        """Whether the port is always drawn anew."""
        return "--random-fully" in self.flags

    def text(self) -> str:
        """Return `MASQUERADE --to-ports PORTS --random-fully`."""
        return " ".join(["MASQUERADE", *([f"--to-ports {self.to.ports()}"] if self.to.port else []), *self.flags])


@dataclass(frozen=True, slots=True)
class SetMark:
    """The packet's mark becomes (mark & ~mask) ^ value."""

    option: ClassVar[str] = "-j"

    value: int
    mask: int = FULL_MASK

    def apply(self, mark: int) -> int:
        """Return the new mark. Source: xt_mark.c, mark_tg()."""
        return (mark & ~self.mask & FULL_MASK) ^ self.value

    def text(self) -> str:
        """Return `MARK --set-xmark VALUE/MASK`."""
        return f"MARK --set-xmark {self.value:#x}/{self.mask:#x}"


@dataclass(frozen=True, slots=True)
class NoTrack:
    """The packet is not tracked. `name` is how it was written: both are printed back as they came."""

    option: ClassVar[str] = "-j"

    name: str = "CT --notrack"

    def text(self) -> str:
        """Return `CT --notrack` or `NOTRACK`."""
        return self.name


#: The level that is not printed. Source: extensions/libxt_LOG.c, LOG_DEFAULT_LEVEL.
WARNING = 4


@dataclass(frozen=True, slots=True)
class Log:
    """A line in the kernel log (not modelled); the packet goes on to the next rule."""

    option: ClassVar[str] = "-j"

    prefix: str = ""
    level: int = WARNING
    flags: tuple[str, ...] = ()

    def text(self) -> str:
        """Return `LOG --log-prefix PREFIX ...`."""
        words = [f"--log-prefix {quoted(self.prefix)}"] if self.prefix else []
        words += [f"--log-level {self.level}"] if self.level != WARNING else []
        return " ".join(["LOG", *words, *self.flags])
