"""Lines that come one after the other: a person at a prompt, or a file of lines. State is kept between them.

A shell that a line opens somewhere else (`kubectl exec -it POD -- sh`, `ssh`-like) takes the lines that follow, until
`exit` or the end of the input.
"""

from __future__ import annotations

from app.core.limits import limit
from app.shell.language.parser import parse
from app.shell.language.syntax import IncompleteError, ShellSyntaxError
from app.shell.lines import execute
from app.shell.result import CommandResult
from app.shell.terminal import Terminal

__all__ = ["Session"]

MORE = "> "


class Session:
    """A stack of terminals; the last one gets the next line."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminals = [terminal]
        self._begun = ""
        terminal.session = self

    @property
    def terminal(self) -> Terminal:
        """Where the next line goes."""
        return self.terminals[-1]

    @property
    def is_over(self) -> bool:
        """Whether the first terminal has been left."""
        return self.terminals[0].is_over

    @property
    def prompt(self) -> str:
        """What is printed before the next line."""
        return MORE if self._begun else self.terminal.prompt

    def push(self, terminal: Terminal) -> None:
        """Send the next lines to a terminal that was opened inside the present one."""
        terminal.session = self
        self.terminals.append(terminal)

    def feed(self, line: str) -> CommandResult:
        """Take one line and run what is complete with it."""
        text = f"{self._begun}{line}"
        if _is_incomplete(text):
            self._begun = f"{text}\n"
            return CommandResult(0, "", "")
        self._begun = ""
        terminal = self.terminal
        if line.strip():
            terminal.history = [*terminal.history, text][-limit("terminal.history") :]
        result = execute(terminal, text)
        return _after(result, self._leave()) if terminal.is_over else result

    def end(self) -> CommandResult:
        """End the input: what was begun is run as it is, every nested shell is left."""
        result = CommandResult(0, "", "")
        if self._begun:
            text, self._begun = self._begun, ""
            result = execute(self.terminal, text)
        self.terminal.is_over = True
        while len(self.terminals) > 1:
            self.terminals[-1].is_over = True
            result = _after(result, self._leave())
        return result

    def _leave(self) -> CommandResult:
        """Leave every terminal at the top that is over."""
        result = CommandResult(0, "", "")
        while len(self.terminals) > 1 and self.terminal.is_over:
            left = self.terminals.pop()
            result = _after(result, left.finish())
        return result


def _is_incomplete(text: str) -> bool:
    if len(text) > limit("terminal.script_characters"):
        return False
    try:
        parse(text)
    except IncompleteError:
        return True
    except ShellSyntaxError:
        return False
    return False


def _after(first: CommandResult, then: CommandResult) -> CommandResult:
    code = then.exit_code or first.exit_code
    return CommandResult(code, first.stdout + then.stdout, first.stderr + then.stderr, then.trace or first.trace)
