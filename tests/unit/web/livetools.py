"""A server in a process of its own, and a WebSocket client made of wsproto and a plain socket."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.extensions import PerMessageDeflate
from wsproto.utilities import LocalProtocolError

ROOT = Path(__file__).resolve().parents[3]
HANDSHAKE = "/socket.io/?EIO=4&transport=websocket"


@dataclass
class LiveServer:
    process: subprocess.Popen[str]
    port: int
    lines: list[str] = field(default_factory=list)

    @classmethod
    def start(
        cls, data: Path, port: int = 0, module: str = "tests.unit.web.fake_server", extra: Sequence[str] = ()
    ) -> Self:
        command = [sys.executable, "-W", "error", "-m", module, str(data), str(port), *extra]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            found = re.search(r"podwalk: http://127\.0\.0\.1:(\d+)/", line)
            if found:
                server = cls(process, int(found[1]), lines)
                threading.Thread(target=server._read, daemon=True).start()
                server._wait_until_up()
                return server
        process.wait(timeout=10)
        process.stdout.close()
        raise AssertionError("the server did not start:\n" + "".join(lines))

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines += self.process.stdout

    def _wait_until_up(self) -> None:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self, words: str, seconds: float = 5.0) -> bool:
        """Wait until a line of the server's output holds `words`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if any(words in line for line in list(self.lines)):
                return True
            time.sleep(0.02)
        return False

    def memory_kib(self) -> int:
        """Peak resident memory of the process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1])

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send the signal; return the exit code and the seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(timeout=10)
        return code, time.monotonic() - begun

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.stop()
        if self.process.stdout is not None:
            self.process.stdout.close()


def http(port: int, head: str, body: bytes = b"", timeout: float = 5.0) -> str:
    """Send raw bytes and return everything that comes back until the server closes or `timeout`."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        sock.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n")
        with suppress(OSError):  # the server may close before it has read it all
            sock.sendall(body)
        return _read_all(sock)


def _read_all(sock: socket.socket) -> str:
    parts = []
    try:
        while data := sock.recv(65_536):
            parts.append(data)
    except OSError:
        pass
    return b"".join(parts).decode("latin-1")


class Browser:
    """One WebSocket. Strings in, strings out; `close_code` once the server has closed."""

    def __init__(
        self,
        port: int,
        *,
        origin: str | None = "",
        cookie: str = "",
        path: str = HANDSHAKE,
        deflate: bool = False,
        receive_buffer: int = 0,
    ) -> None:
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(5)
        self.sock.connect(("127.0.0.1", port))
        self.ws = WSConnection(ConnectionType.CLIENT)
        self.inbox: list[Event] = []
        self.close_code: int | None = None
        self.number = 0
        own = f"http://127.0.0.1:{port}"
        headers = [] if origin is None else [(b"origin", (origin or own).encode())]
        headers += [(b"cookie", cookie.encode())] if cookie else []
        request = Request(
            host=f"127.0.0.1:{port}",
            target=path,
            extra_headers=headers,
            extensions=[PerMessageDeflate()] if deflate else [],
        )
        self.sock.sendall(self.ws.send(request))
        self.answer = self._event()

    @property
    def status(self) -> int:
        """HTTP status of the handshake."""
        if isinstance(self.answer, AcceptConnection):
            return 101
        assert isinstance(self.answer, RejectConnection)
        return self.answer.status_code

    def _event(self) -> Event:
        while not self.inbox:
            data = self.sock.recv(65_536)
            if not data:
                raise ConnectionError("the server is gone")
            self.ws.receive_data(data)
            self.inbox += self.ws.events()
        return self.inbox.pop(0)

    def send(self, text: str) -> None:
        self.sock.sendall(self.ws.send(Message(data=text)))

    def send_event(self, event: Event) -> None:
        self.sock.sendall(self.ws.send(event))

    def receive(self, timeout: float = 5.0) -> str | None:
        """Return the next message; None once the connection is closed."""
        self.sock.settimeout(timeout)
        text = ""
        while True:
            try:
                event = self._event()
            except (ConnectionError, LocalProtocolError):
                return None
            if isinstance(event, CloseConnection):
                self.close_code = int(event.code)
                return None
            if isinstance(event, Ping):
                self.send_event(event.response())
            elif isinstance(event, TextMessage | BytesMessage):
                text += str(event.data)
                if event.message_finished and text == "2":
                    self.send("3")
                    text = ""
                elif event.message_finished:
                    return text

    def hello(self) -> Self:
        assert (self.receive() or "").startswith("0{")
        self.send("40")
        assert (self.receive() or "").startswith("40{")
        return self

    def ask(self, event: str, payload: object, timeout: float = 5.0) -> Any:
        """Send an event and return its acknowledgement."""
        self.number += 1
        self.send(f"42{self.number}{json.dumps([event, payload])}")
        while (message := self.receive(timeout)) is not None:
            if message.startswith(f"43{self.number}["):
                return json.loads(message[len(f"43{self.number}") :])[0]
        raise ConnectionError(f"closed with {self.close_code}")

    def until_closed(self, timeout: float = 5.0) -> int | None:
        """Read until the server closes; return its close code."""
        while self.receive(timeout) is not None:
            pass
        return self.close_code

    def close(self) -> None:
        self.sock.close()
