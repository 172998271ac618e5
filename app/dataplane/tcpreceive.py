"""A TCP segment for this host: it belongs to a connection, opens one at a listener, or is nobody's.

Source: Linux net/ipv4/tcp_ipv4.c, tcp_v4_rcv(), tcp_v4_send_reset().
"""

from __future__ import annotations

from app.core.addresstext import address_text
from app.dataplane.headers import TCP_HEADER, IPv4, Tcp
from app.dataplane.icmp import default_ttl
from app.dataplane.interface import Interface
from app.dataplane.ip import send_local
from app.dataplane.netns import NetNs
from app.dataplane.packet import Leg, Packet, ip_packet
from app.dataplane.sockets import Listener
from app.dataplane.tcp import OnEvent, TcpConnection

__all__ = ["PROBE_LINE", "echo", "tcp_receive"]

#: What a question `tcp://` sends.
PROBE_LINE = b"hello from podwalk\n"


def tcp_receive(dev: Interface, packet: Packet) -> None:
    """Take a segment for this host: a connection's, a listener's, or nobody's (RST)."""
    netns, ip = dev.netns, packet.net
    assert isinstance(ip, IPv4) and isinstance(ip.payload, Tcp)
    tcp = ip.payload
    connection = netns.sockets.find_connection(ip, tcp)
    if connection is not None:
        params: dict[str, str | int] = {"src": address_text(ip.src), "flags": tcp.flags, "port": tcp.dport}
        netns.hop(packet, "deliver", dev.name, "socket", "deliver-tcp", params, connection.evidence())
        connection.segment(packet)
        return
    listener = netns.sockets.find_listener("tcp", ip.dst, tcp.dport)
    if listener is not None and tcp.flags == "S":
        params = {"src": address_text(ip.src), "port": tcp.dport, "process": listener.process}
        netns.hop(packet, "accept", dev.name, "socket", "accept-tcp", params, netns.sockets.listener_evidence(listener))
        serve(listener, netns, packet).answer_syn(packet)
        return
    _refuse(dev, packet, ip, tcp)


def serve(listener: Listener, netns: NetNs, packet: Packet) -> TcpConnection:
    """Return the server's end of a new connection that `packet` opens, its program at work.

    One that nobody accepts stays in the backlog: the kernel acknowledges what comes, and that is all.
    """
    ip = packet.net
    assert isinstance(ip, IPv4) and isinstance(ip.payload, Tcp)
    local, remote = (ip.dst, ip.payload.dport), (ip.src, ip.payload.sport)
    connection = TcpConnection(netns, local, remote, lambda _event, _data: None)
    if listener.is_served:
        program = listener.program
        connection.listen_to(
            echo(connection) if program is None else _probed(connection, program.on_connection(connection, packet))
        )
    return connection


def _probed(connection: TcpConnection, on_event: OnEvent) -> OnEvent:
    """Return the program behind a socket, but for a connection that begins with PROBE_LINE: that one is echoed.

    A question `tcp://` is about the way to a socket: its line comes back from whoever holds that (docs/fidelity.md).
    """

    def first(event: str, data: bytes) -> None:
        taker = echo(connection) if event == "data" and data == PROBE_LINE else on_event
        connection.listen_to(taker)
        taker(event, data)

    return first


def echo(connection: TcpConnection) -> OnEvent:
    """Return a program that sends back the line it reads, and closes when the client does."""

    def on_event(event: str, data: bytes) -> None:
        if event == "data":
            connection.write(data)
        elif event == "eof":
            connection.close()

    return on_event


def _refuse(dev: Interface, packet: Packet, ip: IPv4, tcp: Tcp) -> None:
    """Answer a segment that belongs to nobody with a RST; a RST itself is not answered. Source: tcp_v4_send_reset()."""
    netns = dev.netns
    params: dict[str, str | int] = {"src": address_text(ip.src), "port": tcp.dport, "flags": tcp.flags}
    evidence = netns.sockets.no_socket_evidence("tcp", tcp.dport)
    if "R" in tcp.flags:
        netns.hop(packet, "drop", dev.name, "socket", "drop-no-socket-rst", params, evidence)
        return
    asked = netns.sockets.asked_from(ip.dst, tcp.dport)
    if asked is None:
        netns.hop(packet, "refuse", dev.name, "socket", "refuse-tcp", params, evidence)
    else:
        params |= {"sport": tcp.sport, "asked": f"{address_text(asked[0])}:{asked[1]}"}
        netns.hop(packet, "refuse", dev.name, "socket", "refuse-tcp-stranger", params, evidence)
    if "A" in tcp.flags:
        reset = Tcp(tcp.dport, tcp.sport, "R", tcp.ack, 0)
    else:
        reset = Tcp(tcp.dport, tcp.sport, "RA", 0, tcp.seq + tcp.payload.size + 1)
    leg: Leg = "client-rst" if packet.leg == "reply" else "reply" if packet.leg == "request" else "data"
    answer = ip_packet(ip.dst, ip.src, reset, ttl=default_ttl(netns), df=True)
    assert answer.length == 20 + TCP_HEADER
    send_local(netns, Packet(netns.network.next_number(), leg, packet.attempt, None, answer))
