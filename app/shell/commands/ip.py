"""`ip`: options, then an object; each object is a file of app/shell/iproute. Source: iproute2 6.1, ip/ip.c."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from app.dataplane.netns import NetNs
from app.shell.iproute.address import ip_address
from app.shell.iproute.link import ip_link
from app.shell.iproute.neigh import ip_neigh
from app.shell.iproute.netns import ip_netns
from app.shell.iproute.options import IpOptions
from app.shell.iproute.route import ip_route
from app.shell.iproute.words import Words, fully, matches, wrong
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["ip"]

Handler = Callable[[NetNs, Words, IpOptions], CommandResult]

#: In the order of ip.c's table, which decides what an abbreviation means. None: it exists, but not here.
OBJECTS: dict[str, Handler | None] = {
    "address": ip_address, "addrlabel": None, "maddress": None, "route": ip_route, "rule": None,
    "neighbor": ip_neigh, "neighbour": ip_neigh, "ntable": None, "ntbl": None, "link": ip_link, "l2tp": None,
    "fou": None, "ila": None, "macsec": None, "tunnel": None, "tunl": None, "tuntap": None, "tap": None,
    "token": None, "tcpmetrics": None, "monitor": None, "xfrm": None, "mroute": None, "mrule": None, "netns": None,
    "netconf": None, "vrf": None, "sr": None, "nexthop": None, "mptcp": None, "ioam": None, "help": None,
}  # fmt: skip

USAGE = """\
Usage: ip [ -4 ] [ -d[etails] ] [ -br[ief] ] [ -o[neline] ] OBJECT { COMMAND | help }
where  OBJECT := { address | link | neighbour | route }
"""


class Flags(Struct):
    """What the options before the object turn on."""

    family: str = ""
    details: bool = False
    brief: bool = False
    oneline: bool = False
    statistics: bool = False


#: Option to the attribute it sets, in the order in which ip.c tries them.
OPTIONS = {
    "-4": "family", "-details": "details", "-brief": "brief", "-br": "brief", "-oneline": "oneline",
    "-statistics": "statistics", "-stats": "statistics", "-human-readable": "", "-color": "", "-resolve": "",
}  # fmt: skip
ELSEWHERE = ("-6", "-family", "-json", "-pretty", "-netns", "-batch", "-force", "-all", "-M", "-B", "-0", "-timestamp")


@COMMANDS.register("ip")
def ip(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Show and change links, addresses, routes and neighbours."""
    words = Words(args)
    flags = Flags()
    while words.first.startswith("-"):
        _option(words.take(), flags)
    if not words:
        raise CommandError(USAGE, 255)
    name = words.take()
    found = fully(name, tuple(OBJECTS))
    if found is None:
        raise CommandError(f'Object "{name}" is unknown, try "ip help".\n', 1)
    if found == "help":
        raise CommandError(USAGE, 255)
    if found == "netns":
        return ip_netns(at, words)
    handler = OBJECTS[found]
    if handler is None:
        raise not_modelled(f"ip {found}", "modelled: address, link, neighbour, route")
    return handler(
        at.netns, words, IpOptions(flags.family, flags.details, flags.brief, flags.oneline, flags.statistics)
    )


def _option(word: str, flags: Flags) -> None:
    """Turn on what an option before the object says."""
    text = word[1:] if word.startswith("--") else word
    if text in ("-V", "-Version"):
        raise CommandError("", 0, "ip utility, iproute2-6.1.0 (podwalk's model)\n")
    if matches(text, "-help"):
        raise CommandError(USAGE, 255)
    if len(text) > 1 and any(matches(text, other) for other in ELSEWHERE):
        raise not_modelled(f"ip {text}", "modelled: -4, -d, -br, -o, -s")
    found = fully(text, tuple(OPTIONS)) if len(text) > 1 else None
    if found is None:
        raise wrong(f'Option "{text}" is unknown, try "ip -help".')
    if OPTIONS[found]:
        setattr(flags, OPTIONS[found], "inet" if found == "-4" else True)
