"""What a verb gets: where it is typed, the API, its arguments and flags; and where it says what it has to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from posixpath import join, normpath
from typing import TYPE_CHECKING

from app.core.registry import Registry
from app.kube.api import ApiServer
from app.kube.scheme import Kind, resource
from app.kube.status import StatusError
from app.kube.tables import View
from app.shell.kubectl.errors import error, failure_lines, usage_error
from app.shell.kubectl.flags import Command, Flags
from app.shell.kubectl.kubeconfig import Kubeconfig
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import Terminal

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

__all__ = ["VERBS", "KubectlCall", "Verb"]

NAMESPACE = "default"
"""The namespace where neither -n nor the kubeconfig's context names one."""


@dataclass
class KubectlCall:
    """One call of kubectl. `dash` is how many of `args` stand before `--` (None: there is none)."""

    terminal: Terminal
    live: LiveCluster
    command: Command
    args: Sequence[str]
    flags: Flags
    dash: int | None = None
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    failures: list[tuple[StatusError | str, str]] = field(default_factory=list)

    @property
    def api(self) -> ApiServer:
        """The cluster's API server."""
        return self.live.api

    @property
    def version(self) -> tuple[int, int]:
        """The cluster's version: (1, 34)."""
        return self.live.spec.version_numbers

    @property
    def now(self) -> datetime:
        """The model's present."""
        return self.live.now

    @property
    def namespace(self) -> str:
        """The namespace that the call is about: that of -n, or the context's."""
        return self.flags.text("namespace") or Kubeconfig(self.terminal).namespace or NAMESPACE

    def view(self, *, is_wide: bool = False) -> View:
        """Return how table cells are looked at."""
        return View(self.now, self.version, is_wide)

    def find_kind(self, text: str) -> Kind | None:
        """Return the kind that `deploy`, `deployments.apps`, `Deployment` names; None if the cluster serves none."""
        return resource(text, self.version)

    def kind(self, text: str) -> Kind:
        """Return the kind that `deploy`, `deployments.apps`, `Deployment` names; CommandError if there is none."""
        found = self.find_kind(text)
        if found is None:
            raise error(f'the server doesn\'t have a resource type "{text.partition(".")[0]}"')
        return found

    def read_file(self, path: str) -> str | None:
        """Return a file of the terminal's machine, from the directory one is in; None where there is none."""
        return self.terminal.files.read(normpath(join(self.terminal.cwd, path)))

    def say(self, line: str) -> None:
        """Print a line."""
        self.out.append(f"{line}\n")

    def write(self, text: str) -> None:
        """Print text as it is."""
        if text:
            self.out.append(text)

    def note(self, line: str) -> None:
        """Print a line to stderr."""
        self.err.append(f"{line}\n")

    def warn(self, text: str) -> None:
        """Print `Warning: TEXT` to stderr."""
        self.note(f"Warning: {text}")

    @property
    def has_failed(self) -> bool:
        """Whether an error was noted."""
        return bool(self.failures)

    def fail(self, refusal: StatusError | str, doing: str = "") -> None:
        """Note an error and go on: all are printed at the end, and the exit code will be 1."""
        self.failures.append((refusal, doing))

    def usage_error(self, text: str) -> CommandError:
        """Return `error: TEXT` and where help is."""
        return usage_error(self.command.words, text)

    @property
    def stderr(self) -> str:
        """All that was said on stderr, the noted errors last."""
        return "".join(self.err) + failure_lines(self.failures)

    def done(self) -> CommandResult:
        """Return all that was said."""
        return CommandResult(int(self.has_failed), "".join(self.out), self.stderr)


Verb = Callable[[KubectlCall], CommandResult]

#: By the words of the real client: "get", "rollout status". The first line of the docstring is its line in the help.
VERBS = Registry[Verb]("kubectl command", package="app.shell.kubectl.verbs")
