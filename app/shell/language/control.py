"""What leaves a command by another way than its end: `exit`, `break`, `continue`, a file's problem, a limit."""

from __future__ import annotations

__all__ = ["FileProblem", "LimitReachedError", "LoopControl", "ShellExit"]


class ShellExit(Exception):  # noqa: N818  (a way out, not an error)
    """`exit`: the shell ends with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class LoopControl(Exception):  # noqa: N818  (a way out, not an error)
    """`break` or `continue`, out of `levels` loops."""

    def __init__(self, word: str, levels: int) -> None:
        super().__init__(word)
        self.word = word
        self.levels = levels


class LimitReachedError(Exception):
    """A line that does more than one line may do (app/limits.toml); what it printed until then is shown."""


class FileProblem(Exception):  # noqa: N818  (a problem of the line, not of the program)
    """A file that cannot be read or written: `PATH: REASON`, in libc's words."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
