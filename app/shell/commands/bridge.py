"""`bridge`: options, then an object. Source: iproute2 6.1, bridge/bridge.c."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.iproute.bridgelink import bridge_link
from app.shell.iproute.fdb import bridge_fdb
from app.shell.iproute.options import IpOptions
from app.shell.iproute.words import Words, fully, matches, wrong
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["bridge"]

#: In the order of bridge.c's table, which decides what an abbreviation means.
OBJECTS = ("link", "fdb", "mdb", "vlan", "vni", "monitor", "help")
OPTIONS = ("-help", "-statistics", "-details", "-oneline", "-color")
USAGE = """\
Usage: bridge [ -d[etails] ] [ -o[neline] ] OBJECT { COMMAND | help }
where  OBJECT := { link | fdb }
"""


@COMMANDS.register("bridge")
def bridge(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Show and change bridge ports and forwarding databases."""
    netns = at.netns
    words = Words(args)
    given: set[str] = set()
    while words.first.startswith("-"):
        given.add(_option(words.take()))
    if not words:
        raise CommandError(USAGE, 255)
    name = words.take()
    found = fully(name, OBJECTS)
    if found is None:
        raise wrong(f'Object "{name}" is unknown, try "bridge help".')
    if found == "link":
        return bridge_link(netns, words, IpOptions(details="-details" in given, oneline="-oneline" in given))
    if found == "fdb":
        return bridge_fdb(netns, words)
    if found == "help":
        raise CommandError(USAGE, 255)
    raise not_modelled(f"bridge {found}", "modelled: link, fdb")


def _option(word: str) -> str:
    """Return the option that a word abbreviates."""
    text = word[1:] if word.startswith("--") else word
    if text in ("-V", "-Version"):
        raise CommandError("", 0, "bridge utility, 6.1.0 (podwalk's model)\n")
    found = fully(text, OPTIONS) if len(text) > 1 else None
    if found == "-help":
        raise CommandError(USAGE, 255)
    if found is not None:
        return found
    if any(matches(text, other) for other in ("-json", "-pretty", "-netns", "-batch", "-timestamp", "-compressvlans")):
        raise not_modelled(f"bridge {text}", "modelled: -d, -o")
    raise wrong(f'Option "{text}" is unknown, try "bridge help".')
