"""`base64`. Source: base64(1) of GNU coreutils."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options, read_inputs

__all__ = ["base64_"]

LONG = {"decode": "d", "ignore-garbage": "i", "wrap": "w"}
WRAP = 76
INVALID = "base64: invalid input\n"


@COMMANDS.register("base64")
def base64_(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Encode a text, or decode it: [-d] [-i] [-w COLUMNS] [FILE]."""
    given = options("base64", args, "di", "w", LONG)
    if len(given.words) > 1:
        raise CommandError(f"base64: extra operand '{given.words[1]}'\n", 1)
    inputs = read_inputs(at, "base64", given.words)
    text = "".join(text for _, text in inputs.texts)
    if given.has("d"):
        return _decoded(text, is_lenient=given.has("i"))
    wrap = given.options.get("w", str(WRAP))
    if not wrap.isascii() or not wrap.isdecimal():
        raise CommandError(f"base64: invalid wrap size: '{wrap}'\n", 1)
    whole, columns = base64.b64encode(text.encode("utf-8", "replace")).decode(), int(wrap[:9])
    lines = [whole[start : start + columns] for start in range(0, len(whole), columns)] if columns else [whole]
    return CommandResult(inputs.exit_code, "\n".join(lines) + ("\n" if columns and whole else ""), inputs.stderr)


def _decoded(text: str, *, is_lenient: bool) -> CommandResult:
    """Decode as far as it goes. A file is text here: what is no UTF-8 shows as U+FFFD."""
    letters = "".join(text.split())
    if is_lenient:
        letters = "".join(c for c in letters if c.isascii() and (c.isalnum() or c in "+/="))
    data = b""
    for at in range(0, len(letters), 4):
        group = letters[at : at + 4]
        try:
            data += base64.b64decode(group, validate=True)
        except (binascii.Error, ValueError):
            return CommandResult(1, data.decode("utf-8", "replace"), INVALID)
    return CommandResult(0, data.decode("utf-8", "replace"), "")
