"""Statements: the terms of a rule and what it does, from left to right.

A term that does not hold ends the rule (NFT_BREAK); what stands before it has been done by then.
Source: nft(8), STATEMENTS; Linux net/netfilter/nft_cmp.c, nft_lookup.c, nft_nat.c, nft_masq.c, nft_dynset.c.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.targets import FULL_MASK, Dnat, Masquerade, Reject, Snat
from app.dataplane.nft.datatypes import CT_STATES, DataType, Interval, Value, value_text
from app.dataplane.nft.expressions import Field, Key, Numgen
from app.dataplane.nft.sets import AnonymousSet, VerdictMap, time_text
from app.dataplane.nft.verdicts import Verdict

__all__ = [
    "Compare",
    "Counter",
    "Lookup",
    "MarkBits",
    "Nat",
    "RejectWith",
    "Select",
    "SetMark",
    "Statement",
    "Update",
    "Verdict",
]


@dataclass(frozen=True, slots=True)
class Compare:
    """`FIELD [!=] VALUE`: one value, a prefix, a range, or states joined by commas."""

    field: Field
    values: tuple[Value | Interval, ...]
    negated: bool = False

    def text(self) -> str:
        """Return it as nft prints it."""
        ordered = sorted(self.values, key=lambda v: CT_STATES.get(str(v), 0)) if len(self.values) > 1 else self.values
        right = ",".join(value_text(self.field.type, value) for value in ordered)
        return f"{self.field.name} {'!= ' if self.negated else ''}{right}"

    def holds(self, context: Context) -> bool:
        """Compare; a field that is not there fulfils nothing, `!=` neither."""
        value = self.field.read(context)
        if value is None:
            return False
        return any(_equals(self.field.type, value, wanted) for wanted in self.values) != self.negated

    @property
    def asks_tables(self) -> bool:
        """Whether it reads more than the packet: the FIB."""
        return self.field.type.name == "fib_addrtype"

    def because(self, context: Context) -> str:
        """Say what the packet has."""
        return self.field.because(context)


def _equals(kind: DataType, value: Value, wanted: Value | Interval) -> bool:
    if isinstance(wanted, Interval):
        return kind.number(wanted.first) <= kind.number(value) <= kind.number(wanted.last)
    return value == wanted


@dataclass(frozen=True, slots=True)
class MarkBits:
    """`meta mark & MASK == VALUE`."""

    mask: int
    value: int
    negated: bool = False

    def text(self) -> str:
        """Return it as nft prints it: a mask whose ones stand in front is a prefix."""
        zeros = FULL_MASK ^ self.mask
        if zeros & (zeros + 1) == 0:
            return f"meta mark {'!= ' if self.negated else ''}0x{self.value:08x}/{32 - zeros.bit_length()}"
        return f"meta mark & 0x{self.mask:08x} {'!=' if self.negated else '=='} 0x{self.value:08x}"

    def holds(self, context: Context) -> bool:
        """Compare the bits."""
        return (context.mark & self.mask == self.value) != self.negated

    def because(self, context: Context) -> str:
        """Say which mark the packet has."""
        return f"meta mark = 0x{context.mark:08x}"


@dataclass(frozen=True, slots=True)
class Lookup:
    """`KEY [!=] @SET` or `KEY [!=] { ... }`."""

    key: Key
    where: str | AnonymousSet
    negated: bool = False

    def text(self) -> str:
        """Return it as nft prints it."""
        where = f"@{self.where}" if isinstance(self.where, str) else self.where.text()
        return f"{self.key.text()} {'!= ' if self.negated else ''}{where}"

    @property
    def asks_tables(self) -> bool:
        """Whether it reads more than the packet: the FIB."""
        return any(kind.name == "fib_addrtype" for kind in self.key.types)

    def because(self, context: Context) -> str:
        """Say what is, or is not, in the set."""
        where = f"@{self.where}" if isinstance(self.where, str) else self.where.text()
        return f"{self.key.value_text(context)} {'∈' if self.negated else '∉'} {where}"


@dataclass(frozen=True, slots=True)
class Select:
    """`KEY vmap @MAP`, `KEY vmap { ... }` or `numgen random mod N vmap { ... }`: the verdict is looked up."""

    key: Key | Numgen
    where: str | VerdictMap

    def text(self) -> str:
        """Return it as nft prints it."""
        where = f"@{self.where}" if isinstance(self.where, str) else self.where.text()
        return f"{self.key.text()} vmap {where}"

    def because(self, context: Context) -> str:
        """Say which key is not in the map."""
        key = self.key.text() if isinstance(self.key, Numgen) else self.key.value_text(context)
        return f"{key} ∉ {f'@{self.where}' if isinstance(self.where, str) else self.where.text()}"


@dataclass(frozen=True, slots=True)
class SetMark:
    """`meta mark set VALUE`, or `meta mark set meta mark OP VALUE [OP VALUE]...` with OP `&`, `|` or `^`."""

    value: int
    operations: tuple[tuple[str, int], ...] = ()

    def text(self) -> str:
        """Return it as nft prints it."""
        if not self.operations:
            return f"meta mark set 0x{self.value:08x}"
        return "meta mark set meta mark " + " ".join(f"{op} 0x{number:08x}" for op, number in self.operations)

    def apply(self, mark: int) -> int:
        """Return the new mark."""
        if not self.operations:
            return self.value
        for op, number in self.operations:
            mark = mark & number if op == "&" else mark | number if op == "|" else mark ^ number
        return mark & FULL_MASK


@dataclass(frozen=True, slots=True)
class Nat:
    """`dnat to A[:P]`, `snat to A[:P]` or `masquerade`, with `random`, `fully-random`, `persistent`."""

    target: Dnat | Snat | Masquerade
    flags: tuple[str, ...] = ()

    def text(self) -> str:
        """Return it as nft prints it."""
        flags = f" {','.join(self.flags)}" if self.flags else ""
        if isinstance(self.target, Masquerade):
            return f"masquerade{flags}"
        return f"{'dnat' if isinstance(self.target, Dnat) else 'snat'} to {self.target.to.text()}{flags}"


@dataclass(frozen=True, slots=True)
class RejectWith:
    """`reject [with icmp TYPE | with tcp reset]`."""

    target: Reject

    def text(self) -> str:
        """Return it as nft prints it; port-unreachable goes without saying."""
        kind = self.target.with_.removeprefix("icmp-").replace("proto-", "prot-")
        if kind == "port-unreachable":
            return "reject"
        return "reject with tcp reset" if kind == "tcp-reset" else f"reject with icmp {kind}"


@dataclass(frozen=True, slots=True)
class Update:
    """`add|update @SET { KEY [timeout TIME] }`: the packet's key becomes an element; `update` renews its time."""

    name: str
    key: Key
    is_update: bool = True
    timeout_us: int = 0

    def text(self) -> str:
        """Return it as nft prints it."""
        time = f" timeout {time_text(self.timeout_us)}" if self.timeout_us else ""
        return f"{'update' if self.is_update else 'add'} @{self.name} {{ {self.key.text()}{time} }}"


@dataclass(frozen=True, slots=True)
class Counter:
    """`counter`: counts; counters are always 0 here."""

    def text(self) -> str:
        """Return it as nft prints it."""
        return "counter packets 0 bytes 0"


Statement = Compare | MarkBits | Lookup | Select | SetMark | Nat | RejectWith | Update | Counter | Verdict
