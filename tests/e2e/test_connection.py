"""The server goes away and comes back: the page says so, still plays, and is where it was."""

from __future__ import annotations

import signal

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_lost_server_is_told_and_once_back_the_lesson_goes_on(visitor: Visitor, how: signal.Signals) -> None:
    with Server() as server:
        page = LessonPage(visitor("/l/pod-same-node?s=predict-hop", server=server))
        banner = page.page.locator("#connection")
        expect(banner).to_be_hidden()
        page.press("Home", "ArrowRight")
        page.expect_hop(2)
        server.stop(how)
        expect(banner).to_be_visible()
        expect(banner).to_contain_text(page.word("connection.retry"))
        page.press("ArrowRight")
        page.expect_hop(3)
        server.start()
        expect(banner).to_be_hidden(timeout=15_000)
        page.expect_step(page.steps[1])
        page.expect_hop(3)
        page.press("1")
        page.button("ask.check").click()
        expect(page.feedback).to_have_attribute("data-kind", "right")
        page.visit.may_complain_of(lambda text: "WebSocket" in text or "ERR_CONNECTION" in text)


def test_an_answer_without_a_server_is_told_as_not_checked(visitor: Visitor) -> None:
    with Server() as server:
        page = LessonPage(visitor("/l/pod-same-node?s=predict-hop", server=server))
        server.stop(signal.SIGKILL)
        expect(page.page.locator("#connection")).to_be_visible()
        page.press("1")
        page.button("ask.check").click()
        expect(page.feedback).to_contain_text(page.word("ask.word.problem"), timeout=12_000)
        expect(page.option("k8s-node-12:cni0")).to_be_checked()
        page.visit.may_complain_of(lambda text: "WebSocket" in text or "ERR_CONNECTION" in text)
