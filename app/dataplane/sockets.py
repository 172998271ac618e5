"""The sockets of a namespace: who listens, who waits for an answer, and how `ss` prints them.

Sources: ss(8); Linux net/ipv4/inet_hashtables.c, ping.c, udp.c. The protocol machines are in tcp.py and udp.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from app.dataplane.headers import Icmp, Ipip, IPv4, Tcp, Udp
from app.dataplane.hop import Evidence, Skipped, Text
from app.dataplane.packet import Packet

if TYPE_CHECKING:
    from app.dataplane.netns import NetNs
    from app.dataplane.tcp import TcpConnection

__all__ = ["ANY", "Listener", "PingSocket", "Program", "Sender", "SocketTable", "UdpSocket", "ss_row"]

ANY = IPv4Address(0)
Port = tuple[str, int]


class Program(Protocol):
    """What answers behind a listening socket."""

    def on_datagram(self, netns: NetNs, packet: Packet) -> None:
        """Take a datagram; the answer is sent with `send_datagram`."""
        ...

    def on_connection(self, connection: TcpConnection, packet: Packet) -> Callable[[str, bytes], None]:
        """Take a connection that `packet` opened; return who is told of its events (see TcpConnection)."""
        ...


class Listener(Struct, frozen=True):
    """A socket that waits for clients: `proto` "tcp" or "udp", `address` 0.0.0.0 for all, and the program behind it.

    Without a `program` it sends back what comes. Where the program only holds the port (`is_served` False), the kernel
    opens connections and nobody ever answers.
    """

    proto: str
    port: int
    process: str
    address: IPv4Address = ANY
    is_served: bool = True
    program: Program | None = None

    def row(self) -> str:
        """Return the line of `ss -ltun`."""
        state, backlog = ("LISTEN", 511) if self.proto == "tcp" else ("UNCONN", 0)
        return ss_row(self.proto, state, 0, backlog, f"{self.address}:{self.port}", "0.0.0.0:*")


class Sender(Protocol):
    """What an ICMP error is delivered to: a socket that has sent something."""

    def on_error(self, type_: int, code: int, packet: Packet) -> None:
        """Learn of an ICMP error."""
        ...

    def evidence(self) -> Evidence:
        """Return the socket as `ss` shows it."""
        ...


class PingSocket:
    """The socket of one `ping`: it takes echo replies with its id, and errors about its requests."""

    def __init__(
        self, ident: int, on_reply: Callable[[Packet], None], on_error: Callable[[int, int, Packet], None]
    ) -> None:
        self.ident = ident
        self.on_reply = on_reply
        self.on_error = on_error

    def row(self) -> str:
        """Return the line of `ss -an`."""
        return ss_row("icmp", "UNCONN", 0, 0, f"0.0.0.0:{self.ident}", "0.0.0.0:*")

    def evidence(self) -> Evidence:
        """Return the socket as evidence."""
        return Text("ss -an", self.row())


class UdpSocket:
    """A connected UDP socket of a client."""

    def __init__(
        self,
        local: tuple[IPv4Address, int],
        remote: tuple[IPv4Address, int],
        on_data: Callable[[Packet], None],
        on_error: Callable[[int, int, Packet], None],
    ) -> None:
        self.local = local
        self.remote = remote
        self.on_data = on_data
        self.on_error = on_error

    def row(self) -> str:
        """Return the line of `ss -an`."""
        return ss_row("udp", "ESTAB", 0, 0, f"{self.local[0]}:{self.local[1]}", f"{self.remote[0]}:{self.remote[1]}")

    def evidence(self) -> Evidence:
        """Return the socket as evidence."""
        return Text("ss -an", self.row())


class Connection(Sender, Protocol):
    """One end of a TCP connection, as far as the table knows it."""

    local: tuple[IPv4Address, int]
    remote: tuple[IPv4Address, int]

    def row(self) -> str:
        """Return the line of `ss -an`."""
        ...

    def segment(self, packet: Packet) -> None:
        """Take a segment."""
        ...


Tuple4 = tuple[IPv4Address, int, IPv4Address, int]


class SocketTable:
    """All sockets of one namespace."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.connections: dict[Tuple4, Connection] = {}
        self.udp: dict[tuple[IPv4Address, int], UdpSocket] = {}
        self.pings: dict[int, PingSocket] = {}
        #: UDP ports that a VXLAN device listens on in the kernel; `ss` shows them without a process.
        self.vxlan_ports: set[int] = set()

    def listen(self, listener: Listener) -> None:
        """Open a listening socket; a second one on the same port and address is refused with ValueError."""
        if any(
            (o.proto, o.port, o.address) == (listener.proto, listener.port, listener.address) for o in self.listeners
        ):
            raise ValueError(f"bind: Address already in use ({listener.proto}/{listener.port})")
        self.listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Close a listening socket; nothing happens where it is closed already."""
        self.listeners = [other for other in self.listeners if other is not listener]

    def find_listener(self, proto: str, address: IPv4Address, port: int) -> Listener | None:
        """Return who listens on `port` for `address`; a socket bound to that address goes before one bound to all."""
        fitting = [o for o in self.listeners if (o.proto, o.port) == (proto, port) and o.address in (address, ANY)]
        return max(fitting, key=lambda o: o.address == address, default=None)

    def find_connection(self, ip: IPv4, tcp: Tcp) -> Connection | None:
        """Return the connection a segment belongs to."""
        return self.connections.get((ip.dst, tcp.dport, ip.src, tcp.sport))

    def asked_from(self, local: IPv4Address, port: int) -> tuple[IPv4Address, int] | None:
        """Return whom a connection of that local address and port is with, None where there is no such connection."""
        return next((key[2:] for key in self.connections if key[:2] == (local, port)), None)

    def find_ping(self, ident: int) -> PingSocket | None:
        """Return the ping socket with that id."""
        return self.pings.get(ident)

    def find_sender(self, quoted: IPv4) -> Sender | None:
        """Return the socket that sent the packet which an ICMP error quotes."""
        l4 = quoted.payload
        if isinstance(l4, Icmp):
            return self.pings.get(l4.ident)
        if isinstance(l4, Udp):
            return self.udp.get((quoted.src, l4.sport))
        if isinstance(l4, Ipip):
            return None
        return self.connections.get((quoted.src, l4.sport, quoted.dst, l4.dport))

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield every socket as (protocol, state, line of `ss`)."""
        for port in sorted(self.vxlan_ports):
            yield "udp", "UNCONN", vxlan_row(port)
        for listener in self.listeners:
            yield listener.proto, "LISTEN" if listener.proto == "tcp" else "UNCONN", listener.row()
        for ping in self.pings.values():
            yield "icmp", "UNCONN", ping.row()
        for udp in self.udp.values():
            yield "udp", "ESTAB", udp.row()
        for connection in self.connections.values():
            yield "tcp", connection.row().split()[1], connection.row()

    def close(self, row: str) -> None:
        """Close the socket that `ss` prints as `row`, as `ss -K` does (inet_diag's SOCK_DESTROY).

        The kernel's own socket of a VXLAN device stays: nobody's program holds it.
        """
        self.listeners = [o for o in self.listeners if o.row() != row]
        self.pings = {k: s for k, s in self.pings.items() if s.row() != row}
        self.udp = {k: s for k, s in self.udp.items() if s.row() != row}
        self.connections = {k: s for k, s in self.connections.items() if s.row() != row}

    def listener_evidence(self, listener: Listener) -> Evidence:
        """Return the listening socket that took a packet."""
        return Text("ss -ltun", listener.row())

    def no_socket_evidence(self, proto: str, port: int) -> Evidence:
        """Return the proof that nobody listens: every listening socket of the protocol, and why it is not the one."""
        rows = [o for o in self.listeners if o.proto == proto]
        skipped = tuple(Skipped(o.row(), f"{o.proto}/{o.port} ≠ {proto}/{port}") for o in rows)
        return Text("ss -ltun" if proto in ("tcp", "udp") else "ss -an", "", skipped)

    def vxlan_evidence(self, port: int) -> Evidence:
        """Return the kernel's own UDP socket that a VXLAN device listens on."""
        return Text("ss -ltun", vxlan_row(port))


def vxlan_row(port: int) -> str:
    """Return how `ss -ltun` shows the kernel's VXLAN socket."""
    return ss_row("udp", "UNCONN", 0, 0, f"0.0.0.0:{port}", "0.0.0.0:*")


def ss_row(proto: str, state: str, recv_q: int, send_q: int, local: str, peer: str) -> str:
    """Return one line of `ss`: Netid, State, Recv-Q, Send-Q, Local Address:Port, Peer Address:Port."""
    return f"{proto:<6}{state:<11}{recv_q:<7}{send_q:<7}{local:>22} {peer:>22}"
