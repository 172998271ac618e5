"""`echo`. Source: bash(1), the builtin: -n, -e, -E."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shell.escapes import unescape
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["echo"]


@COMMANDS.register("echo")
def echo(at: Terminal, args: Sequence[str]) -> CommandResult:  # noqa: ARG001
    """Print words: [-n] no newline, [-e] with \\n, \\t and the like."""
    words = list(args)
    ends, reads = "\n", False
    while words and re.fullmatch("-[neE]+", words[0]):
        for letter in words.pop(0)[1:]:
            ends = "" if letter == "n" else ends
            reads = letter == "e" if letter in "eE" else reads
    text = " ".join(words)
    if reads:
        text, stops = unescape(text)
        ends = "" if stops else ends
    return CommandResult(0, text + ends, "")
