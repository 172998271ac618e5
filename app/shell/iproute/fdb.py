"""`bridge fdb`. Source: iproute2 6.1, bridge/fdb.c; Linux net/core/rtnetlink.c (rtnl_fdb_add, rtnl_fdb_dump),
net/bridge/br_fdb.c, drivers/net/vxlan/vxlan_core.c. Order of lines: by ifindex; per port first its bridge's entries,
newest first, then the device's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address

from msgspec import Struct

from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.fdb import FdbEntry, VtepEntry
from app.dataplane.interface import Interface
from app.dataplane.netns import NetNs
from app.shell.iproute.link import choose
from app.shell.iproute.words import Words, address, garbage, mac_address, wrong
from app.shell.result import CommandError, CommandResult, not_modelled, said

__all__ = ["bridge_device", "bridge_fdb", "refusal"]

#: The groups that every host is in, IPv6's and IPv4's: a device that is up listens to them.
ALL_HOSTS = ("33:33:00:00:00:01", "01:00:5e:00:00:01")
ZERO_MAC = "00:00:00:00:00:00"
REQUIRED = "Device and address are required arguments."
EXISTS, MISSING, UNSUPPORTED = "File exists", "No such file or directory", "Operation not supported"


def refusal(message: str) -> CommandError:
    """Return the kernel's refusal: `bridge` ends with 255 where `ip` ends with 2."""
    return CommandError(f"RTNETLINK answers: {message}\n", 255)


def bridge_device(netns: NetNs, name: str, what: str = "device") -> Interface:
    """Return the interface `name`; `bridge` ends with 255 where `ip` ends with 1."""
    if name not in netns.interfaces:
        raise wrong(f'Cannot find {what} "{name}"')
    return netns.interfaces[name]


def bridge_fdb(netns: NetNs, words: Words) -> CommandResult:
    """Run `bridge fdb ...`."""
    if not words:
        return _show(netns, words)
    name = words.take()
    commands: dict[str, Callable[[], CommandResult]] = {
        "add": lambda: _write(netns, words, "add"),
        "append": lambda: _write(netns, words, "append"),
        "replace": lambda: _write(netns, words, "replace"),
        "delete": lambda: _write(netns, words, "delete"),
        "get": lambda: _elsewhere("get"),
        "show": lambda: _show(netns, words),
        "lst": lambda: _show(netns, words),
        "list": lambda: _show(netns, words),
        "flush": lambda: _elsewhere("flush"),
        "help": _help,
    }
    return choose(name, commands, "bridge fdb")


def _elsewhere(verb: str) -> CommandResult:
    raise not_modelled(f"bridge fdb {verb}")


def _help() -> CommandResult:
    raise CommandError(
        "Usage: bridge fdb { add | append | del | replace } ADDR dev DEV\n"
        "              [ self ] [ master ] [ local | static | dynamic ] [ dst IPADDR ]\n"
        "       bridge fdb [ show [ br BRDEV ] [ brport DEV ] [ dynamic ] ]\n",
        255,
    )


# --- show -------------------------------------------------------------------------------------------------------------


class FdbFilter(Struct):
    """Which entries are shown. None and False are no filter."""

    bridge: str | None = None
    dev: str | None = None
    dynamic: bool = False
    static: bool = False


def _show(netns: NetNs, words: Words) -> CommandResult:
    which = FdbFilter()
    while words:
        word = words.take()
        if word == "br":
            which.bridge = bridge_device(netns, words.take(), "bridge device").name
        elif word in ("dev", "brport"):
            which.dev = bridge_device(netns, words.take()).name
        elif word == "dynamic":
            which.dynamic = True
        elif word == "state":
            which.static = _state(words.take())
        elif word == "vlan":
            raise not_modelled("bridge fdb show vlan")
        # Any other word is passed over, as fdb_show() does.
    return said([line for interface in netns.interfaces.values() for line in _lines(netns, interface, which)])


def _state(text: str) -> bool:
    """Whether only static entries are asked for; `permanent` and others are not told apart by the real one either."""
    return text == "static"


def _lines(netns: NetNs, interface: Interface, which: FdbFilter) -> Iterator[str]:
    """Yield the lines of one device; the one that was asked for is not repeated in them."""
    if which.dev not in (None, interface.name):
        return
    master = interface.name if isinstance(interface, Bridge) else interface.master.name if interface.master else None
    if which.bridge not in (None, master):
        return
    known, own = _bridge_lines(netns, interface, which), _own_lines(interface, which)
    for line in [*own, *known] if isinstance(interface, Bridge) else [*known, *own]:
        yield line.replace(f" dev {interface.name}", "", 1) if which.dev else line


def _bridge_lines(netns: NetNs, interface: Interface, which: FdbFilter) -> list[str]:
    """Return what the bridge knows of this port (of itself: its own MAC)."""
    bridge = interface if isinstance(interface, Bridge) else interface.master
    if bridge is None:
        return []
    entries = [e for e in bridge.fdb.entries(netns.clock.now_us) if e.port == interface.name]
    shown = [e for e in reversed(entries) if not (which.dynamic and e.is_local) and (e.is_static or not which.static)]
    return [e.text() if e.is_local or e.is_static else f"{e.text()} " for e in shown]


def _own_lines(interface: Interface, which: FdbFilter) -> list[str]:
    """Return the device's own list: a tunnel's VTEPs; on any other the groups that every host is in."""
    if isinstance(interface, VxlanDevice):
        return [] if which.dynamic else [e.text() for e in interface.fdb.entries()]
    if which.dynamic or which.static or interface.kind in ("loopback", "ipip") or not interface.up:
        return []
    return [f"{group} dev {interface.name} self permanent" for group in ALL_HOSTS]


# --- add, append, replace, delete -------------------------------------------------------------------------------------


class Request(Struct):
    """What was typed: `state` permanent, static or dynamic; neither self nor master said means self."""

    mac: str | None = None
    dev: str | None = None
    dst: IPv4Address | None = None
    to_self: bool = False
    to_master: bool = False
    state: str = "permanent"


STATES = {"permanent": "permanent", "local": "permanent", "static": "static", "temp": "static", "dynamic": "dynamic"}


def _read(words: Words) -> Request:
    asked = Request()
    while words:
        word = words.take()
        if word == "dev":
            asked.dev = words.take()
        elif word == "dst":
            asked.dst = address(words.take())
        elif word == "self":
            asked.to_self = True
        elif word == "master":
            asked.to_master = True
        elif word in STATES:
            asked.state = STATES[word]
        elif word in ("port", "vni", "via", "vlan", "src_vni", "nhid", "use", "router", "extern_learn", "sticky"):
            raise not_modelled(f"bridge fdb ... {word}")
        else:
            text = words.take() if word == "to" else word
            if asked.mac is not None:
                raise garbage("to", text)
            asked.mac = text
    return asked


def _write(netns: NetNs, words: Words, verb: str) -> CommandResult:
    asked = _read(words)
    if asked.dev is None or asked.mac is None:
        raise wrong(REQUIRED)
    mac = _mac(asked.mac)
    interface = bridge_device(netns, asked.dev)
    # rtnl_fdb_add() and rtnl_fdb_del(): first the master, if it is meant, then the device itself, if it is.
    note = ""
    if asked.to_master:
        _write_bridge(netns, interface, mac, asked, verb)
    if asked.to_self or not asked.to_master:
        note = _write_self(netns, interface, mac, asked, verb)
    return said([], note)


def _mac(text: str) -> str:
    try:
        mac = mac_address(text)
    except CommandError:
        mac = ""
    if len(mac) != len(ZERO_MAC):
        raise wrong(f"Invalid mac address {text}")
    return mac


def _write_bridge(netns: NetNs, interface: Interface, mac: str, asked: Request, verb: str) -> None:
    """Write the bridge's FDB. Source: br_fdb_add(), br_fdb_delete()."""
    bridge = interface.master
    if bridge is None:
        raise refusal(UNSUPPORTED)
    now_us = netns.clock.now_us
    known = bridge.fdb.lookup(mac, now_us)
    if verb == "delete":
        if known is None or known.port != interface.name:
            raise refusal(MISSING)
        bridge.fdb.remove(mac)
        return
    if known is not None and verb == "add":
        raise refusal(EXISTS)
    entry = FdbEntry(mac, interface.name, bridge.name, asked.state == "permanent", asked.state == "static", now_us)
    bridge.fdb.put(entry)


def _write_self(netns: NetNs, interface: Interface, mac: str, asked: Request, verb: str) -> str:
    """Write the device's own FDB: a tunnel's VTEPs, a bridge's own address. Return a note, "" for none."""
    if isinstance(interface, VxlanDevice):
        return _write_vtep(interface, mac, asked, verb)
    if interface.kind == "loopback":
        raise CommandError("Error: FDB add only supported for Ethernet devices.\n", 255)
    if isinstance(interface, Bridge) and verb == "delete":
        known = interface.fdb.lookup(mac, netns.clock.now_us)
        if known is None or known.port != interface.name:
            raise refusal(MISSING)
        interface.fdb.remove(mac)
        return ""
    if verb == "delete":
        raise refusal(MISSING)
    raise not_modelled(f"an address list of {interface.name} itself", "write `master` for the bridge's FDB")


def _write_vtep(interface: VxlanDevice, mac: str, asked: Request, verb: str) -> str:
    """Write a tunnel's FDB. Source: vxlan_fdb_add(), vxlan_fdb_delete(): one VTEP for a MAC."""
    known = interface.fdb.lookup(mac)
    if verb == "delete":
        if known is None:
            raise refusal(MISSING)
        interface.fdb.remove(mac)
        return ""
    if asked.dst is None:
        raise refusal("Invalid argument")
    if asked.state != "permanent":
        raise not_modelled(f"a {asked.state} entry of a VXLAN device", "permanent ones are, and nothing is learned")
    if mac == ZERO_MAC:
        raise not_modelled("the default destination 00:00:00:00:00:00", "flannel writes an entry for each VTEP")
    if known is not None and verb == "add":
        raise refusal(EXISTS)
    if known is None or verb == "replace":
        interface.fdb.put(VtepEntry(mac, interface.name, asked.dst))
    return ""
