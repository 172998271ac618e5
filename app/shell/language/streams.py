"""Where the output of a command goes: sinks, and redirections between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.core.limits import limit
from app.shell.language.control import LimitReachedError
from app.shell.language.expansion import Expander, ExpansionProblem
from app.shell.language.syntax import Redirect

__all__ = ["FileHost", "Outlets", "Sink"]


class FileHost(Protocol):
    """What redirections ask the shell for."""

    stdin: str | None

    def read_file(self, path: str) -> str:
        """Return a file's text. Raises FileProblem."""

    def write_file(self, path: str, text: str, *, append: bool) -> None:
        """Write a file. Raises FileProblem."""


class Sink:
    """What a line has printed so far. The limit counts both streams together."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.err: list[str] = []
        self._size = 0

    def add(self, out: str, err: str) -> None:
        """Add text. Raises LimitReachedError."""
        most = limit("terminal.output_characters")
        room = most - self._size
        self._size += len(out) + len(err)
        self.out.append(out[: max(room, 0)])
        self.err.append(err[: max(room - len(out), 0)])
        if self._size > most:
            raise LimitReachedError(f"the line prints more than {most} characters")

    @property
    def stdout(self) -> str:
        """Everything on standard output."""
        return "".join(self.out)

    @property
    def stderr(self) -> str:
        """Everything on standard error."""
        return "".join(self.err)


class Outlets:
    """Standard output and error of one command after its redirections: `out`, `err`, nowhere, or a file."""

    def __init__(self, host: FileHost, expander: Expander) -> None:
        self.host = host
        self.expander = expander
        self._of = {1: "out", 2: "err"}

    def open(self, redirects: Sequence[Redirect]) -> None:
        """Do the redirections in their order: files are made and emptied now, before the command runs."""
        for each in redirects:
            if each.operator == "<<":
                self.host.stdin = self.expander.text(each.word)
            elif each.operator == "<<<":
                self.host.stdin = f"{self.expander.text(each.word)}\n"
            else:
                self._open(each, self._target(each))

    def _target(self, redirect: Redirect) -> str:
        fields = self.expander.fields([redirect.word])
        if len(fields) != 1:
            raise ExpansionProblem(f"bash: {redirect.word.source}: ambiguous redirect")
        return fields[0]

    def _open(self, redirect: Redirect, target: str) -> None:
        operator = redirect.operator
        if operator == "<":
            self.host.stdin = "" if target == "/dev/null" else self.host.read_file(target)
        elif operator in (">&", "<&"):
            self._copy(redirect.descriptor, target, is_output=operator == ">&")
        else:
            outlet = self._file(target, append=operator.endswith(">>"))
            for descriptor in (1, 2) if operator.startswith("&") else (redirect.descriptor,):
                self._of[descriptor] = outlet

    def _copy(self, descriptor: int, target: str, *, is_output: bool) -> None:
        if target == "-":
            self._of[descriptor] = ""
        elif target in ("1", "2"):
            self._of[descriptor] = self._of[int(target)]
        elif target.isdigit():
            if not is_output and target == "0":
                return
            raise ExpansionProblem(f"bash: {target}: Bad file descriptor")
        else:
            self._of[1] = self._of[2] = self._file(target, append=False)

    def _file(self, target: str, *, append: bool) -> str:
        special = {"/dev/null": "", "/dev/stdout": self._of[1], "/dev/stderr": self._of[2], "/dev/tty": "out"}
        if target in special:
            return special[target]
        if not append:
            self.host.write_file(target, "", append=False)
        elif target:
            self.host.write_file(target, "", append=True)
        return f"file {target}"

    def write(self, out: str, err: str, sink: Sink) -> None:
        """Send what a command printed where it belongs."""
        kept = {"out": "", "err": ""}
        for descriptor, text in ((1, out), (2, err)):
            outlet = self._of[descriptor]
            if outlet.startswith("file "):
                if text:
                    self.host.write_file(outlet.removeprefix("file "), text, append=True)
            elif outlet:
                kept[outlet] += text
        sink.add(kept["out"], kept["err"])
