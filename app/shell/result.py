"""What a command answers, and how it stops early."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from app.sim.trace import Trace

__all__ = ["CommandError", "CommandResult", "extack", "not_modelled", "rtnetlink", "said"]


class CommandResult(Struct, frozen=True, eq=False):
    """What a command printed, and its exit code. Control characters are shown as escapes.

    `trace` is what a whole line sent, if it sent anything and there is a simulator around the terminal. Two results are
    equal where they say the same.
    """

    exit_code: int
    stdout: str
    stderr: str
    trace: Trace | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CommandResult) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash(self._said())

    def _said(self) -> tuple[int, str, str]:
        return self.exit_code, self.stdout, self.stderr


class CommandError(Exception):
    """A command that stops: what it says on stderr, its exit code, and what it had printed until then."""

    def __init__(self, stderr: str, exit_code: int, stdout: str = "") -> None:
        super().__init__(stderr)
        self.stderr = stderr
        self.exit_code = exit_code
        self.stdout = stdout


def said(lines: Sequence[str], stderr: str = "") -> CommandResult:
    """Return success with these lines on stdout."""
    return CommandResult(0, "".join(f"{line}\n" for line in lines), stderr)


def rtnetlink(message: str) -> CommandError:
    """Return the kernel's refusal by errno. Source: iproute2 lib/libnetlink.c, rtnl_talk_error()."""
    return CommandError(f"RTNETLINK answers: {message}\n", 2)


def extack(message: str) -> CommandError:
    """Return the kernel's refusal in words (NLMSGERR_ATTR_MSG)."""
    return CommandError(f"Error: {message}\n", 2)


def not_modelled(what: str, instead: str = "") -> CommandError:
    """Return the refusal of something real that is not modelled; it is told apart from a wrong command."""
    hint = f"; {instead}" if instead else ""
    return CommandError(f"podwalk: {what} is not modelled{hint}\n", 2)
