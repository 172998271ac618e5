"""A lesson from its first step to its last, with the keyboard alone; the focus is always somewhere, and can be seen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.book import Question, Step
from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage
from tests.e2e.visitor import Lang

pytestmark = pytest.mark.e2e

FOCUS = """() => {
  const {activeElement: at} = document;
  if (at === null || at === document.body || at === document.documentElement) return {name: 'body'};
  const styles = [at, at.closest('label')].filter(Boolean).map((one) => getComputedStyle(one));
  const ring = document.querySelector('#stage .focusring');
  const box = (at.getAttribute('role') === 'treeitem' && ring !== null ? ring : at).getBoundingClientRect();
  return {
    name: at.id || at.dataset.key || at.dataset.name || at.getAttribute('aria-label') || at.textContent.trim().slice(0, 40) || at.tagName,
    ring: ring !== null || styles.some(({outlineStyle, outlineWidth}) => outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2),
    seen: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  };
}"""


class Keyboard:
    """Presses keys and looks after each one where the focus is."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, key: str) -> str:
        """Press a key; the focus must then be on something, visibly. Returns that thing's name."""
        self.page.keyboard.press(key)
        at = self.page.evaluate(FOCUS)
        assert at["name"] != "body", f"the focus is lost after {key}"
        assert at["ring"], f"no focus ring on {at['name']} after {key}"
        assert at["seen"], f"{at['name']} has the focus after {key}, outside of the window"
        return str(at["name"])

    def tab_to(self, selector: str, key: str = "Tab") -> None:
        """Press Tab, or Shift+Tab, until an element that matches has the focus."""
        for _ in range(120):
            self.press(key)
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{key} never comes to {selector}")


@pytest.mark.parametrize(("lesson", "lang"), [("veth-and-bridge", "en"), ("how-to-read", "zh")])
def test_a_lesson_can_be_played_to_its_end_by_keyboard(visitor: Visitor, lesson: str, lang: Lang) -> None:
    page = LessonPage(visitor(f"/l/{lesson}", lang=lang))
    keys = Keyboard(page.page)
    keys.press("Tab")
    assert keys.press("Enter") == "main"
    for number, step in enumerate(page.steps):
        page.expect_step(step)
        if step.question is not None:
            answer(page, keys, step, step.question)
            walk(page, keys)
        if number + 1 < len(page.steps):
            keys.press("Shift+ArrowRight")
    keys.tab_to('[data-key="on"]')
    page.page.keyboard.press("Enter")
    page.page.wait_for_url(lambda url: f"/l/{lesson}" not in url)
    page.visit.open("/")
    expect(page.page.locator(f'#course li:has(a[href="/l/{lesson}"])')).to_have_attribute("data-state", "done")


def answer(page: LessonPage, keys: Keyboard, step: Step, question: Question) -> None:
    """Answer wrongly, then rightly."""
    choose(page, keys, question, question.wrong)
    page.expect_told("wrong", question)
    expect(page.feedback).to_be_focused()
    choose(page, keys, question, question.right)
    page.expect_told("right", question)
    expect(page.feedback).to_be_focused()


def choose(page: LessonPage, keys: Keyboard, question: Question, values: tuple[str, ...]) -> None:
    """Choose by number, or type where something is to be typed; Enter checks."""
    if question.kind == "field":
        keys.tab_to('[data-key="field"]', "Tab" if page.feedback.count() == 0 else "Shift+Tab")
        keys.press("Control+a")
        page.page.keyboard.type(values[0])
    else:
        for value in values:
            keys.press(str(question.values.index(value) + 1))
            expect(page.option(value)).to_be_focused()
            expect(page.option(value)).to_be_checked()
    page.page.keyboard.press("Enter")


def walk(page: LessonPage, keys: Keyboard) -> None:
    """End, Home, on and back, by every key that the help names for it."""
    total = page.hop()[1]
    keys.press("End")
    page.expect_hop(total)
    keys.press("Home")
    page.expect_hop(1)
    for on, back in (("ArrowRight", "ArrowLeft"), (".", "PageUp"), ("PageDown", "ArrowUp"), ("ArrowDown", "ArrowLeft")):
        keys.press(on)
        page.expect_hop(2)
        keys.press(back)
        page.expect_hop(1)


def test_every_tab_stop_of_a_lesson_shows_its_focus_on_the_screen(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/pod-same-node?s=predict-hop", size=(1000, 700)))
    keys = Keyboard(page.page)
    names = []
    for _ in range(80):
        page.page.keyboard.press("Tab")
        if page.page.evaluate(FOCUS)["name"] == "body":
            break
        names.append(page.page.evaluate(FOCUS)["name"])
        assert focus_is_painted(page.page), f"nothing is painted round {names[-1]}"
    assert len(names) > 20
    assert names[0].startswith(page.word("skip"))
    assert {"home", "back", "play", "step", "end", "check", "hint", "skip", "on"} <= set(names)
    assert keys.press("Shift+Tab")


def focus_is_painted(page: Page) -> bool:
    """Whether the picture changes when the focus goes away from where it is."""
    before = page.screenshot(animations="disabled", caret="hide", type="jpeg", quality=90)
    page.evaluate("() => { window.focused = document.activeElement; window.focused.blur(); }")
    after = page.screenshot(animations="disabled", caret="hide", type="jpeg", quality=90)
    page.evaluate("() => window.focused.focus({focusVisible: true})")
    return before != after


def test_letters_can_be_switched_off_and_never_fire_while_typing(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/how-to-read?s=there-and-back"))
    field = page.story.locator('[data-key="field"]')
    field.focus()
    page.page.keyboard.type("l f p t ? 1")
    expect(field).to_have_value("l f p t ? 1")
    expect(page.page.locator("html")).to_have_attribute("lang", "en")
    page.story.locator("h1").focus()
    page.press("?")
    page.page.get_by_role("dialog").locator("#letters").uncheck()
    page.press("Escape", "l")
    expect(page.page.get_by_role("dialog")).to_have_count(0)
    expect(page.page.locator("html")).to_have_attribute("lang", "en")
    page.press("Home")
    page.page.reload()
    expect(page.story.locator("h1")).to_have_text(page.steps[2].title["en"])
    page.press("l")
    expect(page.page.locator("html")).to_have_attribute("lang", "en")


def test_the_picture_is_a_tree_that_arrow_keys_walk_and_enter_opens(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/pod-same-node?s=meet"))
    keys = Keyboard(page.page)
    tree = page.page.get_by_role("tree", name=page.word("tree"))
    node = tree.get_by_role("treeitem", name=re.compile("^k8s-node-12"))
    expect(node).to_have_attribute("aria-level", "1")
    expect(node.get_by_role("treeitem", name=re.compile("^my-nginx-1,"))).to_have_attribute("aria-level", "2")
    expect(node.get_by_role("treeitem", name=re.compile("^cni0,"))).to_have_attribute("aria-level", "2")
    keys.tab_to('[role="treeitem"]')
    reached = {keys.press(key) for key in ["ArrowDown"] * 3 + ["ArrowRight"] * 6 + ["ArrowUp"] * 3 + ["ArrowLeft"] * 6}
    assert len(reached) > 4
    keys.press("Enter")
    card = page.page.locator("#stage .card")
    expect(card).to_be_visible()
    keys.press("Escape")
    expect(card).to_have_count(0)


def test_neither_a_step_nor_another_language_takes_the_focus_away(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/pod-cross-node?s=the-envelope"))
    page.skip()
    page.press("Home", *["ArrowRight"] * 20)
    page.page.evaluate("() => document.activeElement.blur()")
    keys = Keyboard(page.page)
    stops: list[str] = []
    while len(stops) < 80:
        page.page.keyboard.press("Tab")
        if page.page.evaluate(FOCUS)["name"] == "body":
            break
        stops.append(page.page.evaluate(FOCUS)["name"])
        is_typing = page.page.evaluate("() => document.activeElement.matches('select, input')")
        for key in () if is_typing else (".", "PageUp", "l"):
            before = page.page.evaluate("() => document.documentElement.lang")
            assert keys.press(key)
            if key == "l":
                page.page.wait_for_function("(before) => document.documentElement.lang !== before", arg=before)
                assert page.page.evaluate(FOCUS)["name"] != "body", f"another language takes the focus from {stops[-1]}"
    assert len(stops) > 20
