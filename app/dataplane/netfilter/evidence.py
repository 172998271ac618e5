"""What a table decided, as evidence: the rules are put into words when somebody reads them, not while packets walk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from app.dataplane.netfilter.chain import Chain
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.rule import Match, Rule
from app.dataplane.skipped import Rows, Skipped

__all__ = ["Passed", "Run", "TableEvidence"]


class Run(NamedTuple):
    """Rules `start` to `stop` of a long chain that the packet `seen` cannot match: they were not tried."""

    chain: Chain
    start: int
    stop: int
    seen: Context

    def told(self) -> Iterator[Skipped]:
        """Yield them with the term that fails: it asks for nothing but the packet's headers (see ChainIndex)."""
        for position in range(self.start, self.stop):
            failing = _failing(self.chain.rules[position], self.seen)
            yield Skipped(self.chain.lines[position], failing.because(self.seen))


#: A rule that did not match: its line, the failing term, and the packet as it was then; or a run of them.
Passed = tuple[str, Match | str, Context] | Run


class TableEvidence(Struct, frozen=True):
    """The deciding rule, all that matched on the way (jumps included), all that did not.

    `verdict` is netfilter's: ACCEPT, DROP, REJECT or `policy ...`; `entry` is "" where no rule matched.
    """

    table: str
    entry: str
    passed: list[Passed]
    matched: tuple[str, ...]
    verdict: str

    @property
    def tool(self) -> str:
        """The command that prints the table."""
        return f"iptables-save -t {self.table}"

    @property
    def skipped(self) -> Sequence[Skipped]:
        """The rules that did not match, each with its failing term."""
        return _told(self.passed)


def _told(passed: Sequence[Passed]) -> Sequence[Skipped]:
    """Return the rules that did not match, each with the failing term in words.

    What a term asks of tables is told now, since they change; runs of rules only when somebody reads them.
    """
    parts: list[Sequence[Skipped]] = [_rows(each) for each in passed]
    if any(isinstance(each, Run) for each in passed):
        return Rows(lambda: [row for part in parts for row in part])
    return [row for part in parts for row in part]


def _rows(passed: Passed) -> Sequence[Skipped]:
    if isinstance(passed, Run):
        return Rows(lambda: list(passed.told()))
    line, failing, seen = passed
    return (Skipped(line, failing if isinstance(failing, str) else failing.because(seen)),)


def _failing(rule: Rule, context: Context) -> Match:
    """Return the first term of the rule that the packet does not fulfil."""
    return next(term for term in rule.terms if not term.holds(context))
