"""DNS over UDP and TCP: messages in datagrams, messages behind their length on a connection, answers that fit.

Sources: RFC 1035 section 4.2, 6891 section 6.2.3 (sizes), 7766 (TCP); miekg/dns msg_truncate.go, CoreDNS request.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address

from msgspec.structs import replace

from app.core.dnsmessage import Message, decode, encode
from app.core.dnsname import MessageError
from app.dataplane.headers import IPv4, Payload, Udp
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet
from app.dataplane.tcp import OnEvent, TcpConnection
from app.dataplane.udp import send_datagram

__all__ = ["MOST_PLAIN", "DnsProgram", "Respond", "fitted", "message_of"]

#: The largest message over UDP without EDNS.
MOST_PLAIN = 512
#: Above it CoreDNS compresses names to spare a fragment (request.go, Scrub).
COMPRESS_ABOVE = 1480
#: Takes a query, the packet that brought it, and whom to hand the answer.
Respond = Callable[[Message, Packet, Callable[[Message], None]], None]


class DnsProgram:
    """What stands behind port 53: hands each query to `respond` and sends what comes back."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def on_datagram(self, netns: NetNs, packet: Packet) -> None:
        """Take a query over UDP; what is no query is answered FORMERR as far as it can be read."""
        ip = packet.net
        assert isinstance(ip, IPv4) and isinstance(ip.payload, Udp)
        udp = ip.payload
        data = udp.payload.data.ljust(udp.payload.size, b"\0") if isinstance(udp.payload, Payload) else b""
        server, client = (ip.dst, udp.dport), (ip.src, udp.sport)

        def answer(message: Message) -> None:
            limit = max(MOST_PLAIN, query.edns.udp_size) if query is not None and query.edns else MOST_PLAIN
            _send(netns, server, client, fitted(message, limit), packet.attempt)

        query = message_of(data)
        if query is None:
            if len(data) > 2:
                ident = int.from_bytes(data[:2])
                answer(Message(id=ident, is_response=True, rcode="FORMERR"))
        elif not query.is_response:
            self.respond(query, packet, answer)

    def on_connection(self, connection: TcpConnection, packet: Packet) -> OnEvent:
        """Take queries over TCP, each behind two bytes of length."""
        waiting = bytearray()

        def on_event(event: str, data: bytes) -> None:
            if event == "eof":
                connection.close()
            if event != "data":
                return
            waiting.extend(data)
            for each in unframed(waiting):
                query = message_of(each)
                if query is not None and not query.is_response:
                    self.respond(query, packet, lambda message: connection.write(framed(message)))

        return on_event


def _send(
    netns: NetNs, server: tuple[IPv4Address, int], client: tuple[IPv4Address, int], data: bytes, attempt: int
) -> None:
    send_datagram(netns, server, client, Payload(len(data), data), "reply", attempt=attempt)


def message_of(data: bytes) -> Message | None:
    """Return the message with one question that bytes are; None where they are none."""
    try:
        message = decode(data)
    except MessageError:
        return None
    return message if len(message.questions) == 1 else None


def framed(message: Message) -> bytes:
    """Return a message as it goes over TCP."""
    data = encode(message, compress=False)
    data = data if len(data) <= 0xFFFF else encode(message)
    return len(data).to_bytes(2) + data


def unframed(read: bytearray) -> Iterator[bytes]:
    """Take the messages that are complete off the beginning of what a connection brought."""
    while len(read) >= 2 and len(read) >= (end := 2 + int.from_bytes(read[:2])):
        data = bytes(read[2:end])
        del read[:end]
        yield data


def fitted(message: Message, limit: int) -> bytes:
    """Return a message in at most `limit` bytes: in full, compressed, or with the last records left out and TC set."""
    data = encode(message, compress=False)
    if len(data) <= min(limit, COMPRESS_ABOVE):
        return data
    while len(data := encode(message)) > limit and message.records:
        if message.additional:
            message = replace(message, additional=message.additional[:-1], is_truncated=True)
        elif message.authority:
            message = replace(message, authority=message.authority[:-1], is_truncated=True)
        else:
            message = replace(message, answers=message.answers[:-1], is_truncated=True)
    return data
