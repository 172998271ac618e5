"""The rules behind the findings: a page each in docs/lessons/rules, in both languages, with examples."""

from __future__ import annotations

from pathlib import Path

from app.core.assets import lessons_dir
from app.core.errors import UsageError, did_you_mean

__all__ = ["codes", "explain", "rules_dir"]


def rules_dir() -> Path:
    """Return the folder of the pages, beside the lessons."""
    return lessons_dir().parent / "docs" / "lessons" / "rules"


def codes() -> list[str]:
    """Return every code that has a page, in order."""
    return sorted(path.stem for path in rules_dir().glob("[EW][0-9][0-9][0-9].md"))


def explain(code: str) -> str:
    """Return the page of a code. Raises UsageError with the nearest code for one that is not known."""
    wanted, legal = code.upper(), codes()
    if wanted not in legal:
        hint = f"codes: {', '.join(legal)}" if legal else "this copy of podwalk was installed without its documentation"
        raise UsageError(f"no rule '{code[:40]}'{did_you_mean(wanted[:40], legal)}", hint=hint)
    return (rules_dir() / f"{wanted}.md").read_text(encoding="utf-8")
