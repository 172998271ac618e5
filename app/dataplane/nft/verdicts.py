"""Verdicts: what becomes of the packet, or by which chain it goes on. Source: nft(8), VERDICT STATEMENTS."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["VERDICTS", "Verdict"]

VERDICTS = ("accept", "drop", "continue", "return", "jump", "goto")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`name` is one of VERDICTS; `chain` is that of jump and goto."""

    name: str
    chain: str = ""

    def text(self) -> str:
        """Return it as nft prints it."""
        return f"{self.name} {self.chain}" if self.chain else self.name
