"""Findings: what is wrong with a lesson, where, and how to mend it, for a terminal or as JSON.

bad/z.yaml:15:1: error E204 unknown key 'minute'; did you mean 'minutes'?  (at minute)
   15 | minute: 8
      | ^^^^^^
      = rename it to 'minutes' (required here)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from app.core.errors import Mark, printable

Severity = Literal["error", "warning"]

_IGNORE = re.compile(r"#\s*lint:\s*ignore\s+([EW]\d{3})\s+\S")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `path` says where in the lesson, e.g. `steps.1.do.0.send.to`."""

    code: str
    message: str
    at: Mark
    mend: str = ""
    path: str = ""

    @property
    def severity(self) -> Severity:
        """A code that starts with W is a warning; both make `lint` exit with 1."""
        return "warning" if self.code.startswith("W") else "error"

    def headline(self) -> str:
        """Return `FILE:LINE:COLUMN: error CODE message  (at PATH)`."""
        where = f"  (at {self.path})" if self.path else ""
        return f"{self.at}: {self.severity} {self.code} {printable(self.message)}{where}"

    def text(self) -> str:
        """Return the finding for a terminal: headline, source line with a caret, how to mend it."""
        parts = [self.headline(), self.at.excerpt()]
        parts += [f"      = {printable(line)}" for line in self.mend.splitlines()]
        return "\n".join(part for part in parts if part)

    def as_json(self) -> dict[str, str | int]:
        """Return the finding as plain data; line and column count from 1."""
        place: dict[str, str | int] = {"file": self.at.file, "line": self.at.line, "column": self.at.column}
        said: dict[str, str | int] = {"path": self.path, "message": self.message, "mend": self.mend}
        return {"code": self.code, "severity": self.severity} | place | said


def in_file_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by file, line, column and code, each once."""
    unique = dict.fromkeys(findings)
    return sorted(unique, key=lambda f: (f.at.file, f.at.line, f.at.column, f.code, f.message))


def without_ignored(findings: Iterable[Finding], lines: list[str]) -> list[Finding]:
    """Drop findings that the file accepts with `# lint: ignore CODE reason`, on their line or the line above it."""
    return [f for f in findings if f.code not in _ignored(lines, f.at.line)]


def _ignored(lines: list[str], line: int) -> set[str]:
    near = lines[max(0, line - 2) : line]
    return {found[1] for text in near for found in _IGNORE.finditer(text)}


def as_text(findings: Iterable[Finding]) -> str:
    """Return all findings for a terminal, a blank line between them."""
    return "\n\n".join(finding.text() for finding in findings)


def as_json(findings: Iterable[Finding]) -> str:
    """Return all findings as one JSON document."""
    rows = [finding.as_json() for finding in findings]
    return json.dumps({"schema": "podwalk-findings/v1", "findings": rows}, ensure_ascii=False, indent=1)
