"""Runs a syntax tree. Commands, files and time are the host's; the interpreter knows only the language.

Source: POSIX.1-2017, XCU 2.9 (Shell Commands). The commands of a pipeline run one after the other, each with what the
one before printed: nothing here waits for anything but virtual time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from app.shell.language.budget import LineBudget
from app.shell.language.control import FileProblem, LoopControl, ShellExit
from app.shell.language.expansion import Expander, ExpansionProblem
from app.shell.language.streams import FileHost, Outlets, Sink
from app.shell.language.syntax import (
    AndOr,
    Command,
    ForLoop,
    Group,
    Pipeline,
    Redirect,
    Script,
    Simple,
    Test,
    WhileLoop,
)  # fmt: skip

__all__ = ["Host", "Interpreter", "Outcome"]

#: Exit code, standard output, standard error.
Outcome = tuple[int, str, str]


class Host(FileHost, Protocol):
    """The shell's surroundings: its variables, its directory, its commands and its clock."""

    last_code: int

    @property
    def cwd(self) -> str:
        """The working directory."""

    @property
    def positional(self) -> Sequence[str]:
        """`$1` and so on."""

    def variable(self, name: str) -> str | None:
        """Return a variable's value; None where it is not set."""

    def assign(self, name: str, value: str, *, exported: bool = False) -> None:
        """Set a variable. Raises ExpansionProblem where it may not be."""

    def saved_variables(self) -> Any:
        """Return the variables, to be brought back after a command that has some of its own."""

    def restore_variables(self, saved: Any) -> None:
        """Bring back what `saved_variables` returned."""

    def saved(self) -> Any:
        """Return variables, directory and the like, to be brought back after a subshell."""

    def restore(self, saved: Any) -> None:
        """Bring back what `saved` returned."""

    def listed(self, directory: str) -> Sequence[str]:
        """Return the names in a directory."""

    def call(self, words: Sequence[str]) -> Outcome:
        """Run one command; `words` has its name and at least that. It reads `stdin`."""

    def now_us(self) -> int:
        """Return the virtual time."""


class Interpreter:
    """Runs scripts on a host. Raises ShellExit, LimitReachedError."""

    def __init__(self, host: Host, budget: LineBudget) -> None:
        self.host = host
        self.budget = budget
        self.expander = Expander(self)
        self.loops = 0
        #: Where what command substitutions say on stderr goes.
        self._sink = Sink()
        #: The exit code of the last command substitution: that of a line of assignments only.
        self._substituted = 0

    # --- what expansion asks for --------------------------------------------------------------------------------------

    @property
    def cwd(self) -> str:
        """The working directory."""
        return self.host.cwd

    @property
    def positional(self) -> Sequence[str]:
        """`$1` and so on."""
        return self.host.positional

    def variable(self, name: str) -> str | None:
        """Return a variable's or a special parameter's value."""
        positional = self.host.positional
        special = {"?": str(self.host.last_code), "#": str(len(positional)), "$": "1", "!": "", "-": "hB"}
        if name in special:
            return special[name]
        if name in ("@", "*"):
            return " ".join(positional)
        if name.isdigit() and name != "0":
            return positional[int(name) - 1] if int(name[:6]) <= len(positional) else None
        return self.host.variable(name)

    def assign(self, name: str, value: str) -> None:
        """Set a variable."""
        self.host.assign(name, value)

    def listed(self, directory: str) -> Sequence[str]:
        """Return the names in a directory."""
        return self.host.listed(directory)

    def substitute(self, script: Script) -> str:
        """Run a script in a subshell and return what it prints; what it says on stderr goes to the line's."""
        outer, inner = self._sink, Sink()
        self._substituted = self.host.last_code = self._subshell(script, inner)
        self._sink = outer
        outer.add("", inner.stderr)
        return inner.stdout

    # --- scripts ------------------------------------------------------------------------------------------------------

    def run(self, script: Script, sink: Sink) -> int:
        """Run a script; return the exit code of its last command."""
        code = 0
        with self.budget.deeper():
            for item in script.items:
                code = self.host.last_code = self._and_or(item, sink)
        return code

    def _subshell(self, script: Script, sink: Sink) -> int:
        """Run a script; nothing of variables and directory is left of it."""
        saved = self.host.saved()
        try:
            return self.run(script, sink)
        except ShellExit as stop:
            return stop.code
        finally:
            self.host.restore(saved)

    def _and_or(self, item: AndOr, sink: Sink) -> int:
        code = self._pipeline(item.first, sink)
        for operator, pipeline in item.rest:
            if (code == 0) == (operator == "&&"):
                self.host.last_code = code
                code = self._pipeline(pipeline, sink)
        return code

    def _pipeline(self, pipeline: Pipeline, sink: Sink) -> int:
        self.budget.check_pipeline(len(pipeline.commands))
        start_us = self.host.now_us()
        *before, last = pipeline.commands
        code = self._piped(before, last, sink) if before else self._command(last, sink)
        if pipeline.is_timed:
            sink.add("", _times(self.host.now_us() - start_us))
        self.budget.check_time(self.host.now_us())
        self.budget.check_walks()
        return int(code == 0) if pipeline.is_negated else code

    def _piped(self, before: Sequence[Command], last: Command, sink: Sink) -> int:
        """Run commands one after the other, each in a subshell of its own, with what the one before printed."""
        outer = self.host.stdin
        try:
            for command in before:
                inner = Sink()
                try:
                    self._alone(command, inner)
                finally:
                    sink.add("", inner.stderr)
                self.host.stdin = inner.stdout
            return self._alone(last, sink)
        finally:
            self.host.stdin = outer

    def _alone(self, command: Command, sink: Sink) -> int:
        return self._subshell(Script((AndOr(Pipeline((command,))),)), sink)

    # --- commands -----------------------------------------------------------------------------------------------------

    def _command(self, command: Command, sink: Sink) -> int:
        self._sink = sink
        try:
            if isinstance(command, Simple):
                return self._simple(command, sink)
            with self._redirected(command.redirects, sink) as inner:
                return self._compound(command, inner)
        except (ExpansionProblem, FileProblem) as problem:
            text = f"bash: {problem}" if isinstance(problem, FileProblem) else str(problem)
            sink.add("", f"{text}\n")
            return 1

    @contextmanager
    def _redirected(self, redirects: Sequence[Redirect], sink: Sink) -> Iterator[Sink]:
        """Give a sink whose text goes where the redirections say; the input is brought back afterwards."""
        if not redirects:
            yield sink
            return
        outer = self.host.stdin
        outlets, inner = Outlets(self.host, self.expander), Sink()
        try:
            outlets.open(redirects)
            yield inner
        finally:
            if any(each.operator.startswith("<") for each in redirects):
                self.host.stdin = outer
            outlets.write(inner.stdout, inner.stderr, sink)

    def _simple(self, command: Simple, sink: Sink) -> int:
        self._substituted = 0
        words = self.expander.fields(command.words)
        values = [(each.name, self.expander.text(each.word)) for each in command.assignments]
        if not words:
            for name, value in values:
                self.host.assign(name, value)
            with self._redirected(command.redirects, sink):
                return self._substituted
        with self._redirected(command.redirects, sink) as inner:
            saved = self.host.saved_variables()
            for name, value in values:
                self.host.assign(name, value, exported=True)
            self.budget.count_command()
            try:
                code, out, err = self.host.call(words)
                inner.add(out, err)
                return code
            finally:
                if values:
                    self.host.restore_variables(saved)

    def _compound(self, command: Group | ForLoop | WhileLoop | Test, sink: Sink) -> int:
        if isinstance(command, Group):
            return self._subshell(command.body, sink) if command.is_subshell else self.run(command.body, sink)
        if isinstance(command, Test):
            if self.run(command.condition, sink) == 0:
                return self.run(command.body, sink)
            return 0 if command.otherwise is None else self.run(command.otherwise, sink)
        self.loops += 1
        try:
            return self._for(command, sink) if isinstance(command, ForLoop) else self._while(command, sink)
        finally:
            self.loops -= 1

    def _for(self, command: ForLoop, sink: Sink) -> int:
        code = 0
        for value in self.expander.fields(command.words):
            self.host.assign(command.name, value)
            code, goes_on = self._round(command.body, sink)
            if not goes_on:
                break
        return code

    def _while(self, command: WhileLoop, sink: Sink) -> int:
        code, goes_on = 0, True
        while goes_on:
            try:
                is_true = self.run(command.condition, sink) == 0
            except LoopControl as control:
                goes_on = self._controlled(control)
                continue
            if is_true == command.is_until:
                break
            code, goes_on = self._round(command.body, sink)
        return code

    def _round(self, body: Script, sink: Sink) -> tuple[int, bool]:
        """Run the body of a loop once; return its code, and whether the loop goes on."""
        self.budget.count_round()
        try:
            return self.run(body, sink), True
        except LoopControl as control:
            return 0, self._controlled(control)

    def _controlled(self, control: LoopControl) -> bool:
        """Return whether this loop goes on after `break` or `continue`; those of an outer loop are raised again."""
        if control.levels > 1 and self.loops > 1:
            raise LoopControl(control.word, control.levels - 1)
        return control.word == "continue"


def _times(elapsed_us: int) -> str:
    """Return what bash's `time` says: virtual time passes, processors are not modelled."""
    seconds = elapsed_us / 1_000_000
    real = f"{int(seconds // 60)}m{seconds % 60:.3f}s"
    return f"\nreal\t{real}\nuser\t0m0.000s\nsys\t0m0.000s\n"
