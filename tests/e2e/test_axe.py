"""No page, in no state, theme or language, breaks a rule of WCAG 2.2 AA that axe-core can see."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage
from tests.e2e.player import Player
from tests.e2e.sandbox import SandboxPage
from tests.e2e.server import ROOT
from tests.e2e.visitor import Theme, Visit
from tests.e2e.walk import LOCALES

pytestmark = pytest.mark.e2e

RUN = """async () => {
  const {violations} = await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']});
  return violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => `${id}: ${target.join(' ')}: ${failureSummary}`));
}"""


def idle(seen: Visit) -> None:
    """Leave the page as it opens."""


def in_the_middle(seen: Visit) -> None:
    """Skip the question and go on to a wrapped packet."""
    page = LessonPage(seen)
    page.skip()
    page.press("Home", *["ArrowRight"] * 24)


def wrongly_answered(seen: Visit) -> None:
    """Answer wrongly; the question stays open."""
    page = LessonPage(seen)
    page.press("2")
    page.button("ask.check").click()
    expect(page.feedback).to_be_visible()


def sent(seen: Visit) -> None:
    """Send something that is refused."""
    page = SandboxPage(seen)
    page.send("pod/default/my-nginx-1", "tcp://10.2.2.49:81")
    page.press("End")


def problem(seen: Visit) -> None:
    """Send something that cannot be sent."""
    page = SandboxPage(seen)
    page.page.locator("#send-to").fill("gopher://nowhere")
    page.button("send.send").click()
    expect(page.page.get_by_role("alert")).to_be_visible()


def with_help(seen: Visit) -> None:
    """Open the list of keys."""
    page = Player(seen)
    page.button("help").click()
    expect(page.page.get_by_role("dialog")).to_be_visible()


STATES: dict[str, tuple[str, Callable[[Visit], None]]] = {
    "home": ("/", idle),
    "lesson-idle": ("/l/pod-same-node?s=meet", idle),
    "mid-trace": ("/l/pod-cross-node?s=the-envelope&level=3", in_the_middle),
    "question-open": ("/l/pod-same-node?s=predict-hop", wrongly_answered),
    "sandbox": ("/sandbox", sent),
    "sandbox-problem": ("/sandbox", problem),
    "help": ("/l/how-to-read", with_help),
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_to_mend_in_any_theme_and_language(visitor: Visitor, state: str) -> None:
    path, prepare = STATES[state]
    seen = visitor(path, lang="zh")
    prepare(seen)
    seen.page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    themes: list[Theme] = ["light", "dark"]
    found = {}
    for lang in ("zh", "en"):
        if lang == "en":
            seen.page.evaluate("""() => document.querySelector('#tools [data-tag="en"]').click()""")
        expect(seen.page.locator("html")).to_have_attribute("lang", LOCALES[lang])
        for theme in themes:
            seen.page.emulate_media(color_scheme=theme)
            found[lang, theme] = seen.page.evaluate(RUN)
    assert found == {key: [] for key in found}
