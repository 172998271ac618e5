"""While a question is open, nothing that answers it leaves the server: the whole message is searched for it."""

import json
from typing import Any

import pytest

from app.curriculum.library import Library
from app.curriculum.player import LessonSession
from app.curriculum.run import LessonRun

_LESSONS = [Library.open().get(name).file.lesson for name in Library.open().playable()]
ASKED = [(lesson.id, step.id) for lesson in _LESSONS for step in lesson.steps if step.ask]
NEXT_HOP = [(lesson.id, s.id) for lesson in _LESSONS for s in lesson.steps if s.ask and s.ask.kind == "next-hop"]
FIELD = [(lesson.id, s.id) for lesson in _LESSONS for s in lesson.steps if s.ask and s.ask.kind == "field"]


def _open_view(run: LessonRun, step: str) -> dict[str, Any]:
    return run.step_view(step, "open")


@pytest.mark.parametrize(("lesson", "step"), ASKED)
def test_an_open_question_withholds_what_comes_after_it(lesson: str, step: str, runs: dict[str, LessonRun]) -> None:
    run = runs[lesson]
    view, result = _open_view(run, step), run.result(step)
    assert (view["answer"], view["after"], view["errata"], view["facts"]) == (None, None, None, [])
    assert view["ask"]["state"] == "open"
    for option in result.step.ask.options if result.step.ask else []:
        assert option.why.zh[:12] not in json.dumps(view, ensure_ascii=False)
    if view["ask"]["kind"] != "next-hop":
        assert view["traces"] == []


@pytest.mark.parametrize(("lesson", "step"), ASKED)
def test_a_revealed_question_shows_everything(lesson: str, step: str, runs: dict[str, LessonRun]) -> None:
    run = runs[lesson]
    result = run.result(step)
    for state in ("right", "skipped"):
        view = run.step_view(step, state)
        assert view["answer"]["right"] is (state == "right")
        assert view["answer"]["why"]["zh"]
        assert view["answer"]["why"]["en"]
        assert [t["wire"]["withheld"] for t in view["traces"]] == [0] * len(result.stage)
        assert all(t["wire"]["verdict"] for t in view["traces"])
        assert len(view["facts"]) == len(result.step.expect)


@pytest.mark.parametrize(("lesson", "step"), NEXT_HOP)
def test_a_next_hop_question_shows_the_flow_up_to_the_asked_place(
    lesson: str, step: str, runs: dict[str, LessonRun]
) -> None:
    run = runs[lesson]
    view, result = _open_view(run, step), run.result(step)
    assert result.key is not None
    (answer,) = result.key.right
    (trace,) = view["traces"]
    wire = trace["wire"]
    assert wire["withheld"] > 0
    assert wire["verdict"] is None
    assert wire["total"] == len(wire["hops"]) > 0
    netns, _, interface = answer.partition(":")
    texts = wire["texts"]
    places = [(texts[hop[7]], texts[hop[8]]) for hop in wire["hops"]]
    assert (netns, interface) not in places[-1:]
    asked = result.world.places.get(result.key.truth.member_argument or "")
    assert places[-1] == (asked.netns, asked.interface)
    later = {hop["caption"]["code"] for hop in result.world.sent[trace["id"]].data["hops"][wire["total"] :]}
    shown = {hop["caption"]["code"] for hop in result.world.sent[trace["id"]].data["hops"][: wire["total"]]}
    assert not (later - shown) & set(texts), "texts of later hops stand in the message"


@pytest.mark.parametrize(("lesson", "step"), FIELD)
def test_the_answer_to_a_field_question_is_nowhere_among_what_is_shown_of_it(
    lesson: str, step: str, runs: dict[str, LessonRun]
) -> None:
    view = _open_view(runs[lesson], step)
    assert view["ask"]["options"] == []


@pytest.mark.parametrize(("lesson", "step"), NEXT_HOP)
def test_the_eye_is_not_led_to_the_answer(lesson: str, step: str, runs: dict[str, LessonRun]) -> None:
    view, key = _open_view(runs[lesson], step), runs[lesson].result(step).key
    assert key is not None
    assert not set(view["look"]["focus"]) & key.right
    assert view["look"]["camera"] not in key.right


def test_a_wrong_answer_gives_its_reason_and_not_the_key(library: Library, runs: dict[str, LessonRun]) -> None:
    session = LessonSession(library.get("pod-same-node"), run=runs["pod-same-node"])
    given = session.answer("predict-hop", "k8s-node-12:ens33")
    assert (given["right"], given["tries"], given["step"]) == (False, 1, None)
    assert "原文也这么写" in given["why"]["zh"]
    assert session.enter("predict-hop")["facts"] == []
    given = session.answer("predict-hop", "node/k8s-node-12/br/cni0")
    assert (given["right"], given["tries"]) == (True, 2)
    assert given["step"]["answer"] == {"value": "k8s-node-12:cni0", "why": given["why"], "right": True}
    assert "ens33" in given["step"]["errata"]["en"]


def test_the_erratum_stands_at_one_step_only(runs: dict[str, LessonRun]) -> None:
    run = runs["pod-same-node"]
    shown = [step for step in run.step_ids if run.step_view(step, "skipped")["errata"]]
    assert shown == ["predict-hop"]


def test_a_set_is_right_only_as_a_whole(library: Library, runs: dict[str, LessonRun]) -> None:
    session = LessonSession(library.get("pod-cross-node"), run=runs["pod-cross-node"])
    some = session.answer("what-changed", ["eth.src", "eth.dst"])
    assert not some["right"]
    assert "missing" in some["why"]["en"]
    wrong = session.answer("what-changed", "eth.src,eth.dst,ipv4.src")
    assert not wrong["right"]
    assert "NAT" in wrong["why"]["en"]
    assert session.answer("what-changed", ["ipv4.ttl", "eth.dst", "eth.src"])["right"]


@pytest.mark.parametrize("typed", ["64", " 64 ", "064"])
def test_numbers_are_compared_by_value(typed: str, runs: dict[str, LessonRun]) -> None:
    assert runs["pod-same-node"].judge("the-ttl", typed).right


def test_steps_that_ask_nothing_reveal_themselves(runs: dict[str, LessonRun]) -> None:
    view = runs["pod-same-node"].step_view("meet")
    assert view["ask"] is None
    assert view["answer"] is None
    assert view["facts"]
    assert view["after"]["en"].startswith('<pre class="terminal"><code>[my-nginx-1]$ ip route\n')
