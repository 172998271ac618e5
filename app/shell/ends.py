"""What `head` and `tail` share. Source: head(1), tail(1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shell.result import CommandError, CommandResult
from app.shell.terminal import Terminal
from app.shell.words import options, read_inputs

__all__ = ["ends_of"]


def ends_of(at: Terminal, name: str, args: Sequence[str]) -> CommandResult:
    """Run `head` or `tail`."""
    words = [
        f"-n{arg[1:]}" if re.fullmatch("-[0-9]+", arg) and (n == 0 or args[n - 1] not in ("-n", "-c")) else arg
        for n, arg in enumerate(args)
    ]
    given = options(
        name, words, "qvfFz", "nc", {"lines": "n", "bytes": "c", "quiet": "q", "verbose": "v", "follow": "f"}
    )
    unit = next((letter for letter in reversed(given.options) if letter in "nc"), "n")
    text = given.options.get(unit, "10")
    sign, digits = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    if not re.fullmatch("[0-9]{1,12}", digits):
        what = "lines" if unit == "n" else "bytes"
        raise CommandError(f"{name}: invalid number of {what}: '{text}'\n", 1)
    inputs = read_inputs(at, name, given.words, prefix="open ")
    cut = _head if name == "head" else _tail
    made: list[str] = []
    for path, whole in inputs.texts:
        if (len(given.words) > 1 or given.has("v")) and not given.has("q"):
            title = "standard input" if path == "-" else path
            made.append(f"{'' if not made else chr(10)}==> {title} <==\n")
        made.append(cut(whole, int(digits), sign, unit))
    return CommandResult(inputs.exit_code, "".join(made), inputs.stderr)


def _units(text: str, unit: str) -> list[str]:
    """Return the lines with their ends, or the bytes."""
    return text.splitlines(keepends=True) if unit == "n" else [chr(byte) for byte in text.encode("utf-8", "replace")]


def _joined(units: list[str], unit: str) -> str:
    if unit == "n":
        return "".join(units)
    return bytes(ord(each) for each in units).decode("utf-8", "replace")


def _head(text: str, count: int, sign: str, unit: str) -> str:
    units = _units(text, unit)
    return _joined(units[: max(len(units) - count, 0)] if sign == "-" else units[:count], unit)


def _tail(text: str, count: int, sign: str, unit: str) -> str:
    units = _units(text, unit)
    return _joined(units[max(count - 1, 0) :] if sign == "+" else units[max(len(units) - count, 0) :], unit)
