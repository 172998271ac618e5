"""A terminal: where one types, and what a line does there: split it into words, find the command, run it, make its
output safe to show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.core.errors import did_you_mean
from app.core.limits import limit
from app.core.registry import Registry
from app.dataplane.netns import NetNs
from app.shell.result import CommandError, CommandResult
from app.workloads.files import Files
from app.workloads.machine import Container, Machine

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster
    from app.sim.simulator import Simulator

__all__ = ["COMMANDS", "Command", "Terminal", "execute"]


@dataclass
class Terminal:
    """Where one types: a machine, one of its containers where it is a Pod, and the cluster around it.

    A terminal over a bare namespace (tests of the data plane) has no simulator: what needs the cluster says so.
    `files` are those of the container, or of the host.
    """

    netns: NetNs
    sim: Simulator | None = None
    machine: Machine | None = None
    container: Container | None = None
    stdin: str = ""
    cwd: str = "/root"
    files: Files = field(default_factory=Files)

    @property
    def live(self) -> LiveCluster | None:
        """The cluster; None over a bare namespace."""
        return self.sim.live if self.sim is not None else None


#: A command: where it is typed and the words after its name. The first line of its docstring is its line in `help`.
Command = Callable[[Terminal, Sequence[str]], CommandResult]

COMMANDS = Registry[Command]("command", package="app.shell.commands")

#: What a real shell would act on. This one runs a single command and says so instead of guessing.
OPERATORS = re.compile(r"[|;&<>]+|[^;]*;|`.*|.*\$\(.*")
#: Everything but printable text and the newline: C0, DEL, C1, lone surrogates, bidirectional controls, separators.
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def execute(at: Terminal | NetNs, line: str) -> CommandResult:
    """Run `line` there. Nothing that can be typed raises: mistakes are results."""
    terminal = at if isinstance(at, Terminal) else Terminal(at)
    try:
        result = _run(terminal, _split(line))
    except CommandError as stop:
        result = CommandResult(stop.exit_code, stop.stdout, stop.stderr)
    return CommandResult(result.exit_code, _safe(result.stdout), _safe(result.stderr))


def _split(line: str) -> list[str]:
    most = limit("terminal.line_characters")
    if len(line) > most:
        raise CommandError(f"podwalk: the line has {len(line)} characters; at most {most} are read\n", 2)
    try:
        return shlex.split(line, comments=True)
    except ValueError as error:
        raise CommandError(f"podwalk: syntax error: {str(error).lower()}\n", 2) from None


def _run(at: Terminal, words: Sequence[str]) -> CommandResult:
    if not words:
        return CommandResult(0, "", "")
    operator = next((w for w in words if OPERATORS.fullmatch(w)), None)
    if operator is not None:
        raise CommandError(f"podwalk: '{operator}': one command a line; pipes and redirections are not modelled\n", 2)
    name = words[0].rpartition("/")[2] if words[0].startswith(("/sbin/", "/usr/", "/bin/")) else words[0]
    if name not in COMMANDS:
        raise CommandError(f"{name}: command not found{did_you_mean(name, COMMANDS.names())}\n{_existing()}", 127)
    return COMMANDS.get(name)(at, words[1:])


def _existing() -> str:
    return f"commands here: {', '.join(COMMANDS.names())}\n"


def _safe(text: str) -> str:
    """Show control characters as escapes: what is printed is text and never an instruction to the terminal."""
    return UNSAFE.sub(lambda found: f"\\x{ord(found[0]):02x}", text.replace("\t", "        "))
