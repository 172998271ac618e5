"""Runs lines and scripts at a terminal, and makes what they print safe to show."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from contextlib import nullcontext

from app.core.limits import limit
from app.dataplane.netns import NetNs
from app.shell.language.budget import LineBudget
from app.shell.language.control import LimitReachedError, LoopControl, ShellExit
from app.shell.language.expansion import ExpansionProblem
from app.shell.language.interpreter import Interpreter, Outcome
from app.shell.language.parser import parse
from app.shell.language.streams import Sink
from app.shell.language.syntax import ShellSyntaxError
from app.shell.result import CommandResult
from app.shell.terminal import Terminal

__all__ = ["UNSAFE", "execute", "run_script"]

#: Everything but printable text and the newline: C0, DEL, C1, lone surrogates, bidirectional controls, separators.
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
READ_ONLY = frozenset({"PPID", "UID", "EUID"})
SECOND_US = 1_000_000


def execute(at: Terminal | NetNs, line: str) -> CommandResult:
    """Run a line, or several as a script. Nothing that can be typed raises: mistakes are results.

    When it is over, the control plane gets some virtual time: what `create` began is done when the next line is typed.
    """
    terminal = at if isinstance(at, Terminal) else Terminal(at)
    sim = terminal.sim
    sink = Sink()
    with sim.recorded() if sim is not None else nullcontext() as recording:
        walked = (lambda: recording.count) if recording is not None else (lambda: 0)
        terminal.budget = LineBudget(terminal.netns.clock.now_us, walked)
        code = _whole(terminal, line, sink)
    terminal.budget = None
    trace = sim.trace_of(recording, terminal.netns) if sim is not None and recording is not None else None
    if sim is not None:
        sim.settle(limit("terminal.settle_seconds") * SECOND_US)
    return CommandResult(code, safe(sink.stdout), safe(sink.stderr), trace)


def _whole(terminal: Terminal, line: str, sink: Sink) -> int:
    problem = _too_long(line)
    try:
        if problem:
            sink.add("", f"podwalk: {problem}\n")
            return 2
        return run_script(terminal, line, sink)
    except ShellExit as stop:
        terminal.is_over = True
        return stop.code
    except LoopControl as control:
        sink.add("", f"bash: {control.word}: only meaningful in a `for', `while', or `until' loop\n")
        return 0
    except LimitReachedError as reached:
        sink.err.append(f"podwalk: {reached}; it was stopped here\n")
        return 2


def _too_long(text: str) -> str:
    """Return what is wrong with the length of a line or script, nothing where it is fine."""
    most, whole = limit("terminal.line_characters"), limit("terminal.script_characters")
    longest = max(map(len, text.split("\n")))
    if longest > most:
        return f"the line has {longest} characters; at most {most} are read"
    return f"the script has {len(text)} characters; at most {whole} are read" if len(text) > whole else ""


def run_script(terminal: Terminal, text: str, sink: Sink) -> int:
    """Run a script in a terminal whose line is under way; return its exit code.

    Raises ShellExit where it says `exit`, LoopControl, LimitReachedError.
    """
    budget = terminal.budget
    if budget is None:
        budget = terminal.budget = LineBudget(terminal.netns.clock.now_us)
    try:
        script = parse(text)
    except ShellSyntaxError as error:
        said = str(error)
        sink.add("", f"{said}\n" if said.startswith("podwalk:") else f"bash: {said}\n")
        terminal.last_code = 2
        return 2
    return Interpreter(TerminalHost(terminal), budget).run(script, sink)


def safe(text: str) -> str:
    """Show control characters as escapes: what is printed is text and never an instruction to the terminal."""
    return UNSAFE.sub(lambda found: f"\\x{ord(found[0]):02x}", text.expandtabs())


class TerminalHost:
    """What the language asks of a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    @property
    def stdin(self) -> str | None:
        """What is fed to the next command; None where it is the terminal itself."""
        return self.terminal.stdin if self.terminal.is_piped else None

    @stdin.setter
    def stdin(self, text: str | None) -> None:
        self.terminal.stdin, self.terminal.is_piped = text or "", text is not None

    @property
    def cwd(self) -> str:
        """The working directory."""
        return self.terminal.cwd

    @property
    def positional(self) -> Sequence[str]:
        """`$1` and so on."""
        return self.terminal.positional

    @property
    def last_code(self) -> int:
        """`$?`."""
        return self.terminal.last_code

    @last_code.setter
    def last_code(self, code: int) -> None:
        self.terminal.last_code = code

    def variable(self, name: str) -> str | None:
        """Return a variable's value."""
        if name == "0":
            return self.terminal.script
        if name == "SECONDS":
            return str(self.terminal.netns.clock.now_us // SECOND_US)
        if name in READ_ONLY:
            return "0"
        return self.terminal.variables.get(name)

    def assign(self, name: str, value: str, *, exported: bool = False) -> None:
        """Set a variable."""
        if name in READ_ONLY:
            raise ExpansionProblem(f"bash: {name}: readonly variable")
        if len(self.terminal.variables) >= limit("terminal.words"):
            raise ExpansionProblem("bash: cannot allocate memory")
        self.terminal.variables[name] = value[: limit("terminal.file_characters")]
        if exported:
            self.terminal.exported.add(name)

    def saved_variables(self) -> tuple[dict[str, str], set[str]]:
        """Return the variables."""
        return dict(self.terminal.variables), set(self.terminal.exported)

    def restore_variables(self, saved: tuple[dict[str, str], set[str]]) -> None:
        """Bring the variables back."""
        self.terminal.variables, self.terminal.exported = saved

    def saved(self) -> tuple[object, ...]:
        """Return what a subshell has of its own."""
        at = self.terminal
        return self.saved_variables(), at.cwd, copy.copy(at.positional)

    def restore(self, saved: tuple[tuple[dict[str, str], set[str]], str, list[str]]) -> None:
        """Bring back what a subshell changed."""
        variables, self.terminal.cwd, self.terminal.positional = saved
        self.restore_variables(variables)

    def listed(self, directory: str) -> Sequence[str]:
        """Return the names in a directory."""
        return self.terminal.fs.list(directory)

    def read_file(self, path: str) -> str:
        """Return a file's text."""
        return self.terminal.fs.read(path)

    def write_file(self, path: str, text: str, *, append: bool) -> None:
        """Write a file."""
        self.terminal.fs.write(path, text, append=append)

    def call(self, words: Sequence[str]) -> Outcome:
        """Run one command."""
        result = self.terminal.call(words)
        return result.exit_code, result.stdout, result.stderr

    def now_us(self) -> int:
        """Return the virtual time."""
        return self.terminal.netns.clock.now_us
