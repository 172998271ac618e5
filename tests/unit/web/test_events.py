"""The socket events, asked through Flask-SocketIO's test client."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from flask import Flask

from app.core.limits import limit
from app.web import sockets
from app.web.application import parts
from app.web.sandboxes import presets
from app.web.study import sealed
from tests.unit.web.fakes import SECRET, FakeModel, fake_wire, text
from tests.unit.web.livetools import ROOT

EVENTS = ["lesson.open", "step.enter", "ask.answer", "ask.skip", "sandbox.open", "sandbox.send"]
STEP = {"lesson": "first", "step": "predict"}


def ask(client: Any, event: str, *payload: object) -> Any:
    return client.emit(event, *payload, callback=True)


def test_nothing_that_answers_an_open_question_leaves_the_server(connect: Any) -> None:
    client = connect()
    opened = ask(client, "step.enter", STEP)
    assert opened["step"]["ask"]["state"] == "open"
    wrong = ask(client, "ask.answer", {**STEP, "value": "ens33"})
    assert wrong["right"] is False
    assert wrong["tries"] == 1
    assert SECRET not in json.dumps([opened, wrong])
    right = ask(client, "ask.answer", {**STEP, "value": "cni0"})
    assert right["right"] is True
    assert SECRET in json.dumps(right["step"])
    assert right["step"]["traces"] != []


def test_skipping_reveals(connect: Any) -> None:
    client = connect()
    ask(client, "step.enter", STEP)
    assert SECRET in json.dumps(ask(client, "ask.skip", STEP))


def test_of_a_next_hop_question_only_cut_traces_are_shown() -> None:
    traces = [{"id": name, "wire": wire} for name, wire in (("cut", fake_wire(withheld=3)), ("whole", fake_wire()))]
    step = {"ask": {"kind": "next-hop", "state": "open"}, "traces": traces, "after": text("x")}
    shown = sealed(step)
    assert [trace["id"] for trace in shown["traces"]] == ["cut"]
    assert shown["after"] is None
    assert sealed({**step, "ask": {"kind": "choice", "state": "open"}})["traces"] == []
    assert sealed({**step, "ask": {"kind": "choice", "state": "right"}})["traces"] == traces


def test_progress_is_the_visitors_and_nobody_elses(app: Flask, connect: Any) -> None:
    mine, other = app.test_client(), app.test_client()
    ask(connect(mine), "step.enter", {"lesson": "first", "step": "look"})
    again = ask(connect(mine), "lesson.open", {"lesson": "first", "lang": "en"})
    theirs = ask(connect(other), "lesson.open", {"lesson": "first", "lang": "en"})
    assert [step["done"] for step in again["lesson"]["steps"]] == [True, False]
    assert [step["done"] for step in theirs["lesson"]["steps"]] == [False, False]


def test_two_tabs_of_one_visitor_show_the_same(app: Flask, connect: Any) -> None:
    browser = app.test_client()
    first, second = connect(browser), connect(browser)
    ask(first, "step.enter", STEP)
    ask(first, "ask.answer", {**STEP, "value": "cni0"})
    assert ask(second, "step.enter", STEP)["step"]["ask"]["state"] == "right"


def test_a_sandbox_belongs_to_its_socket(connect: Any) -> None:
    first, second = connect(), connect()
    ask(first, "sandbox.send", {"from": "pod/default/a", "to": "icmp://10.2.2.2"})
    assert ask(first, "sandbox.open", {})["scene"]["sent"] == 1
    assert ask(second, "sandbox.open", {})["scene"]["sent"] == 0


def test_a_closed_socket_leaves_nothing_behind(app: Flask, connect: Any) -> None:
    client = connect()
    made = FakeModel.made
    ask(client, "sandbox.open", {})
    client.disconnect()
    assert len(parts(app).sandboxes) == 0
    assert parts(app).clients.visitors == {}
    assert FakeModel.made == made + 1


def test_the_first_preset_is_a_ping_between_two_nodes(connect: Any) -> None:
    presets = ask(connect(), "sandbox.open", {})["presets"]
    assert presets[0] == {"from": "pod/default/a", "to": "icmp://10.2.2.2", "label": "ping a → b"}


def test_every_cluster_has_something_to_send_first() -> None:
    node = {"id": "n1", "kind": "node", "label": "n1", "parent": None, "ip": "10.0.0.11"}
    gateway = {"id": "ext/gateway", "kind": "gateway", "label": "gateway", "parent": None, "ip": "10.0.0.1"}
    assert list(presets({"rooms": [node, gateway]})) == [
        {"from": "node/n1", "to": "icmp://10.0.0.1", "label": "ping n1 → gateway"}
    ]
    assert list(presets({"rooms": []})) == []


def test_a_preset_names_a_service_and_leaves_the_cluster_s_own_pods_for_last() -> None:
    def pod(namespace: str, name: str, node: str, *listens: str) -> dict[str, object]:
        identity = {"id": f"pod/{namespace}/{name}", "kind": "pod", "label": name, "parent": node, "ip": f"of {name}"}
        return {**identity, "listens": list(listens)}

    rooms = [
        pod("kube-system", "coredns-7d7bddb76-jbvts", "n1", "tcp/53"),
        pod("default", "client", "n1"),
        pod("default", "my-nginx-54ff5f9474-jspdw", "n2", "tcp/80"),
    ]
    seen = list(presets({"rooms": rooms}, [("my-nginx", "default")]))
    assert [one["label"] for one in seen] == [
        "ping client → my-nginx…spdw", "ping client → coredns-…bvts", "tcp client → my-nginx…spdw:80",
        "http client → my-nginx",
    ]  # fmt: skip
    assert seen[-1] == {"from": "pod/default/client", "to": "http://my-nginx", "label": "http client → my-nginx"}
    assert list(presets({"rooms": rooms[1:2]}, [("web", "shop")]))[-1]["to"] == "http://web.shop"


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("lesson.open", {"lesson": "first", "lang": "en", "extra": 1}),
        ("lesson.open", {"lesson": "../etc", "lang": "en"}),
        ("lesson.open", {"lesson": "a" * 64}),
        ("lesson.open", {"lesson": 5}),
        ("lesson.open", {}),
        ("lesson.open", []),
        ("lesson.open", "first"),
        ("lesson.open", None),
        ("lesson.open", {"lesson": "third"}),
        ("step.enter", {"lesson": "first", "step": "nope"}),
        ("step.enter", {"lesson": "first"}),
        ("ask.answer", {**STEP, "value": 5}),
        ("ask.answer", {**STEP, "value": {"a": 1}}),
        ("ask.answer", {**STEP, "value": "x" * 513}),
        ("ask.answer", {**STEP, "value": ["x"] * 65}),
        ("ask.skip", {**STEP, "value": "x"}),
        ("sandbox.open", {"id": "somebody-elses"}),
        ("sandbox.send", {"from": "pod/default/a"}),
        ("sandbox.send", {"from": "<svg onload=1>", "to": "icmp://10.2.2.2"}),
        ("sandbox.send", {"from": "pod/default/a", "to": "icmp://10.2.2.2", "ttl": 256}),
        ("sandbox.send", {"from": "pod/default/a", "to": "icmp://10.2.2.2", "ttl": "64"}),
        ("sandbox.send", {"from": "pod/default/a", "to": "icmp://10.2.2.2", "df": 1}),
        ("sandbox.send", {"from": "pod/default/a", "to": "icmp://10.2.2.2", "seed": 1.5}),
        ("sandbox.send", {"from": "pod/default/a", "to": "icmp://10.2.2.2", "sandbox": "x"}),
        ("class.kick", {"room": "all"}),
        ("message", "x"),
        ("join", {"room": "x"}),
    ],
)
def test_a_wrong_question_gets_an_error_that_repeats_nothing(connect: Any, event: str, payload: object) -> None:
    answer = ask(connect(), event, payload)
    assert answer["ok"] is False
    assert answer["error"]["message"]
    assert "<svg" not in json.dumps(answer)
    assert "Traceback" not in json.dumps(answer)


@pytest.mark.parametrize(("length", "ok"), [(512, True), (513, False)])
def test_an_answer_may_have_just_the_limit(connect: Any, length: int, ok: bool) -> None:
    client = connect()
    assert ask(client, "ask.answer", {**STEP, "value": "x" * length})["ok"] is ok


def test_a_fault_of_ours_is_an_id_for_the_user_and_a_traceback_in_the_log(
    connect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect()
    answer = ask(client, "sandbox.send", {"from": "pod/default/a", "to": "tcp://boom"})
    assert answer["ok"] is False
    assert "secret detail" not in json.dumps(answer)
    record = caplog.records[-1]
    assert record.getMessage().split()[1] in answer["error"]["message"]
    assert record.exc_info is not None
    assert ask(client, "sandbox.open", {})["ok"] is True


def test_more_tabs_than_the_limit_are_refused(app: Flask, connect: Any) -> None:
    browser = app.test_client()
    clients = [connect(browser) for _ in range(limit("socket.per_visitor"))]
    assert all(client.is_connected() for client in clients)
    assert connect(browser).is_connected() is False
    clients[0].disconnect()
    assert connect(browser).is_connected() is True


@pytest.mark.parametrize("receiver", ["", None])
def test_an_event_without_a_receiver_is_refused(app: Flask, receiver: Any) -> None:
    with pytest.raises(ValueError, match="receiver"):
        sockets.emit_to(parts(app).socketio, receiver, "x", {})


def test_nothing_but_emit_to_emits() -> None:
    found = []
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Attribute) and node.attr in ("emit", "send_to_room", "call")
            if named and isinstance(node, ast.Attribute):
                found.append((path.relative_to(ROOT).as_posix(), ast.unparse(node)))
    assert [item for item in found if "web" in item[0]] == [("app/web/sockets.py", "socketio.server.emit")]


def test_every_event_of_the_contract_is_served_and_no_other(app: Flask) -> None:
    served = set(parts(app).socketio.server.handlers["/"])
    assert served == {*EVENTS, "connect", "disconnect", "malformed", "*"}
