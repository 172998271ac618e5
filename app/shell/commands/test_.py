"""`test` and `[`. Source: test(1), POSIX.1-2017."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence

from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["test"]

TEXTS: dict[str, Callable[[str, str], bool]] = {"=": operator.eq, "==": operator.eq, "!=": operator.ne}
NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": operator.eq, "-ne": operator.ne, "-lt": operator.lt, "-le": operator.le, "-gt": operator.gt,
    "-ge": operator.ge,
}  # fmt: skip
UNARY = frozenset({"-z", "-n", "-d", "-f", "-e", "-s", "-r", "-w", "-x"})


@COMMANDS.register("test")
def test(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Compare: [ A = B ], [ N -lt M ], [ -f FILE ], [ -z TEXT ], with ! -a -o."""
    return CommandResult(int(not Reader(at, list(args)).whole()), "", "")


@COMMANDS.register("[")
def bracket(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Compare, as `test` does; the last word is ]."""
    if not args or args[-1] != "]":
        raise CommandError("bash: [: missing `]'\n", 2)
    return test(at, args[:-1])


class Reader:
    """Evaluates one condition."""

    def __init__(self, at: Terminal, words: list[str]) -> None:
        self.terminal = at
        self.words = words

    def whole(self) -> bool:
        """Return the value of all words."""
        if not self.words:
            return False
        value = self._either()
        if self.words:
            raise CommandError("bash: [: too many arguments\n", 2)
        return value

    def _either(self) -> bool:
        value = self._both()
        while self.words[:1] == ["-o"]:
            self.words.pop(0)
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self.words[:1] == ["-a"]:
            self.words.pop(0)
            value = self._one() and value
        return value

    def _one(self) -> bool:
        is_negated = False
        while self.words[:1] == ["!"] and len(self.words) > 1:
            self.words.pop(0)
            is_negated = not is_negated
        return self._primary() != is_negated

    def _primary(self) -> bool:
        words = self.words
        if not words:
            raise CommandError("bash: [: argument expected\n", 2)
        if len(words) >= 3 and (words[1] in TEXTS or words[1] in NUMBERS):
            left, sign, right = words[:3]
            del words[:3]
            return TEXTS[sign](left, right) if sign in TEXTS else self._numbers(left, sign, right)
        word = words.pop(0)
        if word in UNARY and words and words[0] not in ("-a", "-o"):
            return self._unary(word, words.pop(0))
        return word != ""

    def _numbers(self, left: str, sign: str, right: str) -> bool:
        for each in (left, right):
            if not re.fullmatch(r"\s*[-+]?[0-9]{1,18}\s*", each):
                raise CommandError(f"bash: [: {each}: integer expression expected\n", 2)
        return NUMBERS[sign](int(left), int(right))

    def _unary(self, sign: str, word: str) -> bool:
        files = self.terminal.fs
        if sign == "-z":
            return not word
        if sign == "-n":
            return bool(word)
        if sign == "-d":
            return files.is_directory(word)
        if sign in ("-f", "-s", "-r", "-w"):
            return files.is_file(word) and (sign != "-s" or bool(files.read(word)))
        return files.exists(word)
