"""What a table decided, as evidence: the rules are put into words when somebody reads them, not while packets walk."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from app.dataplane.hop import Skipped
from app.dataplane.netfilter.traverse import Passed, told

__all__ = ["TableEvidence"]


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
        return told(self.passed)
