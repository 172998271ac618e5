"""Two languages, one place: switching loses nothing and leaves nothing behind."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage
from tests.e2e.sandbox import SandboxPage
from tests.e2e.visitor import Lang, Visit
from tests.e2e.walk import LOCALES, strings

pytestmark = pytest.mark.e2e

NAMES = {"gateway"}
"""Words that are a host's name, the same in every language."""
WRITTEN = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest('noscript, script, style') === null && node.parentElement.checkVisibility()) found.push([node.textContent.trim(), node.parentElement.closest('[lang]').lang]);
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [aria-valuetext]')) {
    if (element.checkVisibility() && !element.matches('.kindtag')) for (const name of ['aria-label', 'title', 'placeholder', 'aria-valuetext']) found.push([element.getAttribute(name) ?? '', element.closest('[lang]').lang]);
  }
  return found.filter(([text]) => text !== '');
}"""
"""Every text of the page, seen or only said, with the language it is marked as; a kind's tag names it as the JSON does."""


def written(page: Page) -> list[tuple[str, str]]:
    found: list[list[str]] = page.evaluate(WRITTEN)
    return [(text, lang) for text, lang in found]


def has_han(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


def expect_language(page: Page, lang: Lang) -> None:
    """No text of the page is one of the other language's, but where it is marked so."""
    expect(page.locator("html")).to_have_attribute("lang", LOCALES[lang])
    other: Lang = "en" if lang == "zh" else "zh"
    own = set(strings(lang, "ui").values())
    foreign = set(strings(other, "ui").values()) - own - NAMES
    texts = [(text, marked) for text, marked in written(page) if marked == LOCALES[lang]]
    assert [text for text, _ in texts if text in foreign] == []
    if lang == "en":
        assert [text for text, _ in texts if has_han(text) and text != "简体中文"] == []
    assert {marked for _, marked in written(page)} <= set(LOCALES.values())


def test_switching_in_the_middle_of_a_question_keeps_step_hop_answer_and_focus(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/pod-cross-node?s=which-way-out", lang="zh"))
    question = page.steps[1].question
    assert question is not None
    page.press("3")
    page.press("Home")
    page.expect_hop(1)
    option = page.option(question.values[2])
    for lang in ("en", "zh"):
        page.press("l")
        expect(page.page.locator("html")).to_have_attribute("lang", LOCALES[lang])
        expect(page.story.locator("h1")).to_have_text(page.steps[1].title[lang])
        page.expect_hop(1)
        expect(option).to_be_checked()
        expect(option).to_be_focused()


def test_switching_in_the_middle_of_a_walk_keeps_hop_filter_level_and_focus(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/pod-cross-node?s=next-door", lang="en"))
    page.skip()
    page.page.locator("#stage .hud").get_by_role("button", name=page.word("level.n", n=3)).click()
    page.press("Home", *["ArrowRight"] * 6)
    page.expect_hop(7)
    page.page.locator('[data-panel="hops"] tr[data-index="6"]').focus()
    page.press("l")
    expect(page.page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.expect_hop(7)
    expect(page.page.locator('#stage .hud [aria-pressed="true"]').first).to_have_text("3")
    expect(page.page.locator('[data-panel="hops"] tr[data-index="6"]')).to_be_focused()
    assert "lang=zh" in page.page.url and "h=7" in page.page.url


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_is_in_one_language_before_and_after_switching(visitor: Visitor, lang: Lang) -> None:
    other: Lang = "en" if lang == "zh" else "zh"
    for path in ("/", "/l/pod-same-node?s=predict-hop", "/sandbox", "/no-such-page"):
        seen = visitor(path, lang=lang)
        busy(seen, path)
        expect_language(seen.page, lang)
        seen.page.locator(f'#tools [data-tag="{LOCALES[other]}"]').click()
        expect_language(seen.page, other)
        seen.may_complain_of(lambda text: "404" in text and "no-such-page" in text)


def busy(seen: Visit, path: str) -> None:
    """Bring as much onto the page as it can show."""
    if path == "/sandbox":
        page = SandboxPage(seen)
        page.send("pod/default/my-nginx-1", "tcp://10.2.2.49:81")
        page.press("End")
    if path.startswith("/l/"):
        page_of_lesson = LessonPage(seen)
        page_of_lesson.button("ask.hint").click()
        page_of_lesson.press("End")


def test_the_choice_of_a_language_outlives_the_visit(visitor: Visitor) -> None:
    seen = visitor("/", lang="zh")
    seen.page.locator('#tools [data-tag="en"]').click()
    expect(seen.page.locator("html")).to_have_attribute("lang", "en")
    seen.open("/l/how-to-read")
    expect_language(seen.page, "en")
    seen.open("/sandbox?lang=zh")
    expect(seen.page.locator("html")).to_have_attribute("lang", "zh-CN")
