"""A session is its progress: what was answered, in plain data, gives the same views again."""

import json
from pathlib import Path

import pytest

from app.core.assets import lessons_dir
from app.core.errors import UsageError
from app.curriculum.library import Library
from app.curriculum.player import LessonSession
from app.curriculum.run import LessonRun
from app.curriculum.start import StartError
from app.shell import run as run_command

LESSON = "pod-cross-node"


@pytest.fixture
def session(library: Library, runs: dict[str, LessonRun]) -> LessonSession:
    return LessonSession(library.get(LESSON), run=runs[LESSON])


def test_progress_goes_through_json_and_gives_the_same_views(session: LessonSession, library: Library) -> None:
    session.enter("next-door")
    session.answer("next-door", "0a:58:0a:02:02:01")
    session.answer("which-way-out", "k8s-node-12:ens33")
    session.skip("count-routers")
    saved = json.loads(json.dumps(session.progress()))
    again = LessonSession(library.get(LESSON), run_command=run_command, progress=saved)
    assert again.progress() == session.progress()
    assert again.open() == session.open()
    for step in session.run.step_ids:
        assert again.enter(step) == session.enter(step)


def test_done_marks_follow_answers(session: LessonSession) -> None:
    assert [step["done"] for step in session.open()["steps"]] == [False] * 6
    session.answer("next-door", "0a:58:0a:02:02:0D")
    assert not session.is_done("next-door")
    session.answer("next-door", "0A-58-0A-02-02-01")
    session.skip("which-way-out")
    assert [step["done"] for step in session.open()["steps"]] == [True, True, False, False, False, False]


def test_answering_after_the_reveal_changes_nothing(session: LessonSession) -> None:
    session.skip("next-door")
    assert session.answer("next-door", "0a:58:0a:02:02:01")["right"]
    assert session.enter("next-door")["answer"]["right"] is False
    assert session.progress()[0]["state"] == "skipped"


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"step": "gone", "state": "right"},
        {"step": "next-door", "state": "hacked"},
        {"step": "next-door", "state": "read"},
        {"step": "next-door", "state": "right", "tries": "many"},
        {"step": None, "state": None, "tries": None, "value": 3},
    ],
)
def test_progress_that_does_not_fit_is_left_out(
    saved: dict[str, object], library: Library, runs: dict[str, LessonRun]
) -> None:
    assert LessonSession(library.get(LESSON), run=runs[LESSON], progress=[saved]).progress() == []


@pytest.mark.parametrize("value", [None, 1.5, True, {"a": 1}, [None], [["x"]]])
def test_an_answer_that_is_no_text_is_a_usage_error(value: object, session: LessonSession) -> None:
    with pytest.raises(UsageError, match="an answer is a text"):
        session.answer("next-door", value)


@pytest.mark.parametrize("value", ["", "🦆", "x" * 10_000, "-1", "999999999999999999999", "10.2.1.2/24", []])
def test_any_text_is_merely_wrong(value: object, session: LessonSession) -> None:
    assert session.answer("count-routers", value)["right"] is False


def test_unknown_steps_and_lessons_name_the_nearest(session: LessonSession, library: Library) -> None:
    with pytest.raises(UsageError, match="did you mean 'next-door'"):
        session.enter("next-dor")
    with pytest.raises(UsageError, match="did you mean 'pod-same-node'"):
        library.get("pod-same-nod")
    for attack in ("../../etc/passwd", "%2e%2e", "..\\x", "a\0b", "", "clusters/tutorial-flannel"):
        with pytest.raises(UsageError):
            library.get(attack)


def test_a_step_without_a_question_can_be_neither_answered_nor_skipped(
    library: Library, runs: dict[str, LessonRun]
) -> None:
    session = LessonSession(library.get("how-to-read"), run=runs["how-to-read"])
    with pytest.raises(UsageError, match="asks nothing"):
        session.answer("rooms", "x")
    with pytest.raises(UsageError, match="asks nothing"):
        session.skip("rooms")


def test_playing_twice_gives_the_same_bytes(library: Library, runs: dict[str, LessonRun]) -> None:
    for lesson, played in runs.items():
        again = LessonRun(library.get(lesson), run_command=run_command)
        for step in played.step_ids:
            for state in ("open", "skipped"):
                first, second = (json.dumps(r.step_view(step, state), sort_keys=True) for r in (played, again))
                assert first == second


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("camera: node/k8s-node-12", "camera: node/k8s-node-13", "E301"),
        ("preset: tutorial-flannel", "preset: tutorial-calico", "E307"),
        ("my-nginx-2: [{ip: 10.2.2.49}]", "my-nginx-2: [{ip: 10.2.2.48}]", "E308"),
        ("id: there-and-back", "id: rooms", "E209"),
    ],
)
def test_a_broken_lesson_is_refused_before_anybody_takes_it(old: str, new: str, code: str, tmp_path: Path) -> None:
    text = (lessons_dir() / "basics" / "how-to-read.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "how-to-read.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(StartError) as caught:
        LessonRun(Library.open([tmp_path]).get("how-to-read"), run_command=run_command)
    assert {finding.code for finding in caught.value.findings} == {code}


def test_a_lesson_that_the_model_contradicts_can_be_taken_but_claims_nothing_false(tmp_path: Path) -> None:
    text = (lessons_dir() / "basics" / "how-to-read.yaml").read_text(encoding="utf-8")
    wrong = text.replace("leg: reply, src: 10.2.2.49", "leg: reply, src: 10.2.2.77").replace(
        ", reply).src", ", arp).src"
    )
    (tmp_path / "how-to-read.yaml").write_text(wrong, encoding="utf-8")
    run = LessonRun(Library.open([tmp_path]).get("how-to-read"), run_command=run_command)
    assert "10.2.2.77" not in json.dumps(run.step_view("there-and-back", "skipped"))
    assert run.judge("there-and-back", "10.2.2.49").right is False
