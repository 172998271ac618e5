"""`rm`. Source: rm(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.filesystem import FileSystem
from app.shell.language.control import FileProblem
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["rm"]


@COMMANDS.register("rm")
def rm(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Remove modelled files: [-f] without complaint, [-r] directories too."""
    given = options("rm", args, "rRfvi", "", {"recursive": "r", "force": "f", "verbose": "v"})
    if not given.words and not given.has("f"):
        raise CommandError("rm: missing operand\nTry 'rm --help' for more information.\n", 1)
    problems = ""
    for path in given.words:
        try:
            _remove(at.fs, path, recursive=given.has("r") or given.has("R"), force=given.has("f"))
        except FileProblem as problem:
            problems += f"rm: cannot remove '{problem.path}': {problem.reason}\n"
    return CommandResult(int(bool(problems)), "", problems)


def _remove(files: FileSystem, path: str, *, recursive: bool, force: bool) -> None:
    if files.full(path) == "/":
        raise CommandError("rm: it is dangerous to operate recursively on '/'\n", 1)
    if files.is_directory(path):
        if not recursive:
            raise FileProblem(path, "Is a directory")
        _remove_tree(files, path)
    elif not force or files.exists(path):
        files.remove(path)


def _remove_tree(files: FileSystem, path: str) -> None:
    """Remove a directory and all below it, the deepest first: trees may be deeper than Python calls itself."""
    directories, at = [path], 0
    while at < len(directories):
        for name in files.list(directories[at]):
            below = f"{directories[at].rstrip('/')}/{name}"
            if files.is_directory(below):
                directories.append(below)
            else:
                files.remove(below)
        at += 1
    for directory in reversed(directories):
        files.remove_directory(directory)
