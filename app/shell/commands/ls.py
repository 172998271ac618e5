"""`ls`. Source: ls(1), GNU coreutils 9.1."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.filesystem import FileSystem
from app.shell.language.control import FileProblem
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import Given, options

__all__ = ["ls"]


@COMMANDS.register("ls")
def ls(at: Terminal, args: Sequence[str]) -> CommandResult:
    """List modelled files: [-l] with sizes, [-a] hidden ones too, [-d] directories themselves, [-1]."""
    given = options("ls", args, "lah1dRtrSFAi", "", {"all": "a", "almost-all": "A", "directory": "d"})
    files, problems = at.fs, ""
    single: list[str] = []
    inside: list[str] = []
    for path in given.words or ["."]:
        if not files.exists(path):
            problems += f"ls: cannot access '{path}': No such file or directory\n"
        elif files.is_directory(path) and not given.has("d"):
            inside.append(path)
        else:
            single.append(path)
    parts = [_rows(at, "", single, given, is_listing=False)] if single else []
    for path in inside:
        title = f"{path}:\n" if len(given.words) > 1 else ""
        hidden = given.has("a") or given.has("A")
        names = [name for name in files.list(path) if hidden or not name.startswith(".")]
        names = [".", "..", *names] if given.has("a") else names
        parts.append(title + _rows(at, path, names, given, is_listing=True))
    return CommandResult(2 if problems else 0, "\n".join(parts), problems)


def _rows(at: Terminal, directory: str, names: list[str], given: Given, *, is_listing: bool) -> str:
    """Return one name a line, or with -l what a real one would print; owners and times are not modelled."""
    if not given.has("l"):
        return "".join(f"{name}\n" for name in names)
    files = at.fs
    rows = []
    for name in names:
        path = f"{directory.rstrip('/')}/{name}" if directory else name
        is_directory = files.is_directory(path)
        size = 4096 if is_directory else len(_text(files, path).encode("utf-8", "replace"))
        rows.append(("drwxr-xr-x" if is_directory else "-rw-r--r--", 2 if is_directory else 1, size, name))
    width = max((len(str(size)) for *_, size, _ in rows), default=1)
    when = at.now.strftime("%b %e %H:%M")
    lines = [f"{mode} {links} root root {size:>{width}} {when} {name}\n" for mode, links, size, name in rows]
    return (f"total {4 * len(rows)}\n" if is_listing else "") + "".join(lines)


def _text(files: FileSystem, path: str) -> str:
    try:
        return files.read(path)
    except FileProblem:
        return ""
