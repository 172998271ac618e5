"""Columns of text, as Go's text/tabwriter lays them out.

    layout([["NAME", "AGE"], ["web", "5m"]])        # kubectl get: at least 6 wide, 3 blanks between
    layout(lines, minimum=0, padding=2)             # kubectl describe

A cell belongs to a column only if another cell follows it; a column is a run of consecutive lines that have it, and as
wide as its longest cell, in characters (a wide one counts once, as in Go). `widths` are
remembered from one call to the next, as `get --watch` does.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["layout", "tabbed"]

MINIMUM, PADDING = 6, 3
"""printers.GetNewTabWriter() of k8s.io/cli-runtime."""


def layout(
    lines: Sequence[Sequence[str]],
    minimum: int = MINIMUM,
    padding: int = PADDING,
    widths: list[int] | None = None,
) -> str:
    """Return the lines with their cells in columns, each ended by a newline."""
    measured = _widths(lines, minimum, padding)
    if widths is not None:
        _remember(measured, widths)
    return "".join(_line(cells, own) for cells, own in zip(lines, measured, strict=True))


def tabbed(text: str, minimum: int = 0, padding: int = 2) -> str:
    """Lay out text whose cells stand between tabs, as `kubectl describe` writes it."""
    return layout([line.split("\t") for line in text.split("\n")], minimum, padding)[:-1]


def _widths(lines: Sequence[Sequence[str]], minimum: int, padding: int) -> list[list[int]]:
    """Return for each line the widths of the columns it takes part in."""
    found: list[list[int]] = [[0] * (len(cells) - 1) for cells in lines]
    for column in range(max((len(own) for own in found), default=0)):
        start = 0
        while start < len(lines):
            end = start
            while end < len(lines) and len(found[end]) > column:
                end += 1
            widest = max((len(lines[at][column]) for at in range(start, end)), default=0)
            for at in range(start, end):
                found[at][column] = max(minimum, widest + padding)
            start = end + 1
    return found


def _remember(measured: list[list[int]], widths: list[int]) -> None:
    for own in measured:
        widths.extend([0] * (len(own) - len(widths)))
        for column, width in enumerate(own):
            widths[column] = max(widths[column], width)
    for own in measured:
        own[:] = widths[: len(own)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell + " " * (width - len(cell)) for cell, width in zip(cells, widths, strict=False)]
    return f"{''.join(padded)}{cells[-1] if cells else ''}\n"
