"""A lesson from its first step to its last, with the mouse alone, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.book import Question, Step
from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage
from tests.e2e.player import words
from tests.e2e.visitor import Lang

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(("lesson", "lang"), [("pod-same-node", "zh"), ("pod-cross-node", "en")])
def test_a_lesson_can_be_played_to_its_end_by_mouse(visitor: Visitor, lesson: str, lang: Lang) -> None:
    page = LessonPage(visitor(f"/l/{lesson}", lang=lang))
    for step in page.steps:
        page.expect_step(step)
        if step.question is not None:
            answer(page, step, step.question)
            step_about(page)
        page.story.locator('[data-key="on"]').click()
    page.page.wait_for_url(re.compile(r"/l/|/#course"))
    page.visit.open("/")
    done = page.page.locator(f'#course li:has(a[href="/l/{lesson}"])')
    expect(done).to_have_attribute("data-state", "done")


def answer(page: LessonPage, step: Step, question: Question) -> None:
    """Answer wrongly, read why, then answer rightly."""
    assert page.story.locator(".after").count() == 0
    choose(page, question, question.wrong)
    page.button("ask.check").click()
    page.expect_told("wrong", question)
    expect(page.feedback).to_be_focused()
    for value in question.wrong if question.kind == "multi" else ():
        page.option(value).click()
    choose(page, question, question.right)
    page.button("ask.check").click()
    page.expect_told("right", question)
    expect(page.button("ask.check")).to_have_count(0)
    assert (words(page.story.locator(".after > div")) if step.after["en"] else "") == step.after[page.visit.look.lang]


def choose(page: LessonPage, question: Question, values: tuple[str, ...]) -> None:
    """Click the answers: in the list, or, where the question asks for it, in the picture."""
    if question.kind == "field":
        page.story.locator('[data-key="field"]').fill(values[0])
    elif question.kind == "next-hop":
        click_in_picture(page, values[0])
        expect(page.option(values[0])).to_be_checked()
    else:
        for value in values:
            page.story.locator(f'label:has(input[value="{value}"])').click()
            expect(page.option(value)).to_be_checked()


def click_in_picture(page: LessonPage, element: str) -> None:
    """Click the middle of an element that is drawn."""
    box = page.page.locator(f'#stage svg.scene [data-id="{element}"] .shape').first.bounding_box()
    assert box is not None
    page.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def step_about(page: LessonPage) -> None:
    """Go to the end and to the start, step on and back with the buttons, choose a hop in the list."""
    total = page.hop()[1]
    page.button("transport.end").click()
    page.expect_hop(total)
    page.button("transport.home").click()
    page.expect_hop(1, total)
    page.button("transport.step").click()
    page.expect_hop(2)
    page.button("transport.back").click()
    page.expect_hop(1)
    page.page.locator(f'[data-panel="hops"] tr[data-index="{total - 1}"]').click()
    page.expect_hop(total)
