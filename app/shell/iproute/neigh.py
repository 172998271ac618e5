"""`ip neighbour`. Source: iproute2 6.1, ip/ipneigh.c; Linux net/core/neighbour.c, neigh_add(), neigh_delete()."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface
from typing import cast

from msgspec import Struct

from app.dataplane.neigh import Neighbour, NudState
from app.dataplane.netns import NetNs
from app.shell.iproute.link import choose
from app.shell.iproute.options import IpOptions
from app.shell.iproute.words import Words, address, device, garbage, mac_address, network, wrong
from app.shell.result import CommandError, CommandResult, extack, not_modelled, rtnetlink, said

__all__ = ["ip_neigh"]

STATES = ("permanent", "reachable", "stale", "delay", "failed", "incomplete", "noarp", "probe", "none")
NEEDS_MAC = frozenset({"PERMANENT", "REACHABLE", "STALE", "DELAY", "NOARP"})
REQUIRED = "Device and destination are required arguments."


def ip_neigh(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    """Run `ip neighbour ...`."""
    if not words:
        return _show(netns, words, options)
    name = words.take()
    commands: dict[str, Callable[[], CommandResult]] = {
        "add": lambda: _write(netns, words, options, create=True, replace=False),
        "replace": lambda: _write(netns, words, options, create=True, replace=True),
        "change": lambda: _write(netns, words, options, create=False, replace=True),
        "chg": lambda: _write(netns, words, options, create=False, replace=True),
        "delete": lambda: _delete(netns, words, options),
        "get": lambda: _get(netns, words, options),
        "show": lambda: _show(netns, words, options),
        "lst": lambda: _show(netns, words, options),
        "list": lambda: _show(netns, words, options),
        "flush": lambda: _flush(netns, words, options),
        "help": _help,
    }
    return choose(name, commands, "ip neigh")


def _help() -> CommandResult:
    raise CommandError(
        "Usage: ip neigh { add | del | change | replace } ADDR [ lladdr LLADDR ] [ nud STATE ] dev DEV\n"
        "       ip neigh { show | flush } [ to PREFIX ] [ dev DEV ] [ nud STATE ]\n"
        "       ip neigh get ADDR dev DEV\n"
        "STATE := { delay | failed | incomplete | noarp | permanent | reachable | stale }\n",
        255,
    )


# --- show and flush ---------------------------------------------------------------------------------------------------


class NeighFilter(Struct):
    """Which entries are shown. None is no filter; without states all but NOARP ones are shown."""

    within: IPv4Interface | None = None
    dev: str | None = None
    states: frozenset[str] = frozenset()

    def entries(self, netns: NetNs) -> list[Neighbour]:
        """Return the entries that pass."""
        return [e for e in netns.neigh.entries(netns.clock.now_us) if self._passes(e)]

    def _passes(self, entry: Neighbour) -> bool:
        return (
            (self.within is None or entry.ip in self.within.network)
            and self.dev in (None, entry.dev)
            and (entry.state in self.states if self.states else entry.state != "NOARP")
        )


def _filter(netns: NetNs, words: Words, options: IpOptions) -> NeighFilter:
    which = NeighFilter()
    while words:
        if words.skip("dev"):
            name = words.take()
            if which.dev is not None:
                raise wrong(f'Error: duplicate "dev": "{name}" is the second value.')
            which.dev = device(netns, name).name
        elif words.skip("nud"):
            state = words.take()
            which.states |= {s.upper() for s in STATES} if state == "all" else {_state(state)}
        elif words.first in ("unused", "proxy", "vrf", "nomaster"):
            raise not_modelled(f"ip neigh show {words.first}")
        else:
            words.skip("to")
            which.within = network(words.take(), options.family_name)
    return which


def _state(text: str) -> str:
    if text not in STATES:
        raise wrong(f'Error: argument "{text}" is wrong: nud state is bad')
    return text.upper()


def _show(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    which = _filter(netns, words, options)
    return said([_line(entry, hide_dev=which.dev is not None) for entry in which.entries(netns)])


def _line(entry: Neighbour, *, hide_dev: bool) -> str:
    """Return the line with its trailing blank; a device that was asked for is not repeated."""
    text = entry.text()
    return f"{text.replace(f' dev {entry.dev}', '', 1) if hide_dev else text} "


def _flush(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    if not words:
        raise CommandError("Flush requires arguments.\n", 1)
    which = _filter(netns, words, options) if not words.skip("all") else NeighFilter()
    spared = frozenset() if which.states else frozenset({"PERMANENT", "NOARP"})
    gone = [e for e in which.entries(netns) if e.state not in spared]
    for entry in gone:
        netns.neigh.remove(entry.ip, entry.dev)
    if not options.statistics:
        return said([])
    if not gone:
        return said(["Nothing to flush."])
    return said(["", f"*** Round 1, deleting {len(gone)} entries ***", "*** Flush is complete after 1 round ***"])


# --- one entry --------------------------------------------------------------------------------------------------------


class Request(Struct):
    """What `ip neigh add` and its like are asked for. `mac` may have the wrong length: the kernel says so."""

    ip: IPv4Address | None = None
    dev: str | None = None
    mac: str | None = None
    state: str = "PERMANENT"


def _read(netns: NetNs, words: Words, options: IpOptions) -> tuple[IPv4Address, str, Request]:
    asked = Request()
    while words:
        word = words.take()
        if word == "lladdr":
            asked.mac = mac_address(words.take())
        elif word == "nud":
            asked.state = _state(words.take())
        elif word == "dev":
            asked.dev = words.take()
        elif word in ("proxy", "router", "use", "managed", "extern_learn", "protocol"):
            raise not_modelled(f"ip neigh ... {word}")
        else:
            text = words.take() if word == "to" else word
            if asked.ip is not None:
                raise garbage("to", text)
            asked.ip = address(text, options.family_name)
    if asked.dev is None or asked.ip is None:
        raise wrong(REQUIRED)
    return asked.ip, device(netns, asked.dev).name, asked


def _write(netns: NetNs, words: Words, options: IpOptions, *, create: bool, replace: bool) -> CommandResult:
    ip, dev, asked = _read(netns, words, options)
    known = netns.neigh.get(ip, dev, netns.clock.now_us)
    mac, state = asked.mac, asked.state
    if mac is not None and len(mac) != len("00:00:00:00:00:00"):
        raise extack("Invalid link address.")
    if known is not None and not replace:
        raise rtnetlink("File exists")
    if known is None and not create:
        raise rtnetlink("No such file or directory")
    mac = mac or (known.mac if known else None)
    if mac is None and state in NEEDS_MAC:
        raise extack("No link layer address given.")
    if state in ("PROBE", "NONE"):
        raise not_modelled(f"nud {state.lower()}")
    shown = mac if state in NEEDS_MAC else None
    _put(netns, Neighbour(ip, dev, shown, cast("NudState", state), netns.clock.now_us))
    return said([])


def _put(netns: NetNs, entry: Neighbour) -> None:
    """Write the entry in place of the old one; what waited for its MAC waits no longer."""
    netns.neigh.remove(entry.ip, entry.dev)
    netns.neigh.put(entry)


def _delete(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    ip, dev, _ = _read(netns, words, options)
    if not netns.neigh.remove(ip, dev):
        raise rtnetlink("No such file or directory")
    return said([])


def _get(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    ip, dev, _ = _read(netns, words, options)
    entry = netns.neigh.get(ip, dev, netns.clock.now_us)
    if entry is None:
        raise extack("Neighbour entry not found.")
    return said([_line(entry, hide_dev=False)])
