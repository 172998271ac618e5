"""The socket events of the contract: who asks, what they may see, what is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from flask import request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO

from app.core.limits import limit
from app.web import commands
from app.web.origins import is_https
from app.web.sandboxes import Sandboxes
from app.web.sockets import Answer, serve_event
from app.web.study import Study
from app.web.visitors import new_id, visitor_of


@dataclass(slots=True)
class Clients:
    """Which visitor each open socket belongs to, read once from the handshake's cookie."""

    visitors: dict[str, str]

    def admit(self, sid: str, cookies: str, *, https: bool) -> None:
        """Note a new socket; one without our cookie is a visitor whose progress nobody can ask for again.

        Raises Refused when this browser has too many tabs open.
        """
        visitor = visitor_of(cookies, https=https) or new_id()
        if Counter(self.visitors.values())[visitor] >= limit("socket.per_visitor"):
            raise Refused(f"at most {limit('socket.per_visitor')} tabs at once: close one and reload")
        self.visitors[sid] = visitor

    def owner(self, sid: str) -> str:
        """Return the visitor of an open socket."""
        return self.visitors[sid]

    def leave(self, sid: str) -> None:
        """Forget a closed socket."""
        self.visitors.pop(sid, None)


def register(socketio: SocketIO, study: Study, sandboxes: Sandboxes, origins: Collection[str]) -> Clients:
    """Put every event of the contract on `socketio`; returns the register of open sockets."""
    clients = Clients({})
    _register_connection(socketio, clients, sandboxes, origins)
    _register_lessons(socketio, clients, study)
    _register_sandbox(socketio, sandboxes)
    return clients


def _register_connection(socketio: SocketIO, clients: Clients, sandboxes: Sandboxes, origins: Collection[str]) -> None:
    def connect(_auth: object = None) -> None:
        https = is_https(request.headers.get("Host", ""), origins)
        clients.admit(request.sid, request.headers.get("Cookie", ""), https=https)  # type: ignore[attr-defined]

    def disconnect(*_reason: object) -> None:
        sid = request.sid  # type: ignore[attr-defined]
        clients.leave(sid)
        sandboxes.close(sid)

    socketio.on("connect")(connect)
    socketio.on("disconnect")(disconnect)


def _register_lessons(socketio: SocketIO, clients: Clients, study: Study) -> None:
    def open_lesson(sid: str, command: commands.OpenLesson) -> Answer:
        return study.open(clients.owner(sid), command.lesson)

    def enter_step(sid: str, command: commands.EnterStep) -> Answer:
        return study.enter(clients.owner(sid), command.lesson, command.step)

    def give_answer(sid: str, command: commands.GiveAnswer) -> Answer:
        return study.answer(clients.owner(sid), command.lesson, command.step, command.value)

    def skip_ask(sid: str, command: commands.EnterStep) -> Answer:
        return study.skip(clients.owner(sid), command.lesson, command.step)

    serve_event(socketio, "lesson.open", commands.OpenLesson, open_lesson)
    serve_event(socketio, "step.enter", commands.EnterStep, enter_step)
    serve_event(socketio, "ask.answer", commands.GiveAnswer, give_answer)
    serve_event(socketio, "ask.skip", commands.EnterStep, skip_ask)


def _register_sandbox(socketio: SocketIO, sandboxes: Sandboxes) -> None:
    def open_sandbox(sid: str, _command: commands.OpenSandbox) -> Answer:
        return sandboxes.open(sid)

    def send(sid: str, command: commands.SandboxSend) -> Answer:
        return sandboxes.send(sid, command)

    serve_event(socketio, "sandbox.open", commands.OpenSandbox, open_sandbox)
    serve_event(socketio, "sandbox.send", commands.SandboxSend, send)
