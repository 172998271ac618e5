"""`ip link show`. Source: iproute2 6.1, ip/ipaddress.c (print_linkinfo, print_linkinfo_brief)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from msgspec import Struct

from app.dataplane.interface import Interface
from app.dataplane.netns import NetNs
from app.shell.iproute.linkdetails import detail_lines
from app.shell.iproute.linkset import link_set
from app.shell.iproute.options import IpOptions, joined
from app.shell.iproute.words import Words, fully, garbage, invalid, wrong
from app.shell.result import CommandError, CommandResult, not_modelled, said

__all__ = ["LinkFilter", "brief_start", "ip_link", "read_filter_word"]

T = TypeVar("T")


class LinkFilter(Struct):
    """Which links are shown: None and False are no filter."""

    dev: str | None = None
    up: bool = False
    master: str | None = None
    no_master: bool = False
    type: str | None = None

    def links(self, netns: NetNs) -> Iterator[Interface]:
        """Yield the interfaces that pass. A name that is not there is an error."""
        if self.dev is not None and self.dev not in netns.interfaces:
            raise CommandError(f'Device "{self.dev}" does not exist.\n', 1)
        for interface in netns.interfaces.values():
            master = interface.master.name if interface.master else None
            if (
                self.dev in (None, interface.name)
                and (interface.up or not self.up)
                and self.master in (None, master)
                and not (self.no_master and master)
                and self.type in (None, interface.kind)
            ):
                yield interface


def ip_link(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    """Run `ip link ...`."""
    if not words:
        return _show(netns, words, options)
    name = words.take()
    commands: dict[str, Callable[[], CommandResult]] = {
        "add": lambda: _fixed("add"),
        "set": lambda: link_set(netns, words),
        "change": lambda: link_set(netns, words),
        "replace": lambda: _fixed("replace"),
        "delete": lambda: _fixed("delete"),
        "show": lambda: _show(netns, words, options),
        "lst": lambda: _show(netns, words, options),
        "list": lambda: _show(netns, words, options),
        "ls": lambda: _show(netns, words, options),
        "help": _help,
    }
    return choose(name, commands, "ip link")


def choose(name: str, commands: dict[str, Callable[[], T]], tool: str) -> T:
    """Run the command that `name` abbreviates."""
    found = fully(name, tuple(commands))
    if found is None:
        raise wrong(f'Command "{name}" is unknown, try "{tool} help".')
    return commands[found]()


def _fixed(verb: str) -> CommandResult:
    raise not_modelled(f"ip link {verb}", "the cluster file decides which interfaces there are")


def _help() -> CommandResult:
    raise CommandError(
        "Usage: ip link set { DEVICE | dev DEVICE } [ { up | down } ] [ mtu MTU ] [ promisc { on | off } ]\n"
        "\t\t[ address LLADDR ] [ master DEVICE ] [ nomaster ]\n"
        "       ip link show [ DEVICE ] [up] [master DEV] [nomaster] [type TYPE]\n",
        255,
    )


def _show(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    which = LinkFilter()
    while words:
        read_filter_word(netns, words, which)
    lines: list[str] = []
    for interface in which.links(netns):
        if options.brief:
            lines.append(f"{brief_start(interface)}{interface.mac} <{interface.flags()}> ")
        else:
            lines += joined(_link_lines(interface, options), options)
    return said(lines)


def read_filter_word(netns: NetNs, words: Words, which: LinkFilter) -> None:
    """Read one filter of `ip link show` or `ip addr show`."""
    word = words.take()
    if word == "up":
        which.up = True
    elif word == "nomaster":
        which.no_master = True
    elif word == "master":
        which.master = words.take()
        if which.master not in netns.interfaces:
            raise invalid(which.master, "Device does not exist")
    elif word == "type":
        which.type = words.take()
    elif which.dev is not None:
        raise garbage("dev", words.take() if word == "dev" and words else word)
    else:
        which.dev = words.take() if word == "dev" else word


def brief_start(interface: Interface) -> str:
    """Return name and state of the brief form, padded as there."""
    return f"{interface.shown_name():<16} {interface.operstate():<14} "


def _link_lines(interface: Interface, options: IpOptions) -> list[str]:
    rest = detail_lines(interface) if options.details else [f"    {interface.ether_line()}"]
    return [interface.link_line(), *rest]
