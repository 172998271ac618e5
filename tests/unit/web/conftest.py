"""An application with fakes below it, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.web.application import create_app, parts
from app.web.config import WebConfig
from tests.unit.web.fakes import fake_backend
from tests.unit.web.livetools import LiveServer

ORIGIN = "http://127.0.0.1:5000"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    made = create_app(WebConfig((ORIGIN,), tmp_path, async_mode="threading"), fake_backend())
    yield made
    parts(made).store.close()


@pytest.fixture
def connect(app: Flask) -> Any:
    """Return a function that opens one socket of a browser; `browser` keeps the cookie between sockets."""

    def open_socket(browser: Any = None) -> Any:
        http = browser or app.test_client()
        if http.get_cookie("podwalk_id") is None:
            http.get("/")
        return parts(app).socketio.test_client(app, flask_test_client=http)

    return open_socket


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer.start(tmp_path_factory.mktemp("data")) as running:
        yield running
