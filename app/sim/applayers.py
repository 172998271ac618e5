"""From application bytes to the layers of a trace: what a bystander sees in one packet, as Wireshark shows it."""

from __future__ import annotations

from app.dataplane.headers import L4, Payload, Tcp
from app.sim.trace import HttpLayer, Layer, PayloadLayer, TlsLayer
from app.workloads.http.sight import sight_of_http
from app.workloads.tls.sight import sight_of_tls

__all__ = ["application_layers"]


def application_layers(l4: L4, payload: Payload) -> list[Layer]:
    """Return the layers behind a transport header: what begins in this packet by name, else so many bytes."""
    if payload.size == 0:
        return []
    if isinstance(l4, Tcp) and payload.data:
        http = sight_of_http(payload.data)
        if http is not None:
            return [HttpLayer(payload.size, http.line, http.host, http.text)]
        tls = sight_of_tls(payload.data)
        if tls is not None:
            return [TlsLayer(payload.size, ", ".join(tls.records), tls.server_name)]
    return [PayloadLayer(payload.size, payload.text)]
