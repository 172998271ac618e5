"""Errors with a place, a reason and a way to mend them.

One class tree for everything a user can get wrong. `str(error)` is the whole text for a terminal:

    cluster.yaml:12:9: unknown key 'too'; did you mean 'to'?
       12 |         too: svc/web
          |         ^^^
       = hint: ...

A learner's mistake at the modelled terminal is a result (text and exit code), not one of these.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def printable(text: str) -> str:
    """Return `text` with terminal control characters shown as escapes (CVE-2021-25743's lesson); newlines stay."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text.replace("\t", " "))


def nearest(word: str, legal: Iterable[str]) -> str | None:
    """Return the legal name most like `word`, or None if none is near enough to be a slip of the keyboard."""
    names = sorted(set(legal))
    by_lower = {name.lower(): name for name in reversed(names)}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, legal: Iterable[str]) -> str:
    """Return `; did you mean 'NAME'?`, or nothing if no legal name is near."""
    near = nearest(word, legal)
    return f"; did you mean '{near}'?" if near else ""


def listing(names: Iterable[str]) -> str:
    """Return legal values for a sentence: `a, b or c`."""
    words = list(names)
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file. Line and column count characters from 1; `length` is how many of them are meant."""

    file: str
    line: int
    column: int
    snippet: str = ""
    length: int = 1
    snippet_offset: int = 0
    """How many characters of the line were cut off before `snippet` (very long lines)."""

    def __str__(self) -> str:
        return f"{printable(self.file)}:{self.line}:{self.column}"

    def excerpt(self, note: str = "") -> str:
        """Return the source line with a caret under the place, or nothing if the line is unknown or empty."""
        if not self.snippet.strip():
            return ""
        indent = max(self.column - 1 - self.snippet_offset, 0)
        width = max(1, min(self.length, len(self.snippet) - indent))
        caret = " " * indent + "^" * width + (f" {note}" if note else "")
        return f"{self.line:>5} | {printable(self.snippet)}\n      | {caret}"


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that an error is about, and what it says there."""

    at: Mark
    note: str


class PodwalkError(Exception):
    """Anything that the user can mend: what is wrong, where, and how to mend it (exit code 2)."""

    def __init__(
        self, message: str, *, hint: str = "", at: Mark | None = None, related: Sequence[Related] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.at = at
        self.related = tuple(related)

    def headline(self) -> str:
        """Return `FILE:LINE:COLUMN: message`, one line."""
        return f"{self.at}: {printable(self.message)}" if self.at else printable(self.message)

    def __str__(self) -> str:
        parts = [self.headline()]
        parts += [self.at.excerpt()] if self.at else []
        parts += [f"{other.at}: {printable(other.note)}\n{other.at.excerpt()}".rstrip() for other in self.related]
        parts += [f"      = hint: {printable(self.hint)}"] if self.hint else []
        return "\n".join(part for part in parts if part)


class ManifestError(PodwalkError):
    """A cluster file, manifest or lesson says something that cannot be."""


class UsageError(PodwalkError):
    """A command was called wrongly: an argument, an option, a file that cannot be read."""


class Problems(PodwalkError):  # noqa: N818  (the noun of the contract)
    """Several problems at once, in file order."""

    def __init__(self, problems: Sequence[PodwalkError]) -> None:
        self.problems: tuple[PodwalkError, ...] = tuple(problems)
        super().__init__("\n".join(problem.headline() for problem in self.problems), at=self.problems[0].at)

    def headline(self) -> str:
        """Return one line for each problem."""
        return "\n".join(problem.headline() for problem in self.problems)

    def __str__(self) -> str:
        return "\n\n".join(str(problem) for problem in self.problems)


def raise_problems(problems: Sequence[PodwalkError]) -> None:
    """Raise what was collected: nothing if there is nothing, the one, or all as `Problems`."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise Problems(problems)
