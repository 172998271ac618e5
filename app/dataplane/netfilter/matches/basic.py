"""What every rule can ask without `-m`: addresses, interfaces, protocol. Source: iptables(8), PARAMETERS."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.matches import negation

__all__ = ["Destination", "InInterface", "OutInterface", "Protocol", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """`[!] -s NETWORK`."""

    network: IPv4Network
    negated: bool = False

    def text(self) -> str:
        """Return the words of iptables-save: the prefix length is always there."""
        return f"{negation(self.negated)}-s {self.network}"

    def fails(self, context: Context) -> str | None:
        """Say which source the packet has."""
        return None if (context.ip.src in self.network) != self.negated else f"source is {context.ip.src}"


@dataclass(frozen=True, slots=True)
class Destination:
    """`[!] -d NETWORK`."""

    network: IPv4Network
    negated: bool = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}-d {self.network}"

    def fails(self, context: Context) -> str | None:
        """Say which destination the packet has."""
        return None if (context.ip.dst in self.network) != self.negated else f"destination is {context.ip.dst}"


def _interface_fits(pattern: str, name: str) -> bool:
    """Whether `name` is meant: a `+` at the end stands for any ending."""
    return name.startswith(pattern[:-1]) if pattern.endswith("+") else name == pattern


@dataclass(frozen=True, slots=True)
class InInterface:
    """`[!] -i NAME`."""

    name: str
    negated: bool = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}-i {self.name}"

    def fails(self, context: Context) -> str | None:
        """Say by which interface the packet came."""
        name = context.in_dev.name if context.in_dev else ""
        return None if _interface_fits(self.name, name) != self.negated else f"it came in by {name or 'no interface'}"


@dataclass(frozen=True, slots=True)
class OutInterface:
    """`[!] -o NAME`."""

    name: str
    negated: bool = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}-o {self.name}"

    def fails(self, context: Context) -> str | None:
        """Say by which interface the packet leaves."""
        name = context.out_dev.name if context.out_dev else ""
        return None if _interface_fits(self.name, name) != self.negated else f"it goes out by {name or 'no interface'}"


@dataclass(frozen=True, slots=True)
class Protocol:
    """`[!] -p PROTOCOL`."""

    name: str
    negated: bool = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}-p {self.name}"

    def fails(self, context: Context) -> str | None:
        """Say which protocol the packet is."""
        return None if (context.ip.proto == self.name) != self.negated else f"protocol is {context.ip.proto}"
