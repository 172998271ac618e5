"""`ip link show`. Source: iproute2 6.1, ip/ipaddress.c (print_linkinfo, print_linkinfo_brief, print_link_info_kind)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from msgspec import Struct

from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.interface import Interface
from app.dataplane.netns import NetNs
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
    lines = [interface.link_line(), f"    {interface.ether_line()}"]
    if options.details:
        lines[1] += details(interface)
        lines += kind_lines(interface)
    return lines


def details(interface: Interface) -> str:
    """Return what -d adds to the second line. The kernel counts a bridge port as promiscuous."""
    count = int(interface.promisc) + int(interface.port is not None)
    low, high = (0, 0) if interface.kind == "loopback" else (68, 65535)
    blank = "" if interface.kind in ("loopback", "nic") else " "
    return f" promiscuity {count}  allmulti {int(interface.port is not None)} minmtu {low} maxmtu {high}{blank}"


def kind_lines(interface: Interface) -> list[str]:
    """Return the line of -d about the device's kind, and the one about its bridge port."""
    lines = []
    if isinstance(interface, VxlanDevice):
        words = f"vxlan id {interface.vni} local {interface.local} dev {interface.lower} srcport 0 0"
        checksums = "udpcsum noudp6zerocsumtx noudp6zerocsumrx"
        lines.append(f"    {words} dstport {interface.dst_port} nolearning ttl auto ageing 300 {checksums} ")
    elif isinstance(interface, Bridge):
        ageing = interface.fdb.ageing_time_us // 10_000
        lines.append(f"    bridge ageing_time {ageing} stp_state 0 vlan_filtering 0 bridge_id {_bridge_id(interface)} ")
    elif interface.kind == "veth":
        lines.append("    veth ")
    port = interface.port
    if port is not None:
        state = port_state(interface)
        onoff = f"hairpin {on(port.hairpin)} learning {on(port.learning)} flood {on(port.flood)}"
        lines.append(f"    bridge_slave state {state} {onoff} port_no {port.number:#x} ")
    return lines


def _bridge_id(bridge: Bridge) -> str:
    return "8000." + ":".join(f"{int(part, 16):x}" for part in bridge.mac.split(":"))


def port_state(interface: Interface) -> str:
    """Return the STP state of a port. Source: br_port_state_selection() without STP; the bridge must be up too."""
    master = interface.master
    return "forwarding" if interface.is_running and master is not None and master.up else "disabled"


def on(value: bool) -> str:
    """Return `on` or `off`."""
    return "on" if value else "off"
