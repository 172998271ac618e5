"""`bridge link`. Source: iproute2 6.1, bridge/link.c (print_linkinfo, print_protinfo, brlink_modify)."""

from __future__ import annotations

from collections.abc import Callable

from app.dataplane.interface import BridgePort, Interface
from app.dataplane.netns import NetNs
from app.shell.iproute.fdb import bridge_device, refusal
from app.shell.iproute.link import choose
from app.shell.iproute.linkdetails import on, port_state
from app.shell.iproute.options import IpOptions, joined
from app.shell.iproute.words import Words, wrong
from app.shell.result import CommandError, CommandResult, not_modelled, said

__all__ = ["bridge_link"]

#: What a port can be told, and the attribute it is kept in.
SWITCHES = ("hairpin", "learning", "flood")
ELSEWHERE = frozenset(
    "guard fastleave root_block learning_sync mcast_router mcast_flood bcast_flood mcast_to_unicast neigh_suppress"
    " vlan_tunnel isolated locked cost priority state hwmode backup_port nobackup_port mcast_max_groups".split()
)
USAGE = """\
Usage: bridge link set dev DEV [ hairpin {on | off} ]
                               [ learning {on | off} ]
                               [ flood {on | off} ]
                               [ self ] [ master ]
       bridge link show [dev DEV]
"""


def bridge_link(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    """Run `bridge link ...`."""
    if not words:
        return _show(netns, words, options)
    name = words.take()
    commands: dict[str, Callable[[], CommandResult]] = {
        "set": lambda: _set(netns, words),
        "change": lambda: _set(netns, words),
        "show": lambda: _show(netns, words, options),
        "lst": lambda: _show(netns, words, options),
        "list": lambda: _show(netns, words, options),
        "help": _help,
    }
    return choose(name, commands, "bridge link")


def _help() -> CommandResult:
    raise CommandError(USAGE, 255)


def _show(netns: NetNs, words: Words, options: IpOptions) -> CommandResult:
    dev: str | None = None
    while words:
        word = words.take()
        if word == "dev":
            dev = bridge_device(netns, words.take()).name
        # Any other word is passed over, as brlink_show() does.
    lines: list[str] = []
    for interface in netns.interfaces.values():
        if interface.port is not None and dev in (None, interface.name):
            lines += joined(_lines(netns, interface, interface.port, options), options)
    return said(lines)


def _lines(netns: NetNs, interface: Interface, port: BridgePort, options: IpOptions) -> list[str]:
    first = (
        f"{interface.index}: {_name(netns, interface)}: <{interface.flags()}> mtu {interface.mtu}"
        f" master {port.bridge.name} state {port_state(interface)} priority 32 cost 2 "
    )
    if not options.details:
        return [first]
    second = (
        f"    hairpin {on(port.hairpin)} guard off root_block off fastleave off learning {on(port.learning)}"
        f" flood {on(port.flood)} mcast_flood on bcast_flood on mcast_router 1 mcast_to_unicast off"
        " neigh_suppress off vlan_tunnel off isolated off locked off "
    )
    return [first, second]


def _name(netns: NetNs, interface: Interface) -> str:
    """Return the name as `bridge` shows it: it takes a veth's peer for an interface of this namespace, as the real one.

    The kernel leaves IFLA_LINK_NETNSID out of PF_BRIDGE messages, so the peer's ifindex is looked up here.
    """
    if interface.kind != "veth" or interface.peer is None:
        return interface.name
    index = interface.peer.index
    found = next((i.name for i in netns.interfaces.values() if i.index == index), f"if{index}")
    return f"{interface.name}@{found}"


def _set(netns: NetNs, words: Words) -> CommandResult:
    dev: str | None = None
    settings: dict[str, bool] = {}
    while words:
        word = words.take()
        if word == "dev":
            dev = words.take()
        elif word in SWITCHES:
            settings[word] = _on_or_off(word, words.take())
        elif word in ELSEWHERE:
            raise not_modelled(f"bridge link set ... {word}", "modelled: " + ", ".join(SWITCHES))
        elif word not in ("self", "master"):
            raise CommandError(USAGE, 255)
    if dev is None:
        raise wrong("Device is a required argument.")
    interface = bridge_device(netns, dev, "bridge device")
    if interface.port is None:
        raise refusal("Operation not supported")
    for name, value in settings.items():
        setattr(interface.port, name, value)
    return said([])


def _on_or_off(name: str, text: str) -> bool:
    if text not in ("on", "off"):
        # parse_on_off() returns -EINVAL, and main() that as its exit code: 234.
        raise CommandError(f'Error: argument of "{name}" must be one of "off", "on", not "{text}"\n', 234)
    return text == "on"
