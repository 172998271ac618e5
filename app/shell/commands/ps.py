"""`ps`. Source: ps(1), procps-ng 4.0.2; processors and memory are not modelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from app.shell.processes import Process, processes_of
from app.shell.result import CommandError, CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["ps"]

FULL = frozenset({"-ef", "-eF", "-fe", "ef"})
BSD = frozenset({"aux", "auxww", "-aux", "axu", "auxf", "ax"})
SHORT = frozenset({"", "-e", "-A", "a", "-a", "x"})


@COMMANDS.register("ps")
def ps(at: Terminal, args: Sequence[str]) -> CommandResult:
    """List processes: ps aux, ps -ef."""
    form = args[0] if args else ""
    found = processes_of(at)
    if form in BSD:
        head = "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND"
        rows = [
            f"root     {each.pid:>7}  0.0  0.1  10000  5000 ?        Ss   {_start(at, each)}   0:00 {each.command}"
            for each in found
        ]
    elif form in FULL:
        head = "UID          PID    PPID  C STIME TTY          TIME CMD"
        rows = [
            f"root     {each.pid:>7} {int(each.pid > 1):>7}  0 {_start(at, each)} ?        00:00:00 {each.command}"
            for each in found
        ]
    elif form in SHORT:
        head = "    PID TTY          TIME CMD"
        rows = [f"{each.pid:>7} ?        00:00:00 {_name(each)}" for each in found]
    else:
        raise CommandError(f"error: unsupported option: {form}\n\nUsage:\n ps aux\n ps -ef\n", 1)
    return said([head, *rows])


def _start(at: Terminal, process: Process) -> str:
    started = at.now - timedelta(microseconds=at.netns.clock.now_us - process.started_us)
    return started.strftime("%H:%M")


def _name(process: Process) -> str:
    """Return the program's own name, as the kernel keeps it: without its directory, 15 characters."""
    first = process.command.split(maxsplit=1)[0]
    return first.rpartition("/")[2].rstrip(":")[:15]
