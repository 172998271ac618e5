"""Runs the application: the same stack for one student at home and for a class (gevent, simple-websocket).

A taken port gives the next free one. SIGTERM and Ctrl-C tell the clients, close their sockets and end within 3 s:
a server that stops accepting but keeps old sockets for 30 s is a 30 s outage.
"""

from __future__ import annotations

import errno
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import gevent
import gevent.event
from flask import Flask
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from app.core.errors import UsageError
from app.core.limits import limit
from app.web.application import create_app, parts
from app.web.backend import Backend
from app.web.config import WebConfig
from app.web.handler import Handler
from app.web.origins import allowed_origins, own_hosts
from app.web.sockets import say_goodbye

_GOODBYE_SECONDS = 0.4
_STOP_SECONDS = 1.0
_DEADLINE_SECONDS = 2.5
_BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Where to serve. `port` 0 takes any free one; `say` prints a line for the user; `on_ready` is given the URL."""

    host: str = "127.0.0.1"
    port: int = 5000
    origins: tuple[str, ...] = ()
    data_dir: Path | None = None
    on_ready: Callable[[str], None] | None = None
    say: Callable[[str], None] = print


def serve(options: ServeOptions, backend: Backend) -> int:
    """Serve until a signal comes; returns the exit code 0. Raises UsageError for whatever the user can mend."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    listener, port = listen(options.host, options.port)
    try:
        origins = allowed_origins(options.host, port, options.origins)
        app = create_app(WebConfig(origins, options.data_dir), backend)
    except BaseException:
        listener.close()
        raise
    server = WSGIServer(listener, app, log=None, handler_class=Handler, spawn=Pool(2 * limit("socket.total")))
    _announce(options, port, backend.notices, in_memory=parts(app).store.in_memory)
    stop = gevent.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    gc.collect()
    gc.freeze()  # templates, lessons and limits live as long as the process: no need to look at them again
    server.start()
    if options.on_ready:
        gevent.spawn(options.on_ready, f"http://{_typed(own_hosts(options.host)[0])}:{port}/")
    stop.wait()
    _shut_down(server, app, options.say)
    return 0


def _announce(options: ServeOptions, port: int, notices: Sequence[str], *, in_memory: bool) -> None:
    if options.port not in (0, port):
        options.say(f"port {options.port} is taken, using {port}")
    for notice in notices:
        options.say(notice)
    if in_memory:
        options.say("progress is kept in memory only: the data folder cannot be written (--data DIR)")
    for host in own_hosts(options.host):
        options.say(f"podwalk: http://{_typed(host)}:{port}/")
    options.say("Ctrl-C stops the server")


def _typed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _shut_down(server: WSGIServer, app: Flask, say: Callable[[str], None]) -> None:
    say("stopping")
    gevent.with_timeout(_DEADLINE_SECONDS, _close_everything, server, app, timeout_value=None)
    parts(app).store.close()


def _close_everything(server: WSGIServer, app: Flask) -> None:
    server.stop_accepting()
    say_goodbye(parts(app).socketio)
    gevent.sleep(_GOODBYE_SECONDS)
    server.stop(timeout=_STOP_SECONDS)


def listen(host: str, port: int) -> tuple[socket.socket, int]:
    """Bind `host` at `port` or at the next free one; returns the listening socket and its port.

    Raises UsageError if the address is not this machine's, or no port is free among the next ones.
    """
    if not 0 <= port <= 65_535:
        raise UsageError(f"{port} is not a port", hint="A port is 0 (any free one) to 65535.")
    last = min(port + limit("web.port_tries"), 65_535)
    for candidate in range(port, last + 1):
        try:
            return _bound(host, candidate)
        except socket.gaierror:
            raise UsageError(
                f"no address is known for host '{host}'", hint="Pass an address, e.g. --host 127.0.0.1."
            ) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise UsageError(f"cannot listen on {host} port {candidate}: {error.strerror}") from None
    raise UsageError(f"ports {port} to {last} are all taken", hint="Pass another --port, or 0 for any free one.")


def _bound(host: str, port: int) -> tuple[socket.socket, int]:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener, int(listener.getsockname()[1])
