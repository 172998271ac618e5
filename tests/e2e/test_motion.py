"""Who asks for less motion gets none; nothing moves by itself before somebody plays."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage
from tests.e2e.player import Player

pytestmark = pytest.mark.e2e

FRAMES = """([key, count]) => new Promise((done) => {
  const seen = [];
  const where = () => [...document.querySelectorAll('#stage svg.overlay > g')].map((group) => group.getAttribute('transform') ?? '').join('; ');
  const look = () => { seen.push(where()); if (seen.length < count) requestAnimationFrame(look); else done(seen); };
  document.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
  requestAnimationFrame(look);
})"""
"""Presses a key, and returns where the packet stands in each of the next frames."""


def walk(visitor: Visitor, motion: str) -> LessonPage:
    page = LessonPage(visitor("/l/pod-cross-node?s=the-envelope", motion=motion))
    page.skip()
    page.press("Home")
    page.expect_hop(1)
    return page


def test_with_reduced_motion_the_packet_jumps_and_nothing_animates(visitor: Visitor) -> None:
    page = walk(visitor, "reduce")
    for number in range(2, 14):
        places = page.page.evaluate(FRAMES, ["ArrowRight", 4])
        page.expect_hop(number)
        assert places[0] != ""
        assert set(places[1:]) == {places[1]}, f"the packet still moves at hop {number}"
        assert page.page.evaluate("() => document.getAnimations().length") == 0


def test_without_that_wish_the_packet_travels(visitor: Visitor) -> None:
    page = walk(visitor, "no-preference")
    travelled = [len(set(page.page.evaluate(FRAMES, ["ArrowRight", 12]))) for _ in range(6)]
    assert max(travelled) > 6


def test_nothing_moves_before_somebody_plays(visitor: Visitor) -> None:
    for path in ("/", "/l/pod-same-node?s=predict-hop"):
        page = Player(visitor(path, motion="no-preference"))
        page.page.wait_for_function("() => document.getAnimations().length === 0")
        places = page.page.evaluate(FRAMES, ["F24", 30])
        assert len(set(places)) == 1
        assert page.page.locator('#transport [data-name="play"]').get_attribute("aria-label") == page.word(
            "transport.play"
        )
