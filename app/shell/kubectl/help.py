"""`kubectl help`: what there is, from the same tables that the parser reads."""

from __future__ import annotations

from app.shell.kubectl.call import VERBS
from app.shell.kubectl.flags import Command, commands

__all__ = ["help_text"]


def help_text(command: Command) -> list[str]:
    """Return the help of a command: its line, what is below it, its usage, its flags."""
    if not command.words:
        return [
            "kubectl asks and changes the cluster's objects through the API server.",
            "",
            "Commands:",
            *_listing(command),
            "",
            "Usage:",
            "  kubectl [flags] [options]",
            "",
            "Use `kubectl COMMAND --help` for its flags.",
        ]
    name = " ".join(command.words)
    own = [flag for key, flag in command.flags.items() if key not in commands()[()].flags]
    listed = _listing(command)
    flags = [f"    {flag.shown}={flag.default.replace('*', '')}" for flag in own]
    return [
        *([_first_line(name), ""] if name in VERBS else []),
        *(["Available Commands:", *listed, ""] if listed else []),
        *(["Options:", *flags, ""] if flags else []),
        "Usage:",
        f"  {command.usage}",
    ]


def _listing(command: Command) -> list[str]:
    names = [words[-1] for words in commands() if words and words[:-1] == command.words]
    shown = [(name, _first_line(" ".join((*command.words, name)))) for name in names]
    return [f"  {name:<17} {line}".rstrip() for name, line in shown]


def _first_line(name: str) -> str:
    if name in VERBS:
        return (VERBS.get(name).__doc__ or "").partition("\n")[0]
    has_children = any(" ".join(words).startswith(f"{name} ") and " ".join(words) in VERBS for words in commands())
    return "" if has_children else "(not modelled)"
