"""`ip link set`. Source: iproute2 6.1, ip/iplink.c, iplink_parse(); Linux net/core/dev.c, net/bridge/br_if.c."""

from __future__ import annotations

from collections.abc import Callable

from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.headers import VXLAN_OVERHEAD
from app.dataplane.interface import Interface
from app.dataplane.netns import NetNs
from app.shell.iproute.words import Words, device, garbage, invalid, mac_address, number, wrong
from app.shell.result import CommandError, CommandResult, extack, not_modelled, rtnetlink, said

__all__ = ["MIN_MTU", "link_set"]

Change = Callable[[NetNs, Interface], None]

MIN_MTU, MAX_MTU = 68, 65535
ELSEWHERE = frozenset(
    "name arp multicast allmulticast trailers dynamic carrier txqueuelen netns alias group type vf xdp vrf"
    " addrgenmode protodown broadcast index link-netnsid".split()
)


def link_set(netns: NetNs, words: Words) -> CommandResult:
    """Read the whole line, then change: a wrong word changes nothing."""
    name: str | None = None
    changes: dict[str, Change] = {}
    while words:
        word = words.take()
        if word in READERS:
            changes[SAME.get(word, word)] = READERS[word](netns, words)  # of `up down` the last one counts
        elif word in ELSEWHERE:
            raise not_modelled(f"ip link set {word}")
        else:
            given = words.take() if word == "dev" else word
            if name is not None:
                raise garbage("dev", given)
            name = given
            device(netns, name)
    if name is None:
        raise wrong('Not enough information: "dev" argument is required.')
    # iproute2 puts all of a line into one message; the kernel looks at its parts in the order of do_setlink().
    for key in (k for k in ORDER if k in changes):
        changes[key](netns, netns.interfaces[name])
    return said([])


def _read_up(_netns: NetNs, _words: Words) -> Change:
    return _up


def _read_down(_netns: NetNs, _words: Words) -> Change:
    return _down


def _up(netns: NetNs, interface: Interface) -> None:
    netns.set_up(interface.name)


def _down(netns: NetNs, interface: Interface) -> None:
    netns.set_down(interface.name)


def _read_mtu(_netns: NetNs, words: Words) -> Change:
    value = number(words.take(), 'Invalid "mtu" value')

    def mtu(netns: NetNs, interface: Interface) -> None:
        _check_mtu(netns, interface, value)
        interface.set_mtu(value)
        if value < MIN_MTU:  # only lo allows it: IPv4 leaves the interface (inetdev_event, NETDEV_CHANGEMTU)
            for known in tuple(interface.addresses):
                if known in interface.addresses:
                    netns.remove_address(interface.name, known.interface)

    return mtu


def _check_mtu(netns: NetNs, interface: Interface, value: int) -> None:
    """Refuse what dev_validate_mtu(), vxlan_change_mtu() and ip_tunnel_change_mtu() refuse."""
    if interface.kind == "ipip":
        if value < MIN_MTU:
            raise rtnetlink("Invalid argument")
        return
    if interface.kind != "loopback" and value < MIN_MTU:
        raise extack("mtu less than device minimum.")
    if interface.kind != "loopback" and value > MAX_MTU:
        raise extack("mtu greater than device maximum.")
    lower = netns.interfaces.get(interface.lower) if isinstance(interface, VxlanDevice) else None
    if lower is not None and value > lower.mtu - VXLAN_OVERHEAD:
        raise rtnetlink("Invalid argument")


def _read_promisc(_netns: NetNs, words: Words) -> Change:
    text = words.take()
    if text not in ("on", "off"):
        raise CommandError(f'Error: argument of "promisc" must be "on" or "off", not "{text}"\n', 1)

    def promisc(_netns: NetNs, interface: Interface) -> None:
        interface.promisc = text == "on"

    return promisc


def _read_address(_netns: NetNs, words: Words) -> Change:
    mac = mac_address(words.take())
    if len(mac) != len("00:00:00:00:00:00"):
        raise CommandError(f"Invalid address length {mac.count(':') + 1} - must be 6 bytes\n", 1)

    def address(_netns: NetNs, interface: Interface) -> None:
        if int(mac[:2], 16) & 1 or mac == "00:00:00:00:00:00":
            raise rtnetlink("Cannot assign requested address")
        interface.set_mac(mac)

    return address


def _read_master(netns: NetNs, words: Words) -> Change:
    text = words.take()
    if text not in netns.interfaces:
        raise invalid(text, "Device does not exist")

    def master(netns: NetNs, interface: Interface) -> None:
        bridge = netns.interfaces[text]
        if interface.master is bridge:
            return
        nomaster(netns, interface)  # do_set_master() leaves the old one before it asks the new one
        if not isinstance(bridge, Bridge):
            raise rtnetlink("Operation not supported")
        if isinstance(interface, Bridge):
            raise extack("Can not enslave a bridge to a bridge.")
        if interface.kind == "loopback":
            raise rtnetlink("Invalid argument")
        bridge.enslave(interface)

    return master


def _read_nomaster(_netns: NetNs, _words: Words) -> Change:
    return nomaster


def nomaster(_netns: NetNs, interface: Interface) -> None:
    """Pull the interface out of its bridge, if it is in one."""
    if interface.master is not None:
        interface.master.release(interface)


READERS: dict[str, Callable[[NetNs, Words], Change]] = {
    "up": _read_up, "down": _read_down, "mtu": _read_mtu, "promisc": _read_promisc, "address": _read_address,
    "master": _read_master, "nomaster": _read_nomaster,
}  # fmt: skip
SAME = {"down": "up", "nomaster": "master"}
ORDER = ("address", "mtu", "master", "promisc", "up")
