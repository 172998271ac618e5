"""What a container's command does, as far as it takes time, prints, or ends: `sleep 3600`, `sh -c 'echo hi; exit 1'`.

The commands of a client (ping, wget, dig ...) do nothing here: a person types them at the terminal.
Sources: sh(1), sleep(1) of BusyBox and coreutils; POSIX.1, "Exit Status and Errors".
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from msgspec import Struct

__all__ = ["FOREVER", "Exit", "Loop", "Say", "Serve", "Sleep", "Step", "steps_of"]

SHELLS = ("sh", "bash", "ash", "dash")
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
#: Commands that come to their end at once and say nothing that the model knows.
QUICK = frozenset(
    "cat curl cd chmod chown cp date df dig env export free grep head host hostname id ifconfig ip ls mkdir mount mv "
    "nc netstat nslookup ping printenv ps pwd rm sed set sync tee touch trap traceroute umask uname wait wget which "
    "whoami".split()
)
NOT_FOUND = 127


class Say(Struct, frozen=True):
    """Print a line."""

    text: str


class Sleep(Struct, frozen=True):
    """Wait; None: for ever."""

    us: int | None


class Exit(Struct, frozen=True):
    """End the program."""

    code: int


class Serve(Struct, frozen=True):
    """Serve files over HTTP for ever (`httpd -f`)."""

    port: str
    directory: str


class Loop(Struct, frozen=True):
    """Do the steps over and over."""

    steps: tuple[Step, ...]


Step = Say | Sleep | Exit | Serve | Loop
FOREVER = Sleep(None)


def steps_of(words: Sequence[str]) -> tuple[Step, ...]:
    """Return what a command line does; after the last step the program ends with 0."""
    if not words:
        return ()
    name = words[0].rpartition("/")[2]
    if name in SHELLS:
        options = [at for at, word in enumerate(words[1:], 1) if re.fullmatch(r"-[a-z]*c[a-z]*", word)]
        return _script(words[options[0] + 1]) if options and options[0] + 1 < len(words) else ()
    return _command(words)


def _script(text: str) -> tuple[Step, ...]:
    """Return what a shell's script does: commands one after the other, and `while true; do ...; done`."""
    loop = re.search(
        r"\b(?:while\s+(?:true|:|\[\s*1\s*\]|sleep\s+([^\s;]+))|until\s+false|for\s*\(\(\s*;\s*;\s*\)\))\s*;?\s*do\b(.*?)\bdone\b",
        text,
        re.DOTALL,
    )
    if loop is not None:
        before, inside = _commands(text[: loop.start()]), _commands(loop[2])
        waits = (_sleep(loop[1]),) if loop[1] else ()
        steps = (*waits, *inside)
        return (*before, Loop(steps) if any(isinstance(step, Sleep | Exit) for step in steps) else FOREVER)
    return _commands(text)


def _commands(text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for part in re.split(r"\n|;|&&|\|\||(?<!&)&(?!&)", text):
        try:
            words = shlex.split(part.partition(" #")[0])
        except ValueError:
            words = part.split()
        if words and words[0] == "exec":
            words = words[1:]
        if words:
            steps += _command(words)
    return tuple(steps)


def _command(words: Sequence[str]) -> tuple[Step, ...]:
    name, args = words[0].rpartition("/")[2], words[1:]
    if name == "sleep":
        return (_sleep(args[0] if args else "0"),)
    if name == "echo":
        is_to_file = any(word.startswith((">", "1>", "2>")) for word in args)
        return () if is_to_file else (Say(" ".join(word for word in args if word not in ("-n", "-e"))),)
    if name == "exit":
        return (Exit(int(args[0]) & 0xFF if args and args[0].isdecimal() else 0),)
    if name == "false":
        return (Exit(1),)
    if name == "httpd" and "-f" in args:
        return (Serve(_after(args, "-p") or "80", _after(args, "-h") or "/"),)
    if (name == "tail" and any(word.startswith("-") and "f" in word.lower() for word in args)) or name in (
        "top",
        "pause",
    ):
        return (FOREVER,)
    if name in SHELLS:
        return steps_of(words)
    if name in QUICK or name in ("true", ":") or "=" in name:
        return ()
    return (Say(f"sh: {words[0]}: not found"), Exit(NOT_FOUND))


def _sleep(text: str) -> Sleep:
    if text in ("infinity", "inf"):
        return FOREVER
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    return Sleep(0) if match is None else Sleep(int(float(match[1]) * UNITS[match[2]] * 1_000_000))


def _after(words: Sequence[str], name: str) -> str | None:
    """Return the word after an option, or what is glued to it."""
    for at, word in enumerate(words):
        if word == name:
            return words[at + 1].rpartition(":")[2] if at + 1 < len(words) else None
        if word.startswith(name) and len(word) > len(name):
            return word[len(name) :].rpartition(":")[2]
    return None
