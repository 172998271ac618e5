"""`uname`: a Linux like the one that the model is held against. Source: uname(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["uname"]


@COMMANDS.register("uname")
def uname(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print what system this is: [-a] everything, [-n] name, [-r] release, [-m] machine, [-s]."""
    facts = {
        "s": "Linux", "n": at.hostname, "r": "6.18.0", "v": "#1 SMP PREEMPT_DYNAMIC", "m": "x86_64", "o": "GNU/Linux",
    }  # fmt: skip
    given = options("uname", args, "asnrvmop", "", {"all": "a", "nodename": "n", "kernel-release": "r", "machine": "m"})
    letters = "snrvmo" if given.has("a") else "".join(each for each in "snrvmo" if given.has(each)) or "s"
    return said([" ".join(facts[letter] for letter in letters)])
