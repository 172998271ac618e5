"""The small parts that guard the rest: buckets, origins, packets, queues, storage, hooks."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import engineio
import gevent.socket
import orjson
import pytest
import simple_websocket
from gevent.pywsgi import WSGIServer
from hypothesis import given
from hypothesis import strategies as st
from socketio import packet

from app.core.errors import UsageError
from app.core.limits import all_limits, limit
from app.web import fairsocket, files, sendqueue
from app.web.bucket import TokenBucket
from app.web.config import WebConfig
from app.web.gate import Gate
from app.web.handler import Handler
from app.web.language import fill
from app.web.lru import LruCache
from app.web.origins import allowed_origins, check_origins, own_hosts, parse_origin
from app.web.packets import MALFORMED, FastPacket, is_lawful
from app.web.server import listen
from app.web.storage import DATABASE, ProgressStore, StepNote


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    now = [0.0]
    bucket = TokenBucket(20, 40, lambda: now[0])
    assert [bucket.take() >= 0 for _ in range(41)] == [True] * 40 + [False]
    assert bucket.seconds_until(1) == pytest.approx(2 / 20)
    now[0] = 100.0
    assert bucket.level() == 40
    now[0] = 0.0  # a clock that goes back gives nothing
    assert bucket.take(0) == 40


@pytest.mark.parametrize("origins", [[], (), "*", ["*"], None, "http://a", ["http://*.example"], ["ftp://a"], [""]])
def test_an_origin_list_that_would_let_everybody_in_is_refused(origins: Any) -> None:
    with pytest.raises(UsageError):
        check_origins(origins)
    with pytest.raises(UsageError):
        WebConfig(origins)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("http://Podwalk.Example:80/", "http://podwalk.example"),
        ("https://podwalk.example:443", "https://podwalk.example"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("http://10.0.0.5:5000", "http://10.0.0.5:5000"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(text: str, origin: str) -> None:
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text", ["http://a/b", "http://u@a", "http://a?x", "a", "//a", "http://a:99999", "http://", "null", "http://[::1"]
)
def test_what_is_not_an_origin_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(UsageError, match="not an origin") as caught:
        parse_origin(text)
    assert "scheme, host and port" in caught.value.hint


def test_loopback_has_two_names_and_every_interface_has_its_own() -> None:
    assert allowed_origins("127.0.0.1", 5000, ["https://x.example"]) == (
        "http://127.0.0.1:5000",
        "http://localhost:5000",
        "https://x.example",
    )
    assert {"127.0.0.1", "localhost"} < set(own_hosts("0.0.0.0"))
    assert "0.0.0.0" not in own_hosts("0.0.0.0")
    assert allowed_origins("10.1.2.3", 80, []) == ("http://10.1.2.3",)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=8))
def test_a_packet_reads_back_and_is_what_the_library_would_have_read(data: Any) -> None:
    text = FastPacket(packet.EVENT, ["step.enter", data], id=7).encode()
    mine, theirs = FastPacket(encoded_packet=text), packet.Packet(encoded_packet=text)
    assert (mine.packet_type, mine.id, mine.data) == (theirs.packet_type, theirs.id, theirs.data)


@given(st.text(max_size=40))
def test_no_text_makes_the_decoder_fail(text: str) -> None:
    for message in (text, f"2{text}", f"2[{text}", f"2[{text}]"):
        decoded = FastPacket(encoded_packet=message or " ")
        assert decoded.packet_type in (packet.CONNECT, packet.DISCONNECT, packet.EVENT)
        if decoded.packet_type == packet.EVENT:
            assert isinstance(decoded.data[0], str)


@pytest.mark.parametrize("event", ["connect", "disconnect", "connect_error"])
def test_reserved_events_cannot_be_sent(event: str) -> None:
    assert FastPacket(encoded_packet="2" + orjson.dumps([event]).decode()).data == [MALFORMED]


@pytest.mark.parametrize("message", ["1", "3", "40", "41", '40{"token":1}', '42["a"]', '4212["a"]'])
def test_what_browsers_send_is_lawful(message: str) -> None:
    assert is_lawful(message) is True


@pytest.mark.parametrize(
    "message", ["", "0", "2", "5", "6", "b64", "43[1]", "44{}", "45-[", "40/x,", "42", "42\u0663[1]"]
)
def test_what_they_do_not_send_is_not(message: str) -> None:
    assert is_lawful(message) is False


def test_the_hooks_of_the_fair_reader_are_where_they_were() -> None:
    """An upgrade that moves them must fail here, not in a classroom."""
    engine = engineio.Server(async_mode="gevent")
    before = dict(engine._async)
    fairsocket.install(engine, fairsocket.SocketLimits.read())
    sendqueue.install(engine)
    assert engine._async["websocket"].func is fairsocket.FairWebSocket
    assert isinstance(engine.create_queue(), sendqueue.CountedQueue)
    assert "engineio.Server" not in str(before)  # the driver's own table is not changed for other servers
    assert engineio.Server(async_mode="gevent")._async["websocket"] is before["websocket"]
    wanted = {"max_message_size", "thread_class", "event_class", "selector_class"}
    assert wanted <= set(simple_websocket.Server.__init__.__code__.co_varnames)


def test_without_the_hook_the_server_does_not_start() -> None:
    with pytest.raises(RuntimeError, match="hook"):
        fairsocket.install(object(), fairsocket.SocketLimits.read())


class Client:
    """An Engine.IO client that never reads."""

    def __init__(self) -> None:
        self.queue = sendqueue.CountedQueue()
        self.closed_because = ""

    def close(self, *, wait: bool, abort: bool, reason: str) -> None:
        self.closed_because = reason


class Engine:
    def __init__(self, client: Client) -> None:
        self._async: dict[str, Any] = {}
        self.sockets = {"sid": client}

    def send_packet(self, sid: str, item: Any) -> None:
        self.sockets[sid].queue.put(item)


@pytest.mark.parametrize(("size", "most"), [(1, 500), (100_000, 11)])
def test_a_client_that_does_not_read_is_closed(size: int, most: int) -> None:
    client = Client()
    engine = Engine(client)
    sendqueue.install(engine)
    for _ in range(most):
        engine.send_packet("sid", engineio.packet.Packet(engineio.packet.MESSAGE, "x" * size))
    assert client.closed_because == ""
    engine.send_packet("sid", engineio.packet.Packet(engineio.packet.MESSAGE, "x"))
    assert client.closed_because == "slow"
    assert client.queue.qsize() == most


def test_a_queue_that_is_read_is_never_full() -> None:
    queue = sendqueue.CountedQueue()
    for _ in range(2000):
        queue.put(engineio.packet.Packet(engineio.packet.MESSAGE, "x" * 1000))
        queue.get(block=False)
    assert queue.waiting_bytes == 0
    assert queue.is_full() is False


@pytest.mark.parametrize("name", ["socket.joins_burst", "socket.total", "socket.per_address"])
def test_sockets_beyond_a_cap_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(all_limits(), name, 3)
    monkeypatch.setitem(all_limits(), "socket.joins_per_second", 1)
    statuses: list[str] = []

    def application(environ: Any, start_response: Any) -> list[bytes]:
        if environ["depth"] < 5:  # the next socket comes while this one is open
            gate({**environ, "depth": environ["depth"] + 1}, lambda status, headers: statuses.append(status))
        return []

    gate = Gate(application, ["http://a"])
    handshake = {"PATH_INFO": "/socket.io/", "REQUEST_METHOD": "GET", "HTTP_ORIGIN": "http://a", "depth": 1}
    upgrade = {"HTTP_UPGRADE": "websocket", "HTTP_CONNECTION": "Upgrade", "QUERY_STRING": "EIO=4&transport=websocket"}
    gate({**handshake, **upgrade}, lambda status, headers: statuses.append(status))
    assert statuses == ["503 Service Unavailable"]
    assert gate.open_sockets() == 0


def test_the_least_recently_used_goes_first() -> None:
    cache: LruCache[str, str] = LruCache(2)
    for key in ("a", "b", "a", "c"):
        cache.get(key, key.upper)
    assert ("a" in cache, "b" in cache, "c" in cache) == (True, False, True)


def notes(*states: str) -> list[StepNote]:
    return [StepNote(f"s{n}", state == "right", {"step": f"s{n}", "state": state}) for n, state in enumerate(states)]


def test_progress_is_there_after_a_restart_and_in_order(tmp_path: Path) -> None:
    store = ProgressStore.open(tmp_path)
    store.save("v", "first", notes("right", "open"))
    store.save("v", "second", notes("open"))
    store.save("v", "first", notes("right", "right"))
    store.save("w", "first", notes("open"))
    store.close()
    store = ProgressStore.open(tmp_path)
    assert store.notes("v", "first") == [note.data for note in notes("right", "right")]
    latest = store.of_visitor("v")
    assert [(item.lesson, item.done) for item in latest] == [("first", ("s0", "s1")), ("second", ())]
    store.close()


def test_the_database_is_nobody_elses_to_read(tmp_path: Path) -> None:
    ProgressStore.open(tmp_path / "new").close()
    assert (tmp_path / "new" / DATABASE).stat().st_mode & 0o077 == 0
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_damaged_database_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"SQLite format 3\x00" + b"\xff" * 4000)
    with pytest.raises(UsageError, match="damaged") as caught:
        ProgressStore.open(tmp_path)
    assert "move the file away" in caught.value.hint


def test_a_newer_database_is_not_touched(tmp_path: Path) -> None:
    ProgressStore.open(tmp_path).close()
    with sqlite3.connect(tmp_path / DATABASE) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(UsageError, match="newer"):
        ProgressStore.open(tmp_path)


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    first, second = ProgressStore.open(tmp_path), ProgressStore.open(tmp_path)
    for number in range(20):
        (first if number % 2 else second).save(f"v{number}", "first", notes("open"))
    assert len(first.of_visitor("v1")) == len(second.of_visitor("v0")) == 1
    first.close()
    second.close()


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    root = tmp_path / "static"
    root.mkdir()
    (root / "inside.json").write_text("{}")
    (root / "link.json").symlink_to(outside)
    assert files.find(root, "inside.json") is not None
    assert files.find(root, "link.json") is None
    assert files.find(root, "inside.exe") is None


def test_modules_are_followed_through_their_imports(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    (tmp_path / "js/a.js").write_text(
        "/** @import {X} from './types.js' */\nimport {b} from './b.js';\nimport {\n  c,\n} from './c.js';\n"
    )
    (tmp_path / "js/b.js").write_text("export {d} from './c.js';\nconst later = () => import('./e.js');\n")
    for name in ("c", "e", "types"):
        (tmp_path / f"js/{name}.js").write_text("export const d = 'x.js';\n")
    assert files.modules(tmp_path, "js/a.js") == ["/static/js/a.js", "/static/js/b.js", "/static/js/c.js"]


def test_an_unknown_slot_of_a_text_stays() -> None:
    assert fill("step {n} of {total}", {"n": 2}) == "step 2 of {total}"


@pytest.mark.parametrize(
    "name", ["web.body_bytes", "socket.message_bytes", "socket.queue_packets", "socket.per_visitor"]
)
def test_limits_are_read_from_the_one_file(name: str) -> None:
    assert limit(name) > 0


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70_000), ("127.0.0.1", -1), ("256.0.0.1", 0), ("192.0.2.1", 0)]
)
def test_an_address_that_is_not_here_is_refused(host: str, port: int) -> None:
    with pytest.raises(UsageError):
        listen(host, port)


def test_a_range_of_taken_ports_is_refused_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.server.limit", lambda _: 0)
    taken, port = listen("127.0.0.1", 0)
    with pytest.raises(UsageError, match="all taken"):
        listen("127.0.0.1", port)
    taken.close()


def test_what_the_server_itself_answers_carries_the_headers_too() -> None:
    def broken(environ: Any, start_response: Any) -> list[bytes]:
        raise ZeroDivisionError

    server = WSGIServer(("127.0.0.1", 0), broken, handler_class=Handler, log=None, error_log=None)
    server.start()
    with gevent.socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = client.recv(65_536).decode()
    server.stop()
    assert answer.startswith("HTTP/1.1 500")
    assert "default-src 'none'" in answer
    assert "ZeroDivisionError" not in answer
