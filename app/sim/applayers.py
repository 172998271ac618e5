"""From application bytes to the layers of a trace: what a bystander sees in one packet, as Wireshark shows it."""

from __future__ import annotations

from app.dataplane.headers import L4, Payload, Tcp, Udp
from app.sim.trace import DnsLayer, HttpLayer, Layer, PayloadLayer, TlsLayer
from app.workloads.dns.transport import message_of
from app.workloads.http.sight import sight_of_http
from app.workloads.tls.sight import sight_of_tls

__all__ = ["application_layers"]

DNS_PORT = 53


def application_layers(l4: L4, payload: Payload) -> list[Layer]:
    """Return the layers behind a transport header: what begins in this packet by name, else so many bytes."""
    if payload.size == 0:
        return []
    if isinstance(l4, (Tcp, Udp)) and DNS_PORT in (l4.sport, l4.dport):
        dns = _dns(payload.data[2:] if isinstance(l4, Tcp) else payload.data, payload.size)
        if dns is not None:
            return [dns]
    if isinstance(l4, Tcp) and payload.data:
        http = sight_of_http(payload.data)
        if http is not None:
            return [HttpLayer(payload.size, http.line, http.host, http.text)]
        tls = sight_of_tls(payload.data)
        if tls is not None:
            return [TlsLayer(payload.size, ", ".join(tls.records), tls.server_name)]
    return [PayloadLayer(payload.size, payload.text)]


def _dns(data: bytes, size: int) -> DnsLayer | None:
    """Return the layer of a DNS message; None where the bytes are none."""
    message = message_of(data)
    if message is None:
        return None
    question = message.questions[0]
    answers = [f"{record.type} {record.data}" for record in message.answers]
    rcode = message.rcode if message.is_response else ""
    return DnsLayer(size, message.id, question.name, question.type, " ".join(message.flags), rcode, answers)
