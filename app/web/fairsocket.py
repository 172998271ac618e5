"""One WebSocket connection that cannot hurt the others.

    kernel --recv--> FairSocket --> wsproto --> Connection --> inbox --> wait() --> Engine.IO
              bytes a second,         messages a second,         grammar, one hello
              yield after each read   size, no compression

Without it one client that sends without pause stops the whole server (its reader never yields), one 200 MB message
is held in memory before its size is looked at, and a 300 KB compressed frame unpacks to 300 MB. `install` puts it in
the place where python-engineio looks for its WebSocket class and refuses to start if that place has moved.
Source: RFC 6455; simple_websocket.Base._thread; engineio.socket.Socket._upgrade_websocket.
"""

from __future__ import annotations

import functools
import socket as sockets
import struct
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import gevent
import gevent.event
import gevent.lock
import gevent.selectors
import simple_websocket
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Request
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import ProtocolError

from app.core.limits import limit
from app.web.bucket import TokenBucket
from app.web.headers import SECURITY_HEADERS, Environ, StartResponse
from app.web.packets import is_hello, is_lawful

_READ_BYTES = 1024  # do not wake up for less while a client is being slowed down
_LINGER_SECONDS = 1.0
_LINGER_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one client may do. Rates are per second."""

    message_bytes: int
    bytes_per_second: int
    bytes_burst: int
    messages_per_second: int
    messages_burst: int
    messages_over: int
    send_buffer_bytes: int
    hello_seconds: int
    silence_seconds: int

    @classmethod
    def read(cls) -> SocketLimits:
        """Return the limits of app/limits.toml."""
        names = [name for name in cls.__dataclass_fields__ if name != "silence_seconds"]
        silence = limit("socket.ping_seconds") + limit("socket.ping_timeout_seconds")
        return cls(**{name: limit(f"socket.{name}") for name in names}, silence_seconds=silence)


class FloodError(OSError):
    """The client sent more messages than it may; an OSError, because that is what ends simple_websocket's reader."""


class FairSocket:
    """A client's socket: reads at most its share and then lets the others run; writes whole messages, one at a time."""

    def __init__(self, sock: Any, limits: SocketLimits) -> None:
        self._sock = sock
        self._bytes = TokenBucket(limits.bytes_per_second, limits.bytes_burst, time.monotonic)
        self._writing = gevent.lock.RLock()
        sock.settimeout(limits.silence_seconds)
        sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, limits.send_buffer_bytes)

    def recv(self, size: int) -> bytes:
        """Read up to `size` bytes from the client's share, then yield; empty means that the client is gone."""
        gevent.sleep(self._bytes.seconds_until(_READ_BYTES))
        data: bytes = self._sock.recv(min(size, int(self._bytes.level())))
        self._bytes.take(len(data))
        return data

    def send(self, data: bytes) -> int:
        """Write all of `data`: a partial write would break the stream of frames."""
        with self._writing:
            self._sock.sendall(data)
        return len(data)

    def close(self) -> None:
        """Say that nothing more comes, let the client read it, and close (lingering close, as nginx calls it)."""
        with suppress(OSError):
            self._sock.shutdown(sockets.SHUT_WR)
            if not gevent.with_timeout(_LINGER_SECONDS, self._drain, timeout_value=True):
                # it is still sending: a plain close with an empty receive queue says nothing, and would leave a sender
                # that waits for our window waiting for minutes; a reset tells it
                self._sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()
        self._sock.close()

    def _drain(self) -> bool:
        """Read what the client still sends; False if it sends more than it is worth reading."""
        left = _LINGER_BYTES
        while left > 0:
            data = self._sock.recv(65_536)
            if not data:
                return True
            left -= len(data)
            gevent.sleep(0)
        return False

    def release(self) -> None:
        """Give up our handle on the connection; the HTTP server has its own and answers the failed handshake."""
        self._sock.close()

    def abort(self) -> None:
        """End the connection at once, whoever is reading or writing."""
        with suppress(OSError):  # already closed
            self._sock.shutdown(sockets.SHUT_RDWR)


class Connection(WSConnection):
    """The protocol without compression, our headers on the handshake, every frame counted before it is acted on."""

    def __init__(self, on_frame: Callable[[], None]) -> None:
        super().__init__(ConnectionType.SERVER)
        self._on_frame = on_frame

    def send(self, event: Event) -> bytes:
        """Return the bytes of `event`; an accepted handshake offers no extension."""
        if isinstance(event, AcceptConnection):
            headers = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS]
            event = replace(event, extensions=[], extra_headers=headers)
        return super().send(event)

    def events(self) -> Generator[Event, None, None]:
        """Yield what arrived; every frame but the handshake is counted first."""
        for event in super().events():
            if not isinstance(event, Request):
                self._on_frame()
            yield event


class FairServer(simple_websocket.Server):  # type: ignore[misc]  # simple_websocket publishes no types
    """simple_websocket's server behind a FairSocket and a Connection, with a limit on the size of a message."""

    def __init__(self, environ: Environ, limits: SocketLimits, **classes: Any) -> None:
        self._limits = limits
        self._messages = TokenBucket(limits.messages_per_second, limits.messages_burst, time.monotonic)
        super().__init__(environ, max_message_size=limits.message_bytes, **classes)

    def handshake(self) -> None:
        """Answer the upgrade request; called by the base class before its reader starts."""
        self.sock: Any = FairSocket(self.sock, self._limits)
        self.ws = Connection(self._count)
        try:
            super().handshake()
        finally:
            if not self.connected:
                self.sock.release()

    def _count(self) -> None:
        if self._messages.take() < -self._limits.messages_over:
            self.sock.send(self.ws.send(CloseConnection(CloseReason.POLICY_VIOLATION, "too many messages")))
            raise FloodError("too many messages")


class FairWebSocket:
    """The WebSocket class that python-engineio calls: WSGI application, `wait`, `send`, `close`."""

    def __init__(self, limits: SocketLimits, handler: Callable[[Any], Any], engine: Any) -> None:
        self._limits = limits
        self._handler = handler
        self._classes = {
            "thread_class": engine._async["thread"],  # noqa: SLF001  (the hook that `install` has checked)
            "event_class": gevent.event.Event,
            "selector_class": gevent.selectors.DefaultSelector,
        }
        self._greeted = False
        self._owner = getattr(handler, "__self__", None)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Run the connection to its end."""
        try:
            self.ws = FairServer(environ, self._limits, **self._classes)
        except (ProtocolError, simple_websocket.ConnectionError):
            if self._owner is not None:
                self._owner.close(wait=False, abort=True)
            start_response("400 Bad Request", [("Content-Type", "text/plain"), ("Connection", "close")])
            return [b"not a WebSocket handshake\n"]
        if self._owner is not None:
            self._owner.podwalk_socket = self
        deadline = gevent.spawn_later(self._limits.hello_seconds, self._expect_hello)
        try:
            self._handler(self)
        finally:
            deadline.kill(block=False)
            self.hang_up()
            if self._owner is not None:
                self._owner.podwalk_socket = None  # Engine.IO's ping timer keeps its client for another 25 s
        return []

    def _expect_hello(self) -> None:
        if not self._greeted:
            self.hang_up(CloseReason.POLICY_VIOLATION, "no hello")

    def wait(self) -> str | None:
        """Return the next message of the client, None when there is no client any more. Yields to the others first."""
        gevent.sleep(0)
        try:
            message = self.ws.receive()
        except simple_websocket.ConnectionClosed:
            return None
        if not isinstance(message, str):
            reason = CloseReason.UNSUPPORTED_DATA if message is not None else CloseReason.NORMAL_CLOSURE
            self.hang_up(reason, "text only")
            return None
        if not is_lawful(message) or (self._greeted and is_hello(message)):
            self.hang_up(CloseReason.PROTOCOL_ERROR, "not a packet of this protocol")
            return None
        self._greeted = self._greeted or is_hello(message)
        return message

    def send(self, message: str) -> None:
        """Send one text message; OSError if the client is gone."""
        try:
            self.ws.send(message)
        except simple_websocket.ConnectionClosed as closed:
            raise OSError("the client is gone") from closed

    def close(self) -> None:
        """Close in good order; called by Engine.IO's writer when it has nothing left to send."""
        self.hang_up()

    def hang_up(self, code: int = CloseReason.NORMAL_CLOSURE, reason: str = "") -> None:
        """Send a close frame, wake up whoever waits, and end the connection a moment later."""
        if self.ws.connected:
            gevent.spawn(self._say_goodbye, code, reason)
        self.ws.connected = False
        self.ws.event.set()

    def _say_goodbye(self, code: int, reason: str) -> None:
        gevent.spawn_later(_LINGER_SECONDS, self.ws.sock.abort)
        with suppress(OSError, ProtocolError):  # the client closed first
            self.ws.sock.send(self.ws.ws.send(CloseConnection(code, reason)))


def install(engine: Any, limits: SocketLimits) -> None:
    """Make `engine` (an engineio.Server in gevent mode) use FairWebSocket; RuntimeError if the hook has moved."""
    hooks: dict[str, Any] = getattr(engine, "_async", None) or {}
    if not {"websocket", "thread", "queue"} <= hooks.keys():
        raise RuntimeError("python-engineio has moved its WebSocket hook: the fair reader cannot be installed")
    for owner, name in ((simple_websocket.Server, "handshake"), (simple_websocket.Server, "_handle_events")):
        if not callable(getattr(owner, name, None)):
            raise RuntimeError(  # noqa: TRY004
                f"simple-websocket has no {name} any more: the fair reader cannot be installed"
            )
    engine._async = {**hooks, "websocket": functools.partial(FairWebSocket, limits)}  # noqa: SLF001
