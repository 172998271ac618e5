"""The real server in its own process: what only a real socket shows."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from wsproto.events import AcceptConnection, BytesMessage, Message

from tests.unit.web.livetools import HANDSHAKE, Browser, LiveServer, http

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and /proc")


def test_a_browser_opens_a_socket_and_gets_an_answer(server: LiveServer) -> None:
    browser = Browser(server.port).hello()
    answer = browser.ask("sandbox.open", {})
    assert answer["ok"] is True
    assert answer["who"] == ["pod/default/a", "pod/default/b", "node/n1", "node/n2", "ext/client"]
    browser.close()


def test_the_handshake_carries_the_security_headers_and_no_compression(server: LiveServer) -> None:
    browser = Browser(server.port, deflate=True)
    assert isinstance(browser.answer, AcceptConnection)
    assert b"content-security-policy" in {name.lower() for name, _ in browser.answer.extra_headers}
    assert browser.answer.extensions == []
    browser.close()


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("", 101),
        ("http://localhost:{port}", 101),
        ("http://LOCALHOST:{port}", 403),
        ("https://127.0.0.1:{port}", 403),
        ("http://127.0.0.1:{port}.evil.example", 403),
        ("http://127.0.0.1:1", 403),
        ("http://127.0.0.1", 403),
        ("http://evil.example", 403),
        ("null", 403),
        ("*", 403),
        ("http://127.0.0.1:{port}/", 403),
        (None, 403),
    ],
)
def test_only_exact_origins_may_open_a_socket(server: LiveServer, origin: str | None, status: int) -> None:
    browser = Browser(server.port, origin=origin and origin.format(port=server.port))
    assert browser.status == status
    browser.close()


@pytest.mark.parametrize(
    "path",
    [
        "/socket.io/?EIO=4&transport=polling",
        "/socket.io/?EIO=3&transport=websocket",
        "/socket.io/?EIO=4&transport=websocket&sid=abc",
        "/socket.io/?EIO=4&transport=websocket&j=0",
        "/socket.io/",
    ],
)
def test_only_a_fresh_websocket_is_answered(server: LiveServer, path: str) -> None:
    browser = Browser(server.port, path=path)
    assert browser.status == 400
    browser.close()


def test_a_flooding_client_is_closed_and_its_neighbour_does_not_notice(server: LiveServer) -> None:
    neighbour = Browser(server.port).hello()
    flooder = Browser(server.port).hello()
    frame = flooder.ws.send(Message(data='42["sandbox.open",{}]')) * 200
    begun = time.monotonic()
    with suppress(OSError):  # closed while we were still sending: that is what is wanted
        for _ in range(500):
            flooder.sock.sendall(frame)
    code = flooder.until_closed()
    assert time.monotonic() - begun < 3
    assert code in (1008, None)
    slowest = max(_timed(neighbour) for _ in range(5))
    assert slowest < 1.0
    flooder.close()
    neighbour.close()


def test_a_neighbour_is_answered_while_the_flood_goes_on(server: LiveServer) -> None:
    neighbour = Browser(server.port).hello()
    flooders = [Browser(server.port).hello() for _ in range(3)]
    for flooder in flooders:
        flooder.sock.sendall(flooder.ws.send(Message(data="3")) * 5000)
    assert _timed(neighbour) < 1.0
    for flooder in flooders:
        assert flooder.until_closed() in (1008, None)
        flooder.close()
    neighbour.close()


def _timed(browser: Browser) -> float:
    begun = time.monotonic()
    assert browser.ask("sandbox.open", {})["ok"] is True
    return time.monotonic() - begun


def test_an_oversized_message_is_closed_before_it_is_in_memory(server: LiveServer) -> None:
    browser = Browser(server.port).hello()
    before = server.memory_kib()
    with suppress(OSError):  # closed while we were still sending: that is what is wanted
        browser.sock.sendall(browser.ws.send(Message(data='42["sandbox.open","' + "x" * 20_000_000 + '"]')))
    assert browser.until_closed() in (1009, None)
    assert server.memory_kib() - before < 4096
    browser.close()


def test_a_message_of_just_the_limit_is_read(server: LiveServer) -> None:
    browser = Browser(server.port).hello()
    answer = browser.ask("sandbox.send", {"from": "x" * 65_000, "to": "icmp://10.2.2.2"})
    assert answer["ok"] is False
    browser.close()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("2", 1002),
        ("5", 1002),
        ("9", 1002),
        ("x", 1002),
        ("4", 1002),
        ("40/admin,", 1002),
        ("40", 1002),  # a second hello
        ("42", 1002),
        ('42{"a":1}', 1002),
        ('43["ack"]', 1002),
        ('451-["x",{"_placeholder":true,"num":0}]', 1002),
        ('420["connect",{}]', 1005),
        ("42" + "[" * 30_000, 1005),
        ("42[5]", 1005),
        ("42[]", 1005),
        ("42[NaN]", 1005),
    ],
)
def test_what_is_no_packet_of_this_protocol_closes_the_socket(server: LiveServer, message: str, code: int) -> None:
    browser = Browser(server.port).hello()
    browser.send(message)
    assert browser.until_closed() in (code, 1000, None)
    assert not [line for line in server.lines if "Traceback" in line]
    browser.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff" * 200,  # every reserved bit, an unknown opcode
        b"\xc1\x83\x00\x00\x00\x00abc",  # said to be compressed, though nobody agreed to it
        b"\x81\x03abc",  # not masked
        b"\x81\x82\x00\x00\x00\x00\xc3\x28",  # not UTF-8
        b"\x89\xfe\x00\x80\x00\x00\x00\x00" + b"x" * 128,  # a ping longer than 125 bytes
        b"\x80\x81\x00\x00\x00\x00x",  # a continuation of nothing
        b"\x81\xff" + b"\xff" * 8 + b"\x00\x00\x00\x00x",  # 2^64 bytes are announced
        b"\x88\x81\x00\x00\x00\x00x",  # a close frame of one byte
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_broken_frames_close_the_socket_without_a_traceback(server: LiveServer, raw: bytes) -> None:
    browser = Browser(server.port).hello()
    browser.sock.sendall(raw)
    browser.sock.settimeout(5)
    with suppress(ConnectionError):
        while browser.sock.recv(65_536):
            pass
    assert not [line for line in server.lines if "Traceback" in line]
    browser.close()


@pytest.mark.parametrize("version", ["12", "", "x"])
def test_a_broken_handshake_is_a_400_and_leaves_nothing_behind(server: LiveServer, version: str) -> None:
    head = f"GET {HANDSHAKE} HTTP/1.1\nHost: x\nOrigin: {server.origin}\nUpgrade: websocket\nConnection: Upgrade"
    answer = http(server.port, f"{head}\nSec-WebSocket-Version: {version}\nSec-WebSocket-Key: x")
    assert answer.startswith(("HTTP/1.1 400", "HTTP/1.1 426"))
    assert not [line for line in server.lines if "Traceback" in line]


def test_a_binary_message_closes_the_socket(server: LiveServer) -> None:
    browser = Browser(server.port).hello()
    browser.send_event(BytesMessage(data=b"\x00\x01"))
    assert browser.until_closed() == 1003
    browser.close()


def test_closed_sockets_are_forgotten(server: LiveServer) -> None:
    for _ in range(20):
        browser = Browser(server.port).hello()
        browser.send("1")
        browser.close()
    for _ in range(60):
        if '"sockets":0' in http(server.port, "GET /healthz HTTP/1.0\nHost: x").replace(" ", ""):
            return
        time.sleep(0.1)
    raise AssertionError("sockets are still counted")


def test_a_visitor_has_at_most_four_sockets(server: LiveServer) -> None:
    cookie = "podwalk_id=" + "0123456789abcdef" * 2
    browsers = [Browser(server.port, cookie=cookie).hello() for _ in range(4)]
    fifth = Browser(server.port, cookie=cookie)
    fifth.receive()
    fifth.send("40")
    assert "tabs" in str(fifth.receive())
    for browser in [*browsers, fifth]:
        browser.close()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("POST / HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: 1000000000", 413),
        ("POST /socket.io/ HTTP/1.1\nHost: x\nContent-Length: 1000000000", 413),
        ("POST / HTTP/1.1\nHost: x\nContent-Type: application/json\nTransfer-Encoding: chunked", 413),
        ("POST / HTTP/1.1\nHost: x\nContent-Encoding: gzip\nContent-Length: 5", 415),
        ("GET / HTTP/9.9\nHost: x", 400),
        ("NONSENSE", 400),
        ("GET / HTTP/1.1\nHost: x\n" + "\n".join(f"X-{n}: y" for n in range(200)), 400),
        ("GET /" + "a" * 10_000 + " HTTP/1.1\nHost: x", 414),
        ("GET /nowhere HTTP/1.1\nHost: x\nConnection: close", 404),
        ("GET /%00 HTTP/1.1\nHost: x", 400),
        (f"GET {HANDSHAKE} HTTP/1.1\nHost: x\nConnection: close", 403),
    ],
)
def test_refusals_close_at_once_and_carry_the_headers(server: LiveServer, head: str, status: int) -> None:
    begun = time.monotonic()
    answer = http(server.port, head, b"x" * 100_000 if "Length: 1000000000" in head else b"")
    assert answer.startswith(f"HTTP/1.1 {status}")
    assert "default-src 'none'" in answer
    assert "nosniff" in answer
    assert time.monotonic() - begun < 3


def test_nothing_of_a_request_that_cannot_be_read_is_logged(server: LiveServer) -> None:
    for head in ("EVIL WORD HERE TOO", "GET / EVIL/1.1", "GET / HTTP/1.1\n" + "EVIL: y\n" * 200):
        assert http(server.port, head).startswith("HTTP/1.1 400")
    assert not any("evil" in line.lower() or "Traceback" in line for line in server.lines)


def test_the_server_does_not_name_itself_and_shares_nothing_across_origins(server: LiveServer) -> None:
    answer = http(server.port, "GET /healthz HTTP/1.1\nHost: x\nOrigin: http://evil.example\nConnection: close").lower()
    assert "\nserver:" not in answer
    assert "access-control" not in answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_tells_the_clients_and_ends_the_server(tmp_path: Path, number: signal.Signals) -> None:
    with LiveServer.start(tmp_path) as server:
        browsers = [Browser(server.port).hello() for _ in range(5)]
        code, seconds = server.stop(number)
        assert code == 0
        assert seconds < 3
        for browser in browsers:
            assert browser.receive() == '42["server.closing",{"reason":"restart"}]'
            browser.until_closed()
            browser.close()


def test_a_taken_port_gives_the_next_one_and_says_so(server: LiveServer, tmp_path: Path) -> None:
    with LiveServer.start(tmp_path, port=server.port) as second:
        assert second.port > server.port
        assert f"port {server.port} is taken, using {second.port}\n" in second.lines


def test_progress_survives_a_killed_server(tmp_path: Path) -> None:
    cookie = "podwalk_id=" + "00112233445566778899aabbccddeeff"
    with LiveServer.start(tmp_path) as first:
        browser = Browser(first.port, cookie=cookie).hello()
        browser.ask("step.enter", {"lesson": "first", "step": "predict"})
        assert browser.ask("ask.answer", {"lesson": "first", "step": "predict", "value": "cni0"})["right"] is True
        browser.close()
        first.process.kill()
        first.process.wait()
    with LiveServer.start(tmp_path) as second:
        browser = Browser(second.port, cookie=cookie).hello()
        answer = browser.ask("lesson.open", {"lesson": "first", "lang": "zh"})
        assert [step["done"] for step in answer["lesson"]["steps"]] == [False, True]
        browser.close()


def test_a_long_computation_freezes_nobody_else(server: LiveServer) -> None:
    busy, neighbour = Browser(server.port).hello(), Browser(server.port).hello()
    busy.send('427["sandbox.send",{"from":"pod/default/a","to":"tcp://slow"}]')
    time.sleep(0.1)
    waited = [_timed(neighbour) for _ in range(5)]
    assert busy.receive(timeout=30) is not None
    assert max(waited) < 0.5
    busy.close()
    neighbour.close()


def test_a_wrong_question_leaves_no_traceback_and_our_own_fault_one_with_an_id(server: LiveServer) -> None:
    browser = Browser(server.port).hello()
    wrong = browser.ask("sandbox.send", {"from": "pod/default/nobody", "to": "icmp://10.2.2.2"})
    assert "nobody" in wrong["error"]["message"]
    assert not [line for line in server.lines if "Traceback" in line]
    fault = browser.ask("sandbox.send", {"from": "pod/default/a", "to": "tcp://boom"})
    assert "secret detail" not in str(fault)
    assert server.says("ZeroDivisionError")
    assert [line.split()[2] in fault["error"]["message"] for line in server.lines if line.startswith("ERROR")] == [True]
    assert len([line for line in server.lines if "Traceback" in line]) == 1
    server.lines.clear()
    browser.close()


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    small = ["socket.hello_seconds=1", "web.header_seconds=1", "web.idle_seconds=2", "socket.per_address=3"]
    slow = ["socket.queue_bytes=200000", "socket.send_buffer_bytes=4096", "socket.messages_burst=5000"]
    data = tmp_path_factory.mktemp("strict")
    with LiveServer.start(data, module="tests.unit.web.fake_server", extra=[*small, *slow]) as running:
        yield running


def test_a_socket_that_never_says_hello_is_closed(strict: LiveServer) -> None:
    browser = Browser(strict.port)
    assert browser.until_closed() in (1008, None)
    browser.close()


@pytest.mark.parametrize("head", ["GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", "GET / HT", ""])
def test_a_request_that_dribbles_in_is_given_up(strict: LiveServer, head: str) -> None:
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", strict.port), timeout=8) as sock:
        sock.sendall(head.encode())
        while sock.recv(65_536):
            pass
    assert time.monotonic() - begun < 4


def test_one_address_has_just_the_limit_of_sockets(strict: LiveServer) -> None:
    browsers = [Browser(strict.port).hello() for _ in range(3)]
    fourth = Browser(strict.port)
    assert fourth.status == 503
    assert (b"retry-after", b"60") in fourth.answer.headers  # type: ignore[attr-defined]
    for browser in [*browsers, fourth]:
        browser.close()


def test_a_client_that_does_not_read_is_closed_and_costs_little(strict: LiveServer) -> None:
    for _ in range(50):
        if '"sockets":0' in http(strict.port, "GET /healthz HTTP/1.0\nHost: x").replace(" ", ""):
            break
        time.sleep(0.1)
    deaf = Browser(strict.port, receive_buffer=4096).hello()
    before = strict.memory_kib()
    for number in range(2000):
        try:
            deaf.send(f'42{number}["sandbox.open",{{}}]')
        except OSError:
            break
        time.sleep(0.001)
        if any("too slowly" in line for line in strict.lines):
            break
    assert strict.says("too slowly")
    assert strict.memory_kib() - before < 8192
    deaf.close()


@pytest.mark.parametrize("host", ["<svg>", "a b", "x:y:z", "\x7f", "[", "", "a" * 3000])
def test_a_strange_host_header_changes_nothing(server: LiveServer, host: str) -> None:
    answer = http(server.port, f"GET / HTTP/1.1\nHost: {host}\nAccept: text/html\nConnection: close")
    assert answer.startswith(("HTTP/1.1 200", "HTTP/1.1 400"))
    assert "<svg>" not in answer
    assert not [line for line in server.lines if "Traceback" in line]
