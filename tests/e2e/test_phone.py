"""A phone, by touch; a narrow window; text twice as large: everything can be read and reached."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from scripts.check_pages import probe
from tests.e2e.book import Question
from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage
from tests.e2e.player import Player
from tests.e2e.sandbox import SandboxPage
from tests.e2e.visitor import Lang

pytestmark = pytest.mark.e2e

PHONE = (390, 844)
PAGES = ("/", "/l/pod-cross-node?s=the-envelope", "/sandbox")
SMALL = """() => [...document.querySelectorAll('button, a[href], select, input, summary, [role="tab"]')].flatMap((element) => {
  const target = element.closest('label') ?? element;
  const {width, height} = target.getBoundingClientRect();
  const shown = element.checkVisibility() && width > 1 && element.closest('.sr, .skip-link, p, .prose, .marks') === null;
  return shown && (width < 24 || height < 24) ? [`${element.outerHTML.slice(0, 90)} is ${width} x ${height}`] : [];
})"""


def expect_no_sideways_scroll(page: Page) -> None:
    width = page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width[0] <= width[1]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_lesson_can_be_played_to_its_end_by_touch(visitor: Visitor, lang: Lang) -> None:
    page = LessonPage(visitor("/l/pod-same-node", lang=lang, size=PHONE, touch=True))
    for step in page.steps:
        page.expect_step(step)
        if step.question is not None:
            answer(page, step.question)
            look_at_every_tab(page)
        expect_no_sideways_scroll(page.page)
        page.story.locator('[data-key="on"]').tap()
    page.page.wait_for_url(lambda url: "/l/pod-same-node" not in url)


def answer(page: LessonPage, question: Question) -> None:
    """Answer by touch."""
    if question.kind == "field":
        page.story.locator('[data-key="field"]').tap()
        page.story.locator('[data-key="field"]').fill(question.right[0])
    else:
        page.story.locator(f'label:has(input[value="{question.right[0]}"])').tap()
    page.button("ask.check").tap()
    page.expect_told("right", question)


def look_at_every_tab(page: LessonPage) -> None:
    """Step by touch, and read the three panels of the sheet."""
    for tab in ("hops", "packet", "evidence"):
        page.page.get_by_role("tab", name=page.word(f"tab.{tab}"), exact=True).tap()
        expect(page.page.locator(f'[data-panel="{tab}"]')).to_be_visible()
        page.button("transport.step" if page.hop()[0] < page.hop()[1] else "transport.back").tap()
        expect(page.page.locator("#stage .caption")).to_be_visible()
    page.page.get_by_role("tab", name=page.word("tab.story"), exact=True).tap()


def test_on_a_phone_everything_that_can_be_touched_is_large_enough(visitor: Visitor) -> None:
    for path in PAGES:
        page = visitor(path, size=PHONE, touch=True).page
        assert page.evaluate(SMALL) == []
        expect_no_sideways_scroll(page)


def test_a_packet_can_be_sent_from_a_phone(visitor: Visitor) -> None:
    page = SandboxPage(visitor("/sandbox", size=PHONE, touch=True))
    page.send("pod/default/my-nginx-1", "icmp://10.2.1.2")
    page.page.get_by_test_id("result").get_by_role("button").first.tap()
    expect_no_sideways_scroll(page.page)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_at_320_pixels_nothing_is_cut_off_and_nothing_scrolls_sideways(visitor: Visitor, lang: Lang) -> None:
    for path in PAGES:
        page = visitor(path, size=(320, 640), lang=lang).page
        expect_no_sideways_scroll(page)
        assert [
            finding for finding in probe(page) if finding["rule"] in {"clipping", "spill", "sideways", "overlap"}
        ] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_text_at_200_percent_is_not_cut_off(visitor: Visitor, lang: Lang) -> None:
    for path in PAGES:
        page = visitor(path, size=(1280, 800), lang=lang).page
        page.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        expect_no_sideways_scroll(page)
        assert [finding for finding in probe(page) if finding["rule"] in {"clipping", "spill", "sideways"}] == []


def test_on_a_phone_home_plays_by_touch(visitor: Visitor) -> None:
    home = Player(visitor("/", size=PHONE, touch=True))
    home.button("transport.play").tap()
    home.expect_hop(2)
    home.button("transport.pause").tap()
    expect(home.button("transport.play")).to_be_visible()
