"""`tcpdump`: the frames that have passed this host's interfaces since the cluster started.

The real one waits for frames; here it shows what it would have shown, had it run in another window all the time.
Simplified (docs/fidelity.md): interfaces are not made promiscuous (as with -p), DNS over UDP only.
Source: tcpdump 4.99.3, tcpdump.c; print-sll.c for `-i any`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from app.core.errors import did_you_mean
from app.dataplane.headers import BROADCAST_MAC, NO_LINK, IPv4
from app.dataplane.interface import Interface
from app.dataplane.netns import NetNs
from app.dataplane.tape import Frame
from app.shell.capture.filter import parse_filter
from app.shell.capture.packettext import Style, ether_text, net_text
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["tcpdump"]

VALUED, PLAIN = "icQ", "nevltpUq"
USAGE = """\
tcpdump version 4.99.3 (podwalk's model)
Usage: tcpdump [-elnptv] [ -c count ] [ -i interface ] [ -Q in|out|inout ] [ expression ]
It prints what has passed the interface since the cluster started.
"""
ANY = "any"
DIRECTIONS = {"in": ("rx",), "out": ("tx",), "inout": ("rx", "tx")}
#: Bytes of the header that `-i any` puts before a packet.
COOKED_HEADER = 20


class Asked(Struct):
    """The command line; `count` 0 is no limit."""

    interface: str = ""
    count: int = 0
    directions: tuple[str, ...] = ("rx", "tx")
    flags: str = ""
    expression: tuple[str, ...] = ()


@COMMANDS.register("tcpdump")
def tcpdump(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the frames that passed an interface so far: [-i IFACE|any] [-n] [-e] [-v] [-c N] [FILTER]."""
    netns = at.netns
    asked = _read(args)
    interface = None if asked.interface == ANY else _interface(netns, asked.interface)
    wanted = parse_filter(asked.expression)
    style = Style("n" in asked.flags, "e" in asked.flags, "v" in asked.flags)
    frames = [f for f in netns.network.frames(netns.name) if _is_seen(netns, f, interface, asked)]
    chosen = [f for f in frames if wanted(f.packet)]
    shown = chosen[: asked.count] if asked.count else chosen
    lines = [_line(netns, frame, asked, style) for frame in shown]
    return CommandResult(0, "".join(f"{line}\n" for line in lines), _stderr(interface, asked, style, len(shown)))


def _read(args: Sequence[str]) -> Asked:
    asked, rest, expression = Asked(), list(args), list[str]()
    # getopt() finds options behind the expression too.
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or len(word) == 1:
            expression.append(word)
            continue
        letters = word[1:]
        if letters in ("-help", "h", "-version"):
            raise CommandError("", 0, USAGE)
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in PLAIN:
                asked.flags += letter
            elif letter in VALUED:
                if not letters and not rest:
                    raise CommandError(f"tcpdump: option requires an argument -- '{letter}'\n{USAGE}", 1)
                _value(asked, letter, letters or rest.pop(0))
                letters = ""
            elif letter in "rw":
                raise not_modelled(f"tcpdump -{letter}", "podwalk trace --format pcapng writes a file")
            else:
                raise not_modelled(f"tcpdump -{letter}", "modelled: -i -c -Q -n -e -v -t -l -p")
    if asked.flags.count("v") > 1:
        raise not_modelled("tcpdump -vv", "modelled: -v")
    if expression == ["help"]:
        raise CommandError("", 0, USAGE)
    asked.expression = tuple(expression)
    return asked


def _value(asked: Asked, letter: str, text: str) -> None:
    if letter == "i":
        asked.interface = text
    elif letter == "Q":
        if text not in DIRECTIONS:
            raise CommandError(f"tcpdump: unknown capture direction `{text}'\n", 1)
        asked.directions = DIRECTIONS[text]
    else:
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:10]) < 2**31:
            raise CommandError(f"tcpdump: invalid packet count {text}\n", 1)
        asked.count = int(text)


def _interface(netns: NetNs, name: str) -> Interface:
    """Return the interface named, or the first that is up and not `lo`."""
    if not name:
        first = (i for i in netns.interfaces.values() if i.up and i.kind != "loopback")
        return next(first, netns.interfaces["lo"])
    if name not in netns.interfaces:
        near = did_you_mean(name, [*netns.interfaces, ANY])
        raise CommandError(f"tcpdump: {name}: No such device exists{near}\n(No such device exists)\n", 1)
    return netns.interfaces[name]


def _is_seen(netns: NetNs, frame: Frame, interface: Interface | None, asked: Asked) -> bool:
    """Whether the capture sees a frame: on `lo` only what comes in, for libpcap would show everything twice."""
    dev = netns.interfaces.get(frame.interface)
    if dev is None or (interface is not None and dev is not interface) or frame.direction not in asked.directions:
        return False
    return dev.kind != "loopback" or frame.direction == "rx"


def _line(netns: NetNs, frame: Frame, asked: Asked, style: Style) -> str:
    seconds, micros = divmod(frame.t_us, 1_000_000)
    clock = f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{micros:06d}"
    time = "" if "t" in asked.flags else f"{clock} "
    packet = frame.packet
    assert packet.eth is not None
    if asked.interface == ANY:
        return time + _cooked(netns.interfaces[frame.interface], frame, style)
    if packet.eth == NO_LINK:
        return time + ("ip: " if style.has_link else "") + net_text(packet.net, style)
    return time + ether_text(packet.eth, packet.net, style)


def _cooked(dev: Interface, frame: Frame, style: Style) -> str:
    """Return a frame as `-i any` shows it: interface and direction first. Source: print-sll.c, sll2_if_print()."""
    packet = frame.packet
    eth = packet.eth
    assert eth is not None
    way = "Out"
    if frame.direction == "rx":
        way = "B" if eth.dst == BROADCAST_MAC else "P" if eth != NO_LINK and eth.dst != dev.mac else "In"
    link = ""
    if style.has_link:
        kind, size = ("IPv4 (0x0800)", packet.net.length) if isinstance(packet.net, IPv4) else ("ARP (0x0806)", 28)
        mac = f"{eth.src} " if eth != NO_LINK else ""
        link = f"ifindex {dev.index} {mac}ethertype {kind}, length {COOKED_HEADER + size}: "
    return f"{dev.name:<5} {way:<3} {link}{net_text(packet.net, style)}"


def _stderr(interface: Interface | None, asked: Asked, style: Style, count: int) -> str:
    """Return what is said beside the frames: where it listened, and how many it saw."""
    name = asked.interface or (interface.name if interface is not None else "")
    link = "EN10MB (Ethernet)"
    if interface is None:
        link = "LINUX_SLL2 (Linux cooked v2)"
    elif not interface.has_link_header:
        link = "RAW (Raw IP)"
    quiet = "verbose output suppressed, use -v[v]... for full protocol decode\n"
    head = ("data link type LINUX_SLL2\n" if interface is None else "") + ("" if style.is_verbose else quiet)
    listening = f"listening on {name}, link-type {link}, snapshot length 262144 bytes\n"
    start = f"tcpdump: {head}{'tcpdump: ' if head and style.is_verbose else ''}{listening}"
    note = ""
    if interface is not None and interface.kind == "bridge" and not interface.promisc:
        mend = f"`ip link set {name} promisc on`"
        note = f"note: as with -p, {name} does not see what it only bridges; {mend} changes that\n"
    plural = "" if count == 1 else "s"
    return (
        f"{start}{note}{count} packet{plural} captured\n{count} packet{plural} received by filter\n"
        "0 packets dropped by kernel\n"
    )
