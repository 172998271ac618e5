"""What a base chain decided, as evidence: lines are put into words when somebody reads them, not while packets walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.dataplane.hop import Skipped
from app.dataplane.netfilter.targets import Dnat, Drop, Masquerade, Reject, Snat

__all__ = ["ChainEvidence", "ChainWalk", "Line", "MarkSet"]

Told = Callable[[], str]
"""A line or a reason, put into words when somebody reads it."""
Reason = tuple[Told, Told]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a listing: a rule of a chain, or an element of a map."""

    place: str
    """What `nft list` is asked for: `chain ip TABLE CHAIN`, `map ip TABLE MAP`."""
    told: Told


@dataclass(frozen=True, slots=True)
class MarkSet:
    """A statement that set the mark: its rule, the mark before and after."""

    line: Line
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ChainEvidence:
    """The deciding line, all that led to it, all that was passed over; `verdict` in nft's words."""

    line: Line
    way: tuple[Line, ...]
    passed: tuple[Reason, ...]
    verdict_text: str

    @property
    def tool(self) -> str:
        """The command that prints the deciding line."""
        return f"nft list {self.line.place}"

    @property
    def entry(self) -> str:
        """The deciding line."""
        return self.line.told()

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The rules that did not match, and the numbers that were not drawn."""
        return tuple(Skipped(entry(), because()) for entry, because in self.passed)

    @property
    def matched(self) -> tuple[str, ...]:
        """Every rule and element on the way."""
        return tuple(line.told() for line in self.way)

    @property
    def verdict(self) -> str:
        """accept, drop, reject or `policy ...`."""
        return self.verdict_text


@dataclass(slots=True)
class ChainWalk:
    """What happened to a packet in one base chain; `target` None: the policy decided, or an accept."""

    table: str
    chain: str
    policy: str
    target: Dnat | Snat | Masquerade | Reject | Drop | None = None
    is_accepted: bool = False
    way: list[Line] = field(default_factory=list)
    passed: list[Reason] = field(default_factory=list)
    marks: list[MarkSet] = field(default_factory=list)

    @property
    def has_matched(self) -> bool:
        """Whether any rule did something."""
        return bool(self.way)

    @property
    def is_dropped(self) -> bool:
        """Whether the packet ends here without a word."""
        return isinstance(self.target, Drop) or (self.target is None and not self.is_accepted and self.policy == "drop")

    @property
    def verdict(self) -> str:
        """What becomes of the packet, in nft's words."""
        if self.target is None:
            return "accept" if self.is_accepted else f"policy {self.policy}"
        return {"Drop": "drop", "Reject": "reject"}.get(type(self.target).__name__, "accept")

    def evidence(self) -> ChainEvidence:
        """Return what decided."""
        end = self.way[-1] if self.way else Line(f"chain {self.table} {self.chain}", lambda: "")
        return ChainEvidence(end, tuple(self.way), tuple(self.passed), self.verdict)

    def marked(self) -> Iterator[tuple[int, int, ChainEvidence]]:
        """Yield each setting of the mark: what it was, what it became, the rule."""
        for mark in self.marks:
            yield mark.before, mark.after, ChainEvidence(mark.line, (mark.line,), (), "")
