"""What a command answers, and how it stops early."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

__all__ = ["CommandError", "CommandResult", "extack", "not_modelled", "rtnetlink", "said"]


class CommandResult(Struct, frozen=True):
    """What a command printed, and its exit code. Control characters are shown as escapes."""

    exit_code: int
    stdout: str
    stderr: str


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
