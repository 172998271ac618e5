"""Puts the web application together.

headers ( gate ( Socket.IO or Flask ) )     every layer is a WSGI application round the next one
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from flask_socketio import SocketIO

from app.core.limits import limit
from app.web import events, pages, problems
from app.web.backend import Backend
from app.web.config import WebConfig
from app.web.gate import Gate
from app.web.headers import SecurityHeaders
from app.web.sandboxes import Sandboxes
from app.web.sockets import make_socketio
from app.web.storage import ProgressStore
from app.web.study import Study

EXTENSION = "podwalk"


@dataclass(frozen=True, slots=True)
class Podwalk:
    """The parts of one application, for the server that runs it and for tests: `app.extensions["podwalk"]`."""

    socketio: SocketIO
    store: ProgressStore
    study: Study
    sandboxes: Sandboxes
    clients: events.Clients


def create_app(config: WebConfig, backend: Backend) -> Flask:
    """Return the application. Raises UsageError for a damaged database."""
    sandboxes = Sandboxes(backend.make_model)
    store = ProgressStore.open(config.data_dir)
    app = Flask(__name__, template_folder=str(pages.template_folder()), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = limit("web.body_bytes")
    app.url_map.merge_slashes = False  # its redirect would repeat the request's Host and path
    socketio = make_socketio(app, config)
    study = Study(backend.course.make_player, store)
    clients = events.register(socketio, study, sandboxes, config.origins)
    gate = Gate(app.wsgi_app, config.origins)
    views = pages.Pages(backend.course, store, backend.trace_schema, gate.open_sockets)
    app.register_blueprint(pages.blueprint(views))
    pages.prepare_request(app, config.origins)
    problems.handle_problems(app)
    app.wsgi_app = SecurityHeaders(gate, config.origins)  # type: ignore[method-assign]
    app.extensions[EXTENSION] = Podwalk(socketio, store, study, sandboxes, clients)
    return app


def parts(app: Flask) -> Podwalk:
    """Return the parts of an application made by `create_app`."""
    found: Podwalk = app.extensions[EXTENSION]
    return found
