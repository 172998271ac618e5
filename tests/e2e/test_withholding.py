"""While a question is open nothing that answers it is on the page, in its source, or in what came over the socket."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.book import Question, bare
from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage
from tests.e2e.walk import THREE_PODS, TWO_PODS, Json, caption, trace

pytestmark = pytest.mark.e2e

LESSONS = {
    "pod-same-node": trace(TWO_PODS, "pod/default/my-nginx-1", "icmp://10.2.2.49"),
    "pod-cross-node": trace(THREE_PODS, "pod/default/my-nginx-1", "icmp://10.2.1.2"),
}


@pytest.mark.parametrize("lesson", ["pod-same-node", "pod-cross-node"])
def test_an_open_question_gives_nothing_away(visitor: Visitor, lesson: str) -> None:
    page = LessonPage(visitor(f"/l/{lesson}"))
    for step in page.steps:
        if step.question is None:
            continue
        page.visit.frames.clear()
        page.visit.open(f"/l/{lesson}?s={step.id}")
        page.expect_step(step)
        shown = len(page.rows())
        assert (shown > 0) == (step.question.kind == "next-hop")
        received = bare(" ".join(page.visit.frames).encode().decode("unicode-escape", "ignore")) + bare(
            " ".join(page.visit.frames)
        )
        source = bare(page.page.content())
        for text in told_later(step.question):
            assert text not in received
            assert text not in source
        for text in captions_after(LESSONS[lesson], shown):
            assert text not in source
        for view in step_views(page.visit.frames):
            assert (view["answer"], view["after"], view["errata"], view["facts"]) == (None, None, None, [])
            assert [trace["wire"]["verdict"] for trace in view["traces"]] == [None] * len(view["traces"])
            assert [len(trace["wire"]["hops"]) for trace in view["traces"]] == [shown] * len(view["traces"])
            for entry in evidence_after(LESSONS[lesson], shown):
                assert entry not in json.dumps(view["traces"], ensure_ascii=False)


def told_later(question: Question) -> Iterator[str]:
    """Yield what is said only to an answer, in both languages."""
    for reason in (question.why_right, question.why_wrong):
        yield from (text for text in reason.values() if text)


def captions_after(real: Json, shown: int) -> set[str]:
    """Return the sentences of the hops that are withheld, without those that an earlier hop says as well."""

    def said(hops: list[Json]) -> set[str]:
        return {bare(caption(hop, lang)) for hop in hops for lang in ("zh", "en")}

    return said(real["hops"][shown:]) - said(real["hops"][:shown])


def evidence_after(real: Json, shown: int) -> set[str]:
    """Return the table entries that only withheld hops cite."""

    def cited(hops: list[Json]) -> set[str]:
        return {hop["evidence"]["entry"] for hop in hops if hop["evidence"]} - {""}

    skipped = {one["entry"] for hop in real["hops"][:shown] if hop["evidence"] for one in hop["evidence"]["skipped"]}
    return cited(real["hops"][shown:]) - cited(real["hops"][:shown]) - skipped


def step_views(frames: list[str]) -> list[Json]:
    """Return every StepView among the messages of a socket."""
    messages = [json.loads(frame[frame.index("[") :]) for frame in frames if frame.startswith("43")]
    return [message[0]["step"] for message in messages if message[0].get("step")]
