"""`traceroute`: who lies on the way, by probes that really walk.

Sources: traceroute 2.1.2 for Linux, traceroute.c (print_probe); BusyBox 1.35, networking/traceroute.c, for a Pod whose
image is busybox. Simplified (docs/fidelity.md): names of routers are
not looked up (an address stands for its own name), no -T, -U and --mtu.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from app.dataplane.ip import UnroutableError, route_output
from app.shell.dns.names import address_for
from app.shell.errnos import STRERROR
from app.shell.probing import probes_limit
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal
from app.shell.tracing import Probe, RoutePlan, Tracer

__all__ = ["traceroute"]

VALUED, PLAIN = "mqpwN", "nIF4"
USAGE = """\
Usage:
  traceroute [ -4FIn ] [ -m max_ttl ] [ -N squeries ] [ -p port ] [ -q nqueries ] [ -w MAX ] host [ packetlen ]
"""
MOST_TTL, MOST_QUERIES = 255, 10
DEFAULT_SIZE, BUSYBOX_SIZE = 60, 46
LARGEST, SMALLEST = 65000, 28
UDP_PORT, ECHO_SEQ = 33434, 1
SECOND_US = 1_000_000


class Asked(Struct):
    """The command line; `port` None is the method's own."""

    host: str = ""
    size: int | None = None
    max_ttl: int = 30
    queries: int = 3
    at_once: int = 16
    wait_us: int = 5 * SECOND_US
    port: int | None = None
    is_numeric: bool = False
    is_icmp: bool = False
    has_df: bool = False


@COMMANDS.register("traceroute")
def traceroute(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Show the routers on the way to a host: [-n] [-I] [-m MAX] [-q N] [-p PORT] [-w S] HOST [BYTES]."""
    netns = at.netns
    asked = _read(args)
    is_busybox = netns.userland == "busybox"
    target = address_for(at, asked.host)
    if target is None and is_busybox:
        raise CommandError(f"traceroute: bad address '{asked.host}'\n", 1)
    if target is None:
        where = f'Cannot handle "host" cmdline arg `{asked.host}\' on position 1 (argc {len(args)})'
        raise CommandError(f"{asked.host}: Name or service not known\n{where}\n", 2)
    size = asked.size if asked.size is not None else BUSYBOX_SIZE if is_busybox else DEFAULT_SIZE
    title = f"traceroute to {asked.host} ({target}), {asked.max_ttl} hops max, {size} byte packets"
    try:
        route, source = route_output(netns, target)
    except UnroutableError as error:
        said = STRERROR[str(error)]
        raise CommandError(f"connect: {said}\n", 1, f"{title}\n") from None
    if route.type == "broadcast":
        raise CommandError("connect: Permission denied\n", 1, f"{title}\n")
    mtu = netns.interfaces["lo" if route.type == "local" else route.dev].mtu
    if asked.has_df and size > mtu:
        raise not_modelled(f"traceroute -F with {size} bytes, more than the own device takes ({mtu})")
    port = asked.port if asked.port is not None else ECHO_SEQ if asked.is_icmp else UDP_PORT
    plan = RoutePlan(
        target, source, asked.max_ttl, asked.queries, port, max(size, SMALLEST), asked.is_icmp, asked.has_df,
        asked.wait_us, 1 if is_busybox else asked.at_once,
    )  # fmt: skip
    hops = Tracer(netns, plan).run()
    lines = [title, *(_line(hop, asked, is_busybox=is_busybox) for hop in hops)]
    return CommandResult(0, "".join(f"{line}\n" for line in lines), "")


def _line(hop: Sequence[Probe], asked: Asked, *, is_busybox: bool) -> str:
    """Return a hop's line: each answerer once, before its first time. Source: print_probe()."""
    text, last = f"{hop[0].ttl:2d} ", None
    for probe in hop:
        trip = probe.round_trip_us
        if probe.by is None or trip is None:
            text += "  *" if is_busybox else " *"
            continue
        if probe.by != last:
            text += f" {probe.by}" if asked.is_numeric else f" {probe.by} ({probe.by})"
            last = probe.by
        text += f"  {trip // 1000}.{trip % 1000:03d} ms" + (f" {probe.mark}" if probe.mark else "")
    return text


# --- the command line -------------------------------------------------------------------------------------------------


def _read(args: Sequence[str]) -> Asked:
    asked, rest, count = Asked(), list(args), len(args)
    words: list[str] = []
    while rest:
        word = rest.pop(0)
        if word in ("--help", "help"):
            raise CommandError("", 0, USAGE)
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in VALUED:
                _value(asked, letter, letters or (rest.pop(0) if rest else ""), count)
                letters = ""
            elif letter in PLAIN:
                asked.is_numeric |= letter == "n"
                asked.is_icmp |= letter == "I"
                asked.has_df |= letter == "F"
            elif letter in "6dTfgirstlUDPzeAVMO-":
                raise not_modelled(f"traceroute {word}", "modelled: -n -I -F -m -q -p -w -N")
            else:
                raise CommandError(f"Bad option `-{letter}' (argc {count - len(rest)})\n", 2)
    if not words:
        raise CommandError("", 0, USAGE)
    asked.host = words[0]
    if len(words) > 2:
        raise CommandError(f"Extra arg `{words[2]}' (position 3, argc {count})\n", 2)
    if len(words) == 2:
        asked.size = _whole(words[1], "packetlen", count)
        if asked.size > LARGEST:
            raise CommandError(f"too big packetlen {words[1]} specified\n", 2)
    _check(asked)
    return asked


def _check(asked: Asked) -> None:
    if not 1 <= asked.max_ttl <= MOST_TTL:
        text = f"max hops cannot be more than {MOST_TTL}" if asked.max_ttl else "first hop out of range"
        raise CommandError(f"{text}\n", 2)
    if not 1 <= asked.queries <= MOST_QUERIES:
        raise CommandError(f"no more than {MOST_QUERIES} probes per hop\n", 2)
    if asked.max_ttl * asked.queries > probes_limit():
        many = f"{asked.max_ttl * asked.queries} probes"
        raise CommandError(f"podwalk: {many}; at most {probes_limit()} are sent; lower -m or -q\n", 2)


def _value(asked: Asked, letter: str, text: str, count: int) -> None:
    if letter == "w":
        if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,9})?", text):
            raise CommandError(f"Cannot handle `-w' option with arg `{text}' (argc {count - 1})\n", 2)
        asked.wait_us = max(1, int(float(text) * SECOND_US))
        return
    number = _whole(text, letter, count)
    setters: dict[str, Callable[[], None]] = {
        "m": lambda: setattr(asked, "max_ttl", number),
        "q": lambda: setattr(asked, "queries", number),
        "p": lambda: setattr(asked, "port", number & 0xFFFF),
        "N": lambda: setattr(asked, "at_once", max(1, number)),
    }
    setters[letter]()


def _whole(text: str, name: str, count: int) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        what = f"`-{name}' option with" if len(name) == 1 else f'"{name}" cmdline'
        raise CommandError(f"Cannot handle {what} arg `{text}' (argc {count - 1})\n", 2)
    return int(text)
