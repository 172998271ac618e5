"""A terminal: where one types, its variables and directory, and the commands that it knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.core.errors import did_you_mean
from app.core.registry import Registry
from app.dataplane.netns import NetNs
from app.shell.filesystem import FileSystem
from app.shell.language.budget import LineBudget
from app.shell.language.control import FileProblem
from app.shell.result import CommandError, CommandResult
from app.workloads.files import Files
from app.workloads.machine import Container, Machine

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster
    from app.shell.session import Session
    from app.sim.simulator import Simulator

__all__ = ["COMMANDS", "Command", "Terminal", "existing"]

#: The present of a terminal over a bare namespace, at clock 0.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
#: Where the programs of a real machine lie.
BIN = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Terminal:
    """Where one types: a machine, one of its containers where it is a Pod, and the cluster around it.

    A terminal over a bare namespace (tests of the data plane) has no simulator: what needs the cluster says so.
    `files` are those of the container, or of the host. `stdin` is what a pipe or redirection feeds to the command;
    it is piped only then. `session` is there where lines come one after the other.
    """

    netns: NetNs
    sim: Simulator | None = None
    machine: Machine | None = None
    container: Container | None = None
    stdin: str = ""
    cwd: str = "/root"
    files: Files = field(default_factory=Files)
    is_piped: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    positional: list[str] = field(default_factory=list)
    #: `$0`.
    script: str = "bash"
    last_code: int = 0
    history: list[str] = field(default_factory=list)
    session: Session | None = None
    #: What the line that runs just now may cost.
    budget: LineBudget | None = None
    #: `exit` was typed, or the end of the input came.
    is_over: bool = False
    #: What is still to be done when a nested terminal ends (`kubectl run --rm`).
    on_exit: Callable[[], CommandResult] | None = None

    def __post_init__(self) -> None:
        if not self.variables:
            self.variables = self._first_variables()
            self.exported = set(self.variables)

    def _first_variables(self) -> dict[str, str]:
        own = dict(self.container.env) if self.container is not None else {}
        return {
            "HOSTNAME": self.hostname, "HOME": "/root", "PATH": PATH, "PWD": self.cwd, "SHELL": "/bin/bash",
            "TERM": "xterm", "USER": "root", **own,
        }  # fmt: skip

    @property
    def live(self) -> LiveCluster | None:
        """The cluster; None over a bare namespace."""
        return self.sim.live if self.sim is not None else None

    @property
    def hostname(self) -> str:
        """What `hostname` prints: the name of the host or Pod."""
        return self.machine.hostname if self.machine is not None else self.netns.name.rpartition("/")[2]

    @property
    def now(self) -> datetime:
        """The model's present."""
        start = self.sim.live.spec.clock if self.sim is not None else EPOCH
        return start + timedelta(microseconds=self.netns.clock.now_us)

    @property
    def fs(self) -> FileSystem:
        """The files as this terminal sees them."""
        layers = [self.files]
        if self.machine is not None and self.machine.files is not self.files:
            layers.append(self.machine.files)
        return FileSystem(self.netns, layers, self.cwd)

    @property
    def prompt(self) -> str:
        """What is printed before a line is typed."""
        home = self.variables.get("HOME", "/root")
        where = self.cwd if self.cwd != home and not self.cwd.startswith(f"{home}/") else f"~{self.cwd[len(home) :]}"
        return f"root@{self.hostname}:{where}# " if self.container is not None else f"[root@{self.hostname} {where}]# "

    def input(self) -> str:
        """Take what a pipe or redirection feeds; a terminal that nobody types at gives nothing."""
        text, self.stdin = self.stdin, ""
        return text

    def nested(
        self,
        machine: Machine,
        container: Container | None = None,
        on_exit: Callable[[], CommandResult] | None = None,
    ) -> Terminal:
        """Return a terminal inside another machine or container, with this one's input.

        `inner.call(["sh"])` opens a shell there that takes the session's next lines, if there is a session and the
        input is no pipe; then `inner.is_open` is true, and `on_exit` is called when it ends. In every other case the
        command has run to its end, and `on_exit` is the caller's to call (`inner.finish()`).
        """
        files = container.files if container is not None else machine.files
        cwd = "/" if container is not None else "/root"
        return Terminal(
            machine.netns, self.sim, machine, container, self.stdin, cwd, files, self.is_piped,
            session=self.session, budget=self.budget, on_exit=on_exit,
        )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Whether the session's next lines are for this terminal, now or later."""
        return self.session is not None and any(each is self for each in self.session.terminals)

    def finish(self) -> CommandResult:
        """End a nested terminal that was not left open: do what `on_exit` is for."""
        last, self.on_exit = self.on_exit, None
        return last() if last is not None else CommandResult(0, "", "")

    def call(self, words: Sequence[str]) -> CommandResult:
        """Run one command. What a learner mistypes is a result."""
        name = words[0]
        folder = next((each for each in BIN if name.startswith(each) and "/" not in name[len(each) :]), "")
        name = name[len(folder) :]
        try:
            if name not in COMMANDS:
                return self._unknown(name)
            return COMMANDS.get(name)(self, words[1:])
        except CommandError as stop:
            return CommandResult(stop.exit_code, stop.stdout, stop.stderr)
        except FileProblem as problem:
            return CommandResult(1, "", f"{name}: {problem}\n")

    def _unknown(self, name: str) -> CommandResult:
        if "/" in name:
            if self.fs.is_file(name):
                return CommandResult(126, "", f"bash: {name}: Permission denied\nrun a script with: bash {name}\n")
            what = "Is a directory" if self.fs.is_directory(name) else "No such file or directory"
            return CommandResult(126 if what.startswith("Is") else 127, "", f"bash: {name}: {what}\n")
        text = f"{name}: command not found{did_you_mean(name, COMMANDS.names())}\n{existing()}"
        return CommandResult(127, "", text)


#: A command: where it is typed and the words after its name. The first line of its docstring is its line in `help`.
Command = Callable[[Terminal, Sequence[str]], CommandResult]

COMMANDS = Registry[Command]("command", package="app.shell.commands")


def existing() -> str:
    """Return the line that names every command."""
    return f"commands here: {', '.join(COMMANDS.names())}\n"
