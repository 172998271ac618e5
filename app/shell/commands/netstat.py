"""`netstat`: sockets, routes and interfaces in the form of net-tools; the facts are those of `ss`, `ip` and the taps.

Sources: net-tools 2.10, netstat.c (tcp_do_one, udp_do_one), lib/inet_gr.c (rprint_fib), lib/interface.c
(ife_print_short); BusyBox 1.35, networking/netstat.c, for a Pod whose image is busybox. Simplified (docs/fidelity.md):
no UNIX sockets, no -s; a program's number is derived from its name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from app.dataplane.fib import Route
from app.dataplane.interface import Interface
from app.dataplane.netns import NetNs
from app.dataplane.sockets import ANY
from app.shell.iproute.route import in_order
from app.shell.processes import pid_of
from app.shell.result import CommandError, CommandResult, not_modelled, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["netstat"]

LETTERS = {
    "t": "tcp", "u": "udp", "w": "raw", "l": "listening", "a": "all", "n": "numeric", "p": "programs", "r": "routes",
    "i": "interfaces", "4": "inet",
}  # fmt: skip
LONG = {
    "--tcp": "t", "--udp": "u", "--raw": "w", "--listening": "l", "--all": "a", "--numeric": "n", "--programs": "p",
    "--program": "p", "--route": "r", "--interfaces": "i", "--inet": "4",
}  # fmt: skip
ELSEWHERE = "sgMvWecCoFNxS26XUZ"
USAGE = """\
usage: netstat [-n] {-r|-i}
       netstat [-tuw] [-l|-a] [-n] [-p]
"""
#: What ss calls a state, and what netstat does; one that UDP has not at all is blank.
STATES = {
    "ESTAB": "ESTABLISHED", "SYN-SENT": "SYN_SENT", "SYN-RECV": "SYN_RECV", "FIN-WAIT-1": "FIN_WAIT1",
    "FIN-WAIT-2": "FIN_WAIT2", "TIME-WAIT": "TIME_WAIT", "CLOSE-WAIT": "CLOSE_WAIT", "LAST-ACK": "LAST_ACK",
    "UNCONN": "",
}  # fmt: skip
WAITING = ("LISTEN", "UNCONN")
PROTOCOLS = {"tcp": "tcp", "udp": "udp", "icmp": "raw"}
SERVICES = {80: "http", 443: "https", 53: "domain"}


@COMMANDS.register("netstat")
def netstat(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Show sockets (-t -u -l -a -n -p), routes (-r) or interfaces (-i) in net-tools' form."""
    netns = at.netns
    options = _options(args, is_busybox=netns.userland == "busybox")
    if "routes" in options:
        return said(_routes(netns, options))
    if "interfaces" in options:
        return said(_interfaces(netns, options))
    return said(_sockets(netns, options))


def _options(args: Sequence[str], *, is_busybox: bool) -> set[str]:
    options: set[str] = set()
    for arg in args:
        if arg in ("help", "-h", "--help"):
            raise CommandError("", 0, USAGE)
        if not arg.startswith("-") or arg == "-":
            continue  # the real one passes it over
        for letter in LONG.get(arg, arg[1:]):
            if is_busybox and letter in "pi4":
                raise CommandError(f"netstat: invalid option -- '{letter}'\n{USAGE}", 1)
            if letter in ELSEWHERE or (arg.startswith("--") and arg not in LONG):
                raise not_modelled(f"netstat {arg}", "modelled: -t -u -w -l -a -n -p -r -i")
            if letter not in LETTERS:
                raise CommandError(f"netstat: invalid option -- '{letter}'\n{USAGE}", 3)
            options.add(LETTERS[letter])
    return options


# --- sockets ----------------------------------------------------------------------------------------------------------


class Socket(Struct, frozen=True):
    """A socket as it is printed; `program` is "" for the kernel's own."""

    proto: str
    state: str
    queues: tuple[str, str]
    local: str
    remote: str
    program: str

    def line(self, options: set[str]) -> str:
        """Return its line."""
        is_numeric = "numeric" in options
        words = (
            f"{self.proto:<5}{self.queues[0]:>7}{self.queues[1]:>7} {_end(self.local, is_numeric=is_numeric):<23} "
            f"{_end(self.remote, is_numeric=is_numeric):<23} {self.state:<11}"
        )
        return f"{words} {self.program or '-':<20}" if "programs" in options else words


def _end(text: str, *, is_numeric: bool) -> str:
    address, _, port = text.rpartition(":")
    if not is_numeric and port.isdecimal():
        port = SERVICES.get(int(port), port)
    return f"{address}:{port}"


def _sockets(netns: NetNs, options: set[str]) -> list[str]:
    asked = options & {"tcp", "udp", "raw"}
    shown = (
        "servers and established" if "all" in options else "only servers" if "listening" in options else "w/o servers"
    )
    program = f" {'PID/Program name':<20}" if "programs" in options else ""
    lines = [
        f"Active Internet connections ({shown})",
        f"Proto Recv-Q Send-Q {'Local Address':<23} {'Foreign Address':<23} {'State':<11}{program}",
    ]
    rows = sorted(_rows(netns, options), key=lambda s: list(PROTOCOLS.values()).index(s.proto))
    lines += [socket.line(options) for socket in rows if not asked or socket.proto in asked]
    if not asked and "inet" not in options:
        lines += [
            f"Active UNIX domain sockets ({shown})",
            "Proto RefCnt Flags       Type       State         I-Node   Path",
        ]
    return lines


def _rows(netns: NetNs, options: set[str]) -> list[Socket]:
    """Return the sockets in the wanted states."""
    programs = {listener.row(): listener.process for listener in netns.sockets.listeners}
    found = []
    for proto, state, row in netns.sockets.rows():
        is_waiting = state in WAITING
        if "all" not in options and is_waiting != ("listening" in options):
            continue
        _, _, receive, send, local, remote = row.split()
        process = programs.get(row, "")
        # The backlog that ss shows in the queues of a listening socket is not there in /proc/net/tcp.
        queues = ("0", "0") if is_waiting else (receive, send)
        program = f"{_pid(netns, process)}/{process}"[:19] if process else ""
        found.append(Socket(PROTOCOLS[proto], STATES.get(state, state), queues, local, remote, program))
    return found


def _pid(netns: NetNs, process: str) -> int:
    """Return a program's number: 1 in a Pod of its own, else derived from host and name."""
    if netns.name.startswith("pod/"):
        return 1
    return pid_of(netns.name, process)


# --- routes and interfaces --------------------------------------------------------------------------------------------


def _routes(netns: NetNs, options: set[str]) -> list[str]:
    """Return table main as /proc/net/route has it."""
    lines = [
        "Kernel IP routing table",
        "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface",
    ]
    routes = [r for r in in_order(netns) if r.table == "main"]
    return lines + [_route(route, is_numeric="numeric" in options) for route in routes]


def _route(route: Route, *, is_numeric: bool) -> str:
    refuses = route.type in ("unreachable", "prohibit")
    flags = "!" if refuses else "U"
    flags += ("G" if route.via else "") + ("H" if route.prefix.prefixlen == 32 and not refuses else "")
    destination = "default" if not route.prefix.prefixlen and not is_numeric else str(route.prefix.network_address)
    gateway = str(route.via or ("-" if refuses else ANY))
    nothing = "-" if refuses else "0"
    dev = "-" if refuses else route.dev or "*"
    ends = f"{destination:<15} {gateway:<15} {route.prefix.netmask!s:<15}"
    return f"{ends} {flags:<6}{nothing:>5} {nothing:<5} {nothing:>6} {dev}"


def _interfaces(netns: NetNs, options: set[str]) -> list[str]:
    """Return the interfaces that are up (all with -a), and how many frames the taps saw."""
    seen: dict[tuple[str, str], int] = {}
    for frame in netns.network.frames(netns.name):
        key = (frame.interface, frame.direction)
        seen[key] = seen.get(key, 0) + 1
    lines = ["Kernel Interface table"]
    lines.append("Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg")
    shown = [i for i in netns.interfaces.values() if i.up or "all" in options]
    return lines + [
        f"{i.name:<15} {i.mtu:>5} {seen.get((i.name, 'rx'), 0):>8} {0:>6} {0:>6} {0!s:<6} "
        f"{seen.get((i.name, 'tx'), 0):>8} {0:>6} {0:>6} {0:>6} {_flags(i)}"
        for i in sorted(shown, key=_by_name)
    ]


def _by_name(interface: Interface) -> tuple[str, int]:
    """Return the order of net-tools: by name, numbers at its end as numbers (nstrcmp)."""
    found = re.fullmatch(r"(.*?)([0-9]*)", interface.name)
    assert found is not None
    return found[1], int(found[2] or 0)


def _flags(interface: Interface) -> str:
    if interface.kind == "loopback":
        return f"L{'RU' if interface.up else ''}"
    flags = "O" if interface.kind == "ipip" else "BM"
    flags += "P" if interface.promisc else ""
    return flags + ("R" if interface.up and interface.has_carrier else "") + ("U" if interface.up else "")
