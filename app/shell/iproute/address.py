"""`ip address`. Source: iproute2 6.1, ip/ipaddress.c (print_addrinfo, ipaddr_modify, ipaddr_list_flush_or_save)."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Interface

from msgspec import Struct

from app.dataplane.interface import Address, Interface
from app.dataplane.netns import NetNs
from app.shell.iproute.link import LinkFilter, brief_start, choose, read_filter_word
from app.shell.iproute.linkset import MIN_MTU
from app.shell.iproute.options import IpOptions, joined
from app.shell.iproute.values import SCOPES
from app.shell.iproute.words import Words, device, garbage, network, wrong
from app.shell.result import CommandError, CommandResult, not_modelled, rtnetlink, said

__all__ = ["ip_address"]

LIFETIME = "       valid_lft forever preferred_lft forever"
WILDCARD = """\
Warning: Executing wildcard deletion to stay compatible with old scripts.
         Explicitly specify the prefix length ({0}/32) to avoid this warning.
         This special behaviour is likely to disappear in further releases,
         fix your scripts!
"""


def ip_address(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    """Run `ip address ...`."""
    if not words:
        return _show(netns, words, options)
    name = words.take()
    commands: dict[str, Callable[[], CommandResult]] = {
        "add": lambda: _add(netns, words, options, may_exist=False),
        "change": lambda: _add(netns, words, options, may_exist=True),
        "chg": lambda: _add(netns, words, options, may_exist=True),
        "replace": lambda: _add(netns, words, options, may_exist=True),
        "delete": lambda: _delete(netns, words, options),
        "show": lambda: _show(netns, words, options),
        "lst": lambda: _show(netns, words, options),
        "list": lambda: _show(netns, words, options),
        "flush": lambda: _flush(netns, words, options),
        "help": _help,
    }
    return choose(name, commands, "ip address")


def _help() -> CommandResult:
    raise CommandError(
        "Usage: ip address {add|change|replace} IFADDR dev IFNAME [ scope SCOPE ]\n"
        "       ip address del IFADDR dev IFNAME\n"
        "       ip address flush dev IFNAME [ to PREFIX ] [ scope SCOPE ]\n"
        "       ip address [ show [ dev IFNAME ] [ scope SCOPE ] [ master DEVICE ] [ to PREFIX ] [ up ] ]\n",
        255,
    )


class AddressFilter(Struct):
    """Which addresses are shown. None is no filter."""

    within: IPv4Interface | None = None
    scope: str | None = None

    def passes(self, known: Address) -> bool:
        """Whether an address is shown."""
        inside = self.within is None or known.interface.ip in self.within.network
        return inside and self.scope in (None, known.scope)


# --- show and flush ---------------------------------------------------------------------------------------------------


def _show(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    links, which = _filters(netns, words, options)
    lines: list[str] = []
    for interface in links.links(netns):
        shown = [a for a in interface.addresses if which.passes(a)]
        if not shown and (options.family or which.within or interface.addresses):
            continue
        if options.brief:
            lines.append(brief_start(interface) + "".join(f"{a.interface} " for a in shown))
        elif options.oneline:
            lines += [_one_line(interface, a) for a in shown]
        else:
            lines += _lines(interface, shown, options, with_mac=which.within is None)
    return said(lines)


def _filters(netns: NetNs, words: Words, options: IpOptions) -> tuple[LinkFilter, AddressFilter]:
    links, which = LinkFilter(), AddressFilter()
    while words:
        if words.skip("to"):
            which.within = network(words.take(), options.family_name)
        elif words.skip("scope"):
            which.scope = _scope(words.take())
        elif words.first in ("permanent", "primary", "label", "dynamic", "tentative", "group", "vrf"):
            raise not_modelled(f"ip address show {words.first}")
        else:
            read_filter_word(netns, words, links)
    return links, which


def _scope(text: str) -> str:
    if text not in SCOPES.values():
        raise wrong(f'Error: argument "{text}" is wrong: invalid scope value.')
    return text


def _lines(interface: Interface, shown: list[Address], options: IpOptions, *, with_mac: bool) -> list[str]:
    first = interface.link_line().replace(" mode DEFAULT", "", 1)
    ether = interface.ether_line()
    if options.family:  # -4 leaves out the link-layer line, but not what stands at its end
        first += ether[ether.index(" link-netns") :] if " link-netns" in ether else ""
    lines = [first]
    if not options.family and with_mac:
        lines.append(f"    {ether}")
    for known in shown:
        lines += [f"    {known.text(interface.name)}", LIFETIME]
    return lines


def _one_line(interface: Interface, known: Address) -> str:
    start = f"{interface.index}: {interface.name}    {known.text(interface.name)}"
    return joined([start, LIFETIME], IpOptions(oneline=True))[0]


def _flush(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    if not words:
        raise CommandError("Flush requires arguments.\n", 1)
    links, which = _filters(netns, words, options)
    for interface in list(links.links(netns)):
        for known in [a for a in interface.addresses if which.passes(a)]:
            if known in interface.addresses:  # a secondary goes with its primary
                netns.remove_address(interface.name, known.interface)
    return said([])


# --- add and delete ---------------------------------------------------------------------------------------------------


class Request(Struct):
    """What `ip addr add` and `del` are asked for."""

    address: IPv4Interface | None = None
    has_length: bool = False
    dev: str | None = None
    scope: str | None = None


def _read(words: Words, options: IpOptions) -> Request:
    asked = Request()
    while words:
        word = words.take()
        if word == "dev":
            asked.dev = words.take()
        elif word == "scope":
            asked.scope = _scope(words.take())
        elif word in ("brd", "broadcast"):
            raise not_modelled(f"ip address ... {word}", "the broadcast route is there without it")
        elif word in ("peer", "label", "metric", "valid_lft", "preferred_lft", "anycast", "nodad", "noprefixroute"):
            raise not_modelled(f"ip address ... {word}")
        else:
            text = words.take() if word == "local" else word
            if asked.address is not None:
                raise garbage("local", text)
            asked.address, asked.has_length = network(text, options.family_name), "/" in text
    return asked


def _target(netns: NetNs, asked: Request) -> tuple[Interface, IPv4Interface]:
    if asked.dev is None:
        raise CommandError('Not enough information: "dev" argument is required.\n', 1)
    interface = device(netns, asked.dev)
    if asked.address is None:
        raise rtnetlink("Operation not supported")
    return interface, asked.address


def _add(netns: NetNs, words: Words, options: IpOptions, *, may_exist: bool) -> CommandResult:
    asked = _read(words, options)
    interface, wanted = _target(netns, asked)
    if may_exist and any(a.interface == wanted for a in interface.addresses):
        return said([])
    # Linux takes the scope from the address where none is given (iproute2's default_scope()).
    scope = asked.scope or ("host" if wanted.ip.is_loopback else "global")
    if interface.mtu < MIN_MTU:
        raise rtnetlink("No buffer space available")  # inetdev_init() refuses: IPv4 needs 68 bytes
    try:
        netns.add_address(interface.name, wanted, scope)
    except ValueError as refusal:
        raise CommandError(f"{refusal}\n", 2) from None
    return said([])


def _delete(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    asked = _read(words, options)
    interface, wanted = _target(netns, asked)
    warning = "" if asked.has_length else WILDCARD.format(wanted.ip)
    if not asked.has_length:
        wanted = next((a.interface for a in interface.addresses if a.interface.ip == wanted.ip), wanted)
    try:
        netns.remove_address(interface.name, wanted)
    except ValueError as refusal:
        raise CommandError(f"{warning}{refusal}\n", 2) from None
    return said([], warning)
