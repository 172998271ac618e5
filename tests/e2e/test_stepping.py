"""Stepping back is exact: whichever way the playhead comes to a hop, the page shows the same."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage
from tests.e2e.player import Player

pytestmark = pytest.mark.e2e

WALK = "/l/pod-cross-node?s=the-envelope"


@pytest.fixture
def walk(visitor: Visitor) -> LessonPage:
    """A walk from node to node, through the tunnel, at its first hop."""
    page = LessonPage(visitor(WALK))
    page.skip()
    page.press("Home")
    page.expect_hop(1)
    return page


def test_three_steps_on_and_three_back_show_the_same_page(walk: LessonPage) -> None:
    total = walk.hop()[1]
    for number in (2, total // 3, 2 * total // 3, total - 3):
        seek(walk, number)
        before = walk.snapshot()
        walk.press(*["ArrowRight"] * 3)
        walk.expect_hop(number + 3)
        assert walk.snapshot() != before
        walk.press(*["ArrowLeft"] * 3)
        walk.expect_hop(number)
        assert walk.snapshot() == before


def test_a_hop_shows_the_same_whether_walked_to_clicked_or_dragged_to(walk: LessonPage) -> None:
    total = walk.hop()[1]
    number = total // 2
    walk.press(*["ArrowRight"] * (number - 1))
    walk.expect_hop(number)
    walked = walk.snapshot()
    walk.press("End")
    walk.expect_hop(total)
    walk.press("Home")
    walk.page.locator(f'[data-panel="hops"] tr[data-index="{number - 1}"]').click()
    walk.expect_hop(number)
    walk.page.locator("#stage").evaluate("() => document.activeElement.blur()")
    assert walk.snapshot() == walked
    walk.press("End")
    seek(walk, number)
    assert walk.snapshot() == walked


def seek(page: Player, number: int) -> None:
    """Set the scrub bar to a hop, as a drag does."""
    page.page.get_by_role("slider", name=page.word("transport.scrub")).fill(str(number - 1))
    page.expect_hop(number)
    page.page.evaluate("() => document.activeElement.blur()")


def test_the_scrub_bar_takes_clicks_drags_and_the_keys_home_and_end(walk: LessonPage) -> None:
    total = walk.hop()[1]
    slider = walk.page.get_by_role("slider", name=walk.word("transport.scrub"))
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    at = {share: box["x"] + box["width"] * share for share in (0.02, 0.25, 0.5, 0.75)}
    walk.page.mouse.click(at[0.5], middle)
    assert abs(walk.hop()[0] - total / 2) <= total * 0.06
    walk.page.mouse.move(at[0.5], middle)
    walk.page.mouse.down()
    walk.page.mouse.move(at[0.75], middle, steps=4)
    walk.page.mouse.move(at[0.25], middle, steps=4)
    walk.page.mouse.up()
    assert abs(walk.hop()[0] - total / 4) <= total * 0.06
    slider.press("End")
    walk.expect_hop(total)
    slider.press("ArrowLeft")
    walk.expect_hop(total - 1)
    slider.press("Home")
    walk.expect_hop(1)
    expect(slider).to_have_attribute(
        "aria-valuetext", walk.word("transport.hop-of", n=1, total=total) + " " + walk.caption()
    )


def test_every_mark_says_what_it_stands_for_and_leads_there(walk: LessonPage) -> None:
    marks = walk.page.locator("#transport .marks button")
    assert marks.count() >= 5
    kinds = set()
    for mark in marks.all():
        name = mark.get_attribute("aria-label") or ""
        kinds.add(mark.get_attribute("data-type"))
        mark.hover()
        expect(mark.locator(".tip")).to_be_visible()
        expect(mark.locator(".tip")).to_have_text(name)
        mark.click()
        assert name.startswith(walk.word("transport.hop", n=walk.hop()[0]) + ":")
    assert {"arp", "wrap", "unwrap", "verdict"} <= kinds


def test_playing_walks_every_hop_and_stops_at_the_end(visitor: Visitor) -> None:
    page = LessonPage(visitor("/l/pod-same-node?s=the-ttl"))
    page.skip()
    total = page.hop()[1]
    page.page.locator("#transport select").select_option("500")
    seek(page, total - 2)
    page.press(" ")
    expect(page.button("transport.pause")).to_be_visible()
    page.expect_hop(total)
    expect(page.button("transport.play")).to_be_visible()
