"""`sleep`, in virtual time. Source: sleep(1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.core.limits import limit
from app.shell.probing import run_until
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["sleep"]

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
HINT = "Try 'sleep --help' for more information.\n"


@COMMANDS.register("sleep")
def sleep(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Let virtual time pass: sleep SECONDS; also 2m, 1h."""
    if not args:
        raise CommandError(f"sleep: missing operand\n{HINT}", 1)
    total, most = 0.0, limit("terminal.virtual_seconds")
    for word in args:
        found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{0,6})?)([smhd]?)", word)
        if found is None and word not in ("inf", "infinity"):
            raise CommandError(f"sleep: invalid time interval '{word}'\n{HINT}", 1)
        total += most + 1 if found is None else float(found[1]) * UNITS[found[2]]
    if total > most:
        raise CommandError(f"podwalk: sleep: at most {most} virtual seconds a line\n", 2)
    clock = at.netns.clock
    run_until(at.netns.network, clock.now_us + int(total * 1_000_000), lambda: False)
    return CommandResult(0, "", "")
