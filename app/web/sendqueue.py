"""What waits for one client, bounded: a client that stops reading is closed, it does not fill the memory.

python-engineio's queue has no end (its issue 133). A closed client connects again and asks for its state, which can
always be computed again.
"""

from __future__ import annotations

import logging
from typing import Any

from gevent.queue import JoinableQueue

from app.core.limits import limit

log = logging.getLogger("podwalk.web")


class CountedQueue(JoinableQueue[Any]):
    """A queue of Engine.IO packets that knows how many bytes are waiting in it."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting_bytes = 0

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Add a packet, or None for "close"."""
        self.waiting_bytes += _size(item)
        super().put(item, block, timeout)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next packet."""
        item = super().get(block, timeout)
        self.waiting_bytes -= _size(item)
        return item

    def is_full(self) -> bool:
        """Tell whether the client is too slow to be worth waiting for."""
        return self.qsize() >= limit("socket.queue_packets") or self.waiting_bytes >= limit("socket.queue_bytes")


def _size(packet: Any) -> int:
    data = getattr(packet, "data", None)
    return len(data) if isinstance(data, str) else 64


def install(engine: Any) -> None:
    """Bound the queues of `engine` (an engineio.Server in gevent mode)."""
    engine._async = {**engine._async, "queue": CountedQueue}  # noqa: SLF001  (its own hook for queues)
    send_packet = engine.send_packet

    def send_or_close(sid: str, packet: Any) -> None:
        client = engine.sockets.get(sid)
        if client is not None and client.queue.is_full():
            close_slow(client)
        else:
            send_packet(sid, packet)

    engine.send_packet = send_or_close


def close_slow(client: Any) -> None:
    """Close an Engine.IO client that does not read what it is sent."""
    log.warning("a client reads too slowly: closed with %d packets waiting", client.queue.qsize())
    client.close(wait=False, abort=True, reason="slow")
    connection = getattr(client, "podwalk_socket", None)
    if connection is not None:
        connection.ws.sock.abort()
