"""`printf`. Source: printf(1): %s %d %i %u %x %X %o %c %b %q %f %%; the format is used again while words are left."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.core.limits import limit
from app.shell.escapes import unescape
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["printf"]

FIELD = re.compile(r"%([-0+ #]*)([0-9]{0,4}|\*)(?:\.([0-9]{0,4}))?([a-zA-Z%])")


@COMMANDS.register("printf")
def printf(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Print words in a format: printf '%s %d\\n' WORD NUMBER."""
    if not args:
        raise CommandError("printf: usage: printf [-v var] format [arguments]\n", 2)
    form, words = args[0], list(args[1:])
    out = ""
    problems: list[str] = []
    while True:
        before = len(words)
        text, stops = _once(form, words, problems)
        out += text
        if stops or not words or len(words) == before or len(out) > limit("terminal.output_characters"):
            return CommandResult(int(bool(problems)), out, "".join(problems))


def _once(form: str, words: list[str], problems: list[str]) -> tuple[str, bool]:
    """Return the format filled once; it takes its words from the list."""
    made = ""
    at = 0
    while at < len(form):
        field = FIELD.match(form, at)
        if field is None:
            end = form.find("%", at + 1)
            end = len(form) if end < 0 else end
            text, stops = unescape(form[at:end])
            made += text
            if stops:
                return made, True
            at = end
            continue
        at = field.end()
        if field[4] == "%":
            made += "%"
            continue
        width = field[2]
        if width == "*":
            width = words.pop(0) if words else "0"
            width = width if re.fullmatch("[0-9]{1,4}", width) else "0"
        made += _padded(_value(field[4], words.pop(0) if words else "", field[3], problems), field[1], width, field[4])
    return made, False


def _value(letter: str, word: str, precision: str | None, problems: list[str]) -> str:
    if letter in "sbqc":
        text = unescape(word)[0] if letter == "b" else word[:1] if letter == "c" else word
        return text[: int(precision or 0)] if precision is not None else text
    if letter == "f":
        number = float(word) if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{0,15})?", word) else 0.0
        return f"{number:.{int(precision or 6)}f}"
    if letter not in "diuxXo":
        raise CommandError(f"bash: printf: `{letter}': invalid format character\n", 1)
    found = re.match(r"\s*([-+]?)(0[xX][0-9a-fA-F]{1,15}|[0-9]{1,18})?", word)
    if word and (found is None or found.end() != len(word) or not found[2]):
        problems.append(f"bash: printf: {word}: invalid number\n")
    digits = found[2] if found is not None and found[2] else "0"
    number_ = int(digits, 16 if digits[:2].lower() == "0x" else 10) * (
        -1 if found is not None and found[1] == "-" else 1
    )
    if letter in "xXo":
        return format(number_ % 2**64, letter)
    return str(number_)


def _padded(text: str, flags: str, width: str, letter: str) -> str:
    size = int(width or 0)
    if "-" in flags:
        return text.ljust(size)
    if "0" in flags and letter in "diuxXof":
        sign = text[:1] if text.startswith("-") else ""
        return sign + text[len(sign) :].rjust(size - len(sign), "0")
    return text.rjust(size)
