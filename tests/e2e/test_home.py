"""The first page: what it says, how soon it plays, and that it needs nobody else."""

from __future__ import annotations

import math
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import Visitor
from tests.e2e.player import Player
from tests.e2e.server import Server
from tests.e2e.visitor import Lang, Look, visit
from tests.e2e.walk import THREE_PODS, caption, strings, trace

pytestmark = pytest.mark.e2e

FIRST_MOVE_MS = 3000
HURRY = """
  const look = () => {
    document.querySelector('#story [data-key="skip"]')?.click();
    const play = document.querySelector('#transport [data-name="play"]:enabled');
    const hop = Number(document.querySelector('[data-testid="hop-count"] b')?.textContent);
    if (hop > 1) { window.movedAt = performance.now(); return; }
    if (play && !window.hasPlayed) { window.hasPlayed = true; play.click(); }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""
"""A hasty student: skips the question, presses Play as soon as it is there; `movedAt` is when the second hop is shown."""


def test_home_shows_one_real_walk_paused_at_its_first_hop(visitor: Visitor) -> None:
    home = Player(visitor("/"))
    expect(home.page.get_by_role("heading", level=1)).to_have_text(home.word("home.title"))
    sender, to = home.page.locator("#demo-what").inner_text().split(" → ")
    real = trace(THREE_PODS, f"pod/default/{sender}", to)
    home.expect_hop(1, len(real["hops"]))
    expect(home.button("transport.play")).to_be_enabled()
    for number, hop in enumerate(real["hops"], start=1):
        home.expect_hop(number)
        assert home.caption() == caption(hop, "en")
        home.press("ArrowRight")


def test_home_links_to_the_first_lesson_and_lists_the_whole_course(visitor: Visitor) -> None:
    home = Player(visitor("/"))
    links = home.page.locator("#course a.lesson")
    assert [urlsplit(link.get_attribute("href") or "").path for link in links.all()] == [
        "/l/how-to-read", "/l/veth-and-bridge", "/l/pod-same-node", "/l/pod-cross-node",
    ]  # fmt: skip
    home.page.get_by_role("link", name=home.word("home.start")).click()
    home.page.wait_for_url(re.compile("/l/how-to-read"))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("path", ["/", "/l/pod-same-node?s=predict-hop"])
def test_the_first_packet_moves_within_three_seconds_of_opening_the_page(
    chromium: Browser, course: Server, path: str
) -> None:
    took = math.inf
    for _ in range(9):  # the machine may be busy with something else: one quick visit shows what the page can do
        seen = visit(chromium, course.origin, Look(motion="no-preference"))
        seen.context.add_init_script(HURRY)
        seen.page.goto(course.origin + path)
        moved = seen.page.wait_for_function("() => window.movedAt")
        took = min(took, float(moved.json_value()))
        seen.context.close()
        assert seen.complaints == []
        if took < FIRST_MOVE_MS:
            break
    print(f"{path}: the first packet moved {took:.0f} ms after the page was opened")
    assert took < FIRST_MOVE_MS


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_page_asks_any_other_host_for_anything(visitor: Visitor, lang: Lang) -> None:
    for path in ("/", "/l/pod-cross-node", "/sandbox"):
        seen = visitor(path, lang=lang)
        seen.page.wait_for_load_state("networkidle")
        assert seen.foreign() == []
        assert {urlsplit(url).scheme for url in seen.requests} == {"http", "ws"}


def test_home_plays_and_pauses(visitor: Visitor) -> None:
    home = Player(visitor("/", motion="no-preference"))
    home.button("transport.play").click()
    home.expect_hop(2)
    home.button("transport.pause").click()
    expect(home.button("transport.play")).to_be_visible()
    assert home.hop()[0] >= 2


def test_home_says_the_same_in_both_languages(visitor: Visitor) -> None:
    for lang in ("zh", "en"):
        page = visitor("/", lang=lang).page
        for element in page.locator("main [data-t]").all():
            key = element.get_attribute("data-t") or ""
            template = strings(lang, "ui")[key]
            expect(element).to_have_text(re.compile(re.sub(r"\\\{\w+\\\}", ".*", re.escape(template))))
