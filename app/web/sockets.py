"""Socket.IO as this server runs it, and the guard round every event.

websocket only, text only, handlers in the client's own reader and in order, every question answered by its ack.
Nothing is sent to anybody but the one who asked, except through `emit_to`, which refuses an unset receiver
(`emit(..., to=None)` goes to every client of every tenant).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, request
from flask_socketio import SocketIO

from app.core.errors import PodwalkError
from app.core.limits import limit
from app.web import commands, fairsocket, sendqueue
from app.web.commands import Command
from app.web.config import WebConfig
from app.web.packets import MALFORMED, FastPacket

log = logging.getLogger("podwalk.web")
library_log = logging.getLogger("podwalk.socketio")
library_log.setLevel(logging.ERROR)  # below that the libraries log what clients say

Answer = dict[str, Any]
Handler = Callable[[str, Any], Answer]
"""Takes the socket's id and the checked command, returns the answer without `ok`."""


def make_socketio(app: Flask, config: WebConfig) -> SocketIO:
    """Return the Socket.IO server of `app`; in gevent mode with the fair reader and bounded queues in place."""
    socketio = SocketIO(
        app,
        async_mode=config.async_mode,
        transports=["websocket"],
        allow_upgrades=False,
        cors_allowed_origins=list(config.origins),
        manage_session=False,
        async_handlers=False,
        serializer=FastPacket,
        http_compression=False,
        max_http_buffer_size=limit("socket.message_bytes"),
        ping_interval=limit("socket.ping_seconds"),
        ping_timeout=limit("socket.ping_timeout_seconds"),
        logger=library_log,
        engineio_logger=library_log,
    )
    if config.async_mode == "gevent":
        fairsocket.install(socketio.server.eio, fairsocket.SocketLimits.read())
        sendqueue.install(socketio.server.eio)
    socketio.on(MALFORMED)(_close_malformed(socketio))
    socketio.on("*")(_unknown_event)
    return socketio


def serve_event(socketio: SocketIO, event: str, model: type[Command], handler: Handler) -> None:
    """Answer `event` with what `handler` returns; whatever goes wrong is an answer too."""

    def run(*args: object) -> Answer:
        return guarded(event, lambda: handler(request.sid, commands.read(model, event, args)))  # type: ignore[attr-defined]

    socketio.on(event)(run)


def guarded(event: str, act: Callable[[], Answer]) -> Answer:
    """Run `act`: its answer with ok, the user's mistake as an error, our own as an id that the log explains."""
    try:
        return {"ok": True, **act()}
    except PodwalkError as error:
        return failure(error.message, error.hint)
    except Exception:
        error_id = secrets.token_hex(4)
        log.exception("error %s in %s", error_id, event)
        return failure(
            f"something broke in the server (error {error_id})", "Try again; if it stays, report this number."
        )


def failure(message: str, hint: str = "") -> Answer:
    """Return the answer of an event that did not work."""
    return {"ok": False, "error": {"message": message, "hint": hint}}


def _unknown_event(*_: object) -> Answer:
    return failure("unknown event", "Reload the page: it may be older or newer than the server.")


def _close_malformed(socketio: SocketIO) -> Callable[..., None]:
    def close(*_: object) -> None:
        server = socketio.server
        sid = request.sid  # type: ignore[attr-defined]
        client = server.eio.sockets.get(server.manager.eio_sid_from_sid(sid, "/"))
        if client is not None:
            client.close(wait=False, reason=MALFORMED)

    return close


def emit_to(socketio: SocketIO, receiver: str, event: str, data: Answer) -> None:
    """Send an event to one socket. ValueError for an unset receiver, which would mean everybody."""
    if not receiver:
        raise ValueError("an event needs a receiver")
    socketio.server.emit(event, data, to=receiver, ignore_queue=True)


def say_goodbye(socketio: SocketIO) -> None:
    """Tell every client, one by one, that the server stops, and close their sockets."""
    engine = socketio.server.eio
    for sid, _ in list(socketio.server.manager.get_participants("/", None)):
        emit_to(socketio, sid, "server.closing", {"reason": "restart"})
    for client in list(engine.sockets.values()):
        client.close(wait=False, reason="server stops")
