"""A link leads to a step, a hop, a language and a level of detail; reloading loses nothing."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage

pytestmark = pytest.mark.e2e


def test_a_deep_link_restores_step_hop_language_and_level(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/pod-cross-node?s=which-way-out&h=3&lang=zh&level=3", lang="en"))
    expect(page.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.story.locator("h1")).to_have_text(page.steps[1].title["zh"])
    page.expect_hop(3)
    expect(page.page.locator('#stage .hud .seg [aria-pressed="true"]')).to_have_text("3")


def test_a_deep_link_past_what_an_open_question_shows_stops_there(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/pod-same-node?s=predict-hop&h=999"))
    shown, total = page.hop()
    assert shown == total == len(page.rows())


@pytest.mark.parametrize("query", ["s=no-such-step&h=-5&level=9", "s=%22%3E%3Cscript%3E&h=x&lang=tlh&level="])
def test_a_link_with_nonsense_in_it_opens_the_lesson_all_the_same(visitor: Visitor, query: str) -> None:
    page = LessonPage(visitor(f"/l/pod-same-node?{query}"))
    expect(page.story.locator("h1")).to_have_text(page.steps[0].title["en"])


def test_the_copied_link_opens_the_same_place_for_somebody_else(visitor: Visitor) -> None:
    mine = LessonPage(
        visitor("/l/pod-same-node?s=predict-hop", options={"permissions": ["clipboard-read", "clipboard-write"]})
    )
    mine.press("Home", "ArrowRight")
    mine.expect_hop(2)
    mine.button("share").click()
    expect(mine.page.get_by_text(mine.word("share.copied"))).to_be_visible()
    link = mine.page.evaluate("() => navigator.clipboard.readText()")
    assert parse_qs(urlsplit(link).query) == {"s": ["predict-hop"], "h": ["2"], "lang": ["en"], "level": ["2"]}
    theirs = LessonPage(visitor(link.removeprefix(mine.visit.base), lang="zh"))
    expect(theirs.page.locator("html")).to_have_attribute("lang", "en")
    theirs.expect_hop(2)
    assert theirs.caption() == mine.caption()


def test_reloading_comes_back_to_the_same_step_and_hop_with_the_answer_kept(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/pod-same-node?s=the-ttl"))
    page.story.locator('[data-key="field"]').fill("64")
    page.button("ask.check").click()
    expect(page.feedback).to_have_attribute("data-kind", "right")
    page.press("Home", *["ArrowRight"] * 4)
    page.expect_hop(5)
    page.page.wait_for_url(re.compile("h=5"))
    page.page.reload()
    page.expect_hop(5)
    expect(page.story.locator("h1")).to_have_text(page.steps[3].title["en"])
    expect(page.feedback).to_have_attribute("data-kind", "right")


def test_home_offers_to_go_on_where_the_student_stopped(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/how-to-read"))
    page.press("Shift+ArrowRight")
    page.expect_step(page.steps[1])
    page.skip()
    page.visit.open("/")
    step = page.word("home.continue", title=".+", n=3)
    page.page.get_by_role("link", name=re.compile(step)).click()
    page.page.wait_for_url(re.compile("/l/how-to-read.*s=there-and-back"))
