"""`seq`. Source: seq(1), whole numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.core.limits import limit
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["seq"]


@COMMANDS.register("seq")
def seq(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Print numbers: seq [FIRST [STEP]] LAST; [-s SEPARATOR] [-w] all as wide as the widest."""
    words = [f"\0{arg}" if re.fullmatch("-[0-9]+", arg) else arg for arg in args]
    given = options("seq", words, "w", "sf", {"separator": "s", "equal-width": "w", "format": "f"})
    numbers = [each.removeprefix("\0") for each in given.words]
    if not 1 <= len(numbers) <= 3:
        what = "missing operand" if not numbers else f"extra operand '{numbers[3]}'"
        raise CommandError(f"seq: {what}\nTry 'seq --help' for more information.\n", 1)
    for each in numbers:
        if re.fullmatch(r"-?[0-9]*\.[0-9]+", each):
            raise not_modelled("seq with fractions")
        if not re.fullmatch("[-+]?[0-9]{1,15}", each):
            raise CommandError(
                f"seq: invalid floating point argument: '{each}'\nTry 'seq --help' for more information.\n", 1
            )
    first, step, last = {1: (1, 1, -1), 2: (0, 1, -1), 3: (0, 1, -1)}[len(numbers)]
    start = int(numbers[0]) if len(numbers) > 1 else first
    stride = int(numbers[1]) if len(numbers) > 2 else step
    end = int(numbers[last])
    if stride == 0:
        raise CommandError(f"seq: invalid Zero increment value: '{numbers[1]}'\n", 1)
    count = (end - start) // stride + 1
    if count > limit("terminal.output_characters") // 2:
        raise CommandError(f"podwalk: seq would print {count} numbers\n", 2)
    made = [str(start + n * stride) for n in range(max(count, 0))]
    width = max(map(len, made), default=0) if given.has("w") else 0
    separator = given.options.get("s", "\n")
    return CommandResult(0, separator.join(each.zfill(width) for each in made) + ("\n" if made else ""), "")
