"""What every rule can ask without `-m`: addresses, interfaces, protocol. Source: iptables(8), PARAMETERS."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import ClassVar

from app.core.addresstext import address_text
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.matches import negation

__all__ = ["Destination", "Fragment", "InInterface", "OutInterface", "Protocol", "Source", "interface_fits"]


@dataclass(frozen=True, slots=True)
class Source:
    """`[!] -s NETWORK`. Mask and base are the network as numbers: this is asked more often than anything else."""

    network: IPv4Network
    negated: bool = False
    mask: int = field(init=False, repr=False, compare=False)
    base: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mask", int(self.network.netmask))
        object.__setattr__(self, "base", int(self.network.network_address))

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save: the prefix length is always there."""
        return f"{negation(self.negated)}-s {self.network}"

    def holds(self, context: Context) -> bool:
        """Compare the source."""
        return (int(context.ip.src) & self.mask == self.base) != self.negated

    def because(self, context: Context) -> str:
        """Say which source the packet has."""
        return f"src = {address_text(context.ip.src)}"


@dataclass(frozen=True, slots=True)
class Destination:
    """`[!] -d NETWORK`. Mask and base are the network as numbers: this is asked more often than anything else."""

    network: IPv4Network
    negated: bool = False
    mask: int = field(init=False, repr=False, compare=False)
    base: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mask", int(self.network.netmask))
        object.__setattr__(self, "base", int(self.network.network_address))

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}-d {self.network}"

    def holds(self, context: Context) -> bool:
        """Compare the destination."""
        return (int(context.ip.dst) & self.mask == self.base) != self.negated

    def because(self, context: Context) -> str:
        """Say which destination the packet has."""
        return f"dst = {address_text(context.ip.dst)}"


def interface_fits(pattern: str, name: str) -> bool:
    """Whether `name` is meant: a `+` at the end stands for any ending."""
    return name.startswith(pattern[:-1]) if pattern.endswith("+") else name == pattern


@dataclass(frozen=True, slots=True)
class InInterface:
    """`[!] -i NAME`."""

    name: str
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}-i {self.name}"

    def holds(self, context: Context) -> bool:
        """Compare the interface by which the packet came."""
        return interface_fits(self.name, context.in_dev.name if context.in_dev else "") != self.negated

    def because(self, context: Context) -> str:
        """Say by which interface the packet came."""
        return f"in = {context.in_dev.name if context.in_dev else '-'}"


@dataclass(frozen=True, slots=True)
class OutInterface:
    """`[!] -o NAME`."""

    name: str
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}-o {self.name}"

    def holds(self, context: Context) -> bool:
        """Compare the interface by which the packet leaves."""
        return interface_fits(self.name, context.out_dev.name if context.out_dev else "") != self.negated

    def because(self, context: Context) -> str:
        """Say by which interface the packet leaves."""
        return f"out = {context.out_dev.name if context.out_dev else '-'}"


@dataclass(frozen=True, slots=True)
class Protocol:
    """`[!] -p PROTOCOL`."""

    name: str
    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}-p {self.name}"

    def holds(self, context: Context) -> bool:
        """Compare the protocol."""
        return (context.ip.proto == self.name) != self.negated

    def because(self, context: Context) -> str:
        """Say which protocol the packet is."""
        return f"protocol = {context.ip.proto}"


@dataclass(frozen=True, slots=True)
class Fragment:
    """`[!] -f`: second and further fragments."""

    negated: bool = False

    is_comment: ClassVar[bool] = False
    is_random: ClassVar[bool] = False

    def text(self) -> str:
        """Return the words of iptables-save."""
        return f"{negation(self.negated)}-f"

    def holds(self, context: Context) -> bool:
        """Ask for the offset; where connections are tracked, packets are whole."""
        return (context.ip.offset > 0) != self.negated

    def because(self, context: Context) -> str:
        """Say where in the whole the packet's data begin."""
        return f"offset = {context.ip.offset}"
