"""`wc`. Source: wc(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options, read_inputs

__all__ = ["wc"]

LONG = {"lines": "l", "words": "w", "bytes": "c", "chars": "m", "max-line-length": "L"}


@COMMANDS.register("wc")
def wc(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Count lines, words and bytes: [-l] [-w] [-c] [-m] [-L]."""
    given = options("wc", args, "lwcmL", "", LONG)
    letters = [each for each in "lwmcL" if given.has(each)] or ["l", "w", "c"]
    inputs = read_inputs(at, "wc", given.words)
    rows = [([_count(text, letter) for letter in letters], path) for path, text in inputs.texts]
    if len(given.words) > 1:
        rows.append(
            (
                [
                    sum(counts) if n < 4 else max(counts)
                    for n, counts in enumerate(zip(*(r[0] for r in rows), strict=True))
                ],
                "total",
            )
        )
    is_piped = not given.words
    width = max((len(str(count)) for counts, _ in rows for count in counts), default=1)
    width = 1 if len(letters) == 1 and len(rows) == 1 else max(width, 7) if is_piped or "-" in given.words else width
    lines = []
    for counts, path in rows:
        numbers = " ".join(f"{count:{width}}" for count in counts)
        lines.append(f"{numbers}{'' if is_piped else f' {path}'}\n")
    return CommandResult(inputs.exit_code, "".join(lines), inputs.stderr)


def _count(text: str, letter: str) -> int:
    if letter == "l":
        return text.count("\n")
    if letter == "w":
        return len(text.split())
    if letter == "L":
        return max(map(len, text.split("\n")))
    return len(text) if letter == "m" else len(text.encode("utf-8", "replace"))
