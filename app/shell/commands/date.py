"""`date`: the model's present. Source: date(1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from app.shell.result import CommandResult, not_modelled, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["date"]

FIELD = re.compile("%([aAbBcdDeFHIjklmMnNprsStTuUwWxXyYzZ%])")
FORMATS = {
    "": "%a %b %e %H:%M:%S UTC %Y", "-R": "%a, %d %b %Y %H:%M:%S +0000", "--rfc-email": "%a, %d %b %Y %H:%M:%S +0000",
    "-I": "%Y-%m-%d", "--iso-8601": "%Y-%m-%d", "-Is": "%Y-%m-%dT%H:%M:%S+00:00",
    "-Iseconds": "%Y-%m-%dT%H:%M:%S+00:00", "--iso-8601=seconds": "%Y-%m-%dT%H:%M:%S+00:00",
}  # fmt: skip


@COMMANDS.register("date")
def date(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the virtual time: [-u] [-I[seconds]] [-R] [+FORMAT]."""
    form = FORMATS[""]
    for word in args:
        if word.startswith("+"):
            form = word[1:]
        elif word in FORMATS:
            form = FORMATS[word]
        elif word not in ("-u", "--utc"):
            raise not_modelled(f"date {word}", "modelled: -u -I -R +FORMAT")
    return said([FIELD.sub(lambda found: _field(at.now, found[1]), form)])


def _field(now: datetime, letter: str) -> str:
    own = {"s": str(int(now.timestamp())), "N": f"{now.microsecond:06}000", "%": "%", "n": "\n", "t": "\t",
           "z": "+0000", "Z": "UTC", "F": now.strftime("%Y-%m-%d"), "T": now.strftime("%H:%M:%S")}  # fmt: skip
    return own[letter] if letter in own else now.strftime(f"%{letter}")
