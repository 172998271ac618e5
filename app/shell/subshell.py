"""What `sh` and `bash` are: a script from -c, from a file or from a pipe; else a shell that takes the next lines."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.language.control import LoopControl, ShellExit
from app.shell.language.streams import Sink
from app.shell.lines import run_script
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import Terminal

__all__ = ["run_shell"]

#: Options that change nothing here.
IGNORED = frozenset("lixeuv")


def run_shell(at: Terminal, name: str, args: Sequence[str]) -> CommandResult:
    """Run a shell."""
    words = list(args)
    is_command = False
    while words and words[0].startswith("-") and len(words[0]) > 1:
        option = words.pop(0)
        if option in ("--login", "--norc", "--noprofile"):
            continue
        if set(option[1:]) - IGNORED - {"c"}:
            raise not_modelled(f"{name} {option}", "modelled: -c, -i, -l")
        is_command |= "c" in option
    if is_command:
        if not words:
            raise CommandError(f"{name}: -c: option requires an argument\n", 2)
        return _script(at, words[0], words[2:], words[1] if len(words) > 1 else name)
    if words:
        return _script(at, at.fs.read(words[0]), words[1:], words[0])
    if at.is_piped:
        return _script(at, at.input(), [], name)
    return _interactive(at)


def _script(at: Terminal, text: str, positional: list[str], script: str) -> CommandResult:
    """Run a script in a shell of its own: of its variables and its directory nothing is left."""
    saved = dict(at.variables), set(at.exported), at.cwd, at.positional, at.script
    at.variables = {key: value for key, value in at.variables.items() if key in at.exported}
    at.positional, at.script = positional, script
    sink = Sink()
    try:
        code = run_script(at, text, sink)
    except ShellExit as stop:
        code = stop.code
    except LoopControl:
        code = 0
    finally:
        at.variables, at.exported, at.cwd, at.positional, at.script = saved
    return CommandResult(code, sink.stdout, sink.stderr)


def _interactive(at: Terminal) -> CommandResult:
    """Open a shell for the session's next lines; without a session its input is at its end already."""
    if at.session is not None:
        at.session.push(at if not at.is_open else _copy(at))
    return CommandResult(0, "", "")


def _copy(at: Terminal) -> Terminal:
    """Return a shell inside this one, on the same machine."""
    variables = {key: value for key, value in at.variables.items() if key in at.exported}
    return Terminal(
        at.netns, at.sim, at.machine, at.container, "", at.cwd, at.files, variables=variables,
        exported=set(at.exported), session=at.session, budget=at.budget,
    )  # fmt: skip
