"""What a browser is told to forbid, on every kind of answer; and pages that are not there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.player import Player
from tests.e2e.walk import LOCALES

pytestmark = pytest.mark.e2e

PATHS = (
    "/",
    "/l/pod-same-node",
    "/sandbox",
    "/l/no-such-lesson",
    "/static/js/boot.js",
    "/healthz",
    "/socket.io/?EIO=4&transport=polling",
)


def test_every_answer_carries_the_security_headers(visitor: Visitor) -> None:
    seen = visitor("/")
    for path in PATHS:
        headers = seen.page.request.get(seen.base + path, fail_on_status_code=False).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy, path
        assert "unsafe" not in policy and "*" not in policy, path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert "access-control-allow-origin" not in headers, path


def test_no_page_has_a_script_or_a_style_written_into_it(visitor: Visitor) -> None:
    seen = visitor("/")
    for path in PATHS[:4]:
        source = seen.page.request.get(seen.base + path, fail_on_status_code=False).text()
        assert source.count("<script") == source.count("<script src=") + source.count('<script type="module" src=')
        assert "<style" not in source and " style=" not in source and "javascript:" not in source


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/l/no-such-lesson", "/nowhere/at/all"])
def test_a_page_that_is_not_there_is_told_in_the_house_style(visitor: Visitor, path: str, lang: str) -> None:
    page = Player(visitor(path, lang=lang))
    expect(page.page.locator("html")).to_have_attribute("lang", LOCALES[lang])
    expect(page.page.get_by_role("heading", level=1)).to_have_text(page.word("error.404"))
    home = page.page.get_by_role("link", name=page.word("error.home"))
    assert home.evaluate("(link) => getComputedStyle(link).backgroundColor") not in {
        "rgba(0, 0, 0, 0)",
        "rgb(255, 255, 255)",
    }
    home.click()
    page.page.wait_for_url(page.visit.base + "/")
    page.visit.may_complain_of(lambda text: "404" in text and path in text)


def test_nothing_from_the_address_bar_becomes_markup(visitor: Visitor) -> None:
    attack = "%3Cimg%20src%3Dx%20onerror%3D%22document.title%3D'owned'%22%3E"
    for path in (f"/l/pod-same-node?s={attack}&lang={attack}&h={attack}", f"/?lang={attack}"):
        seen = visitor(path)
        expect(seen.page.locator('img[src="x"]')).to_have_count(0)
        assert "owned" not in seen.page.title()


def test_what_is_typed_into_the_sandbox_stays_text(visitor: Visitor) -> None:
    page = Player(visitor("/sandbox"))
    page.page.locator("#send-to").fill("icmp://<img src=x onerror=alert(1)>")
    page.button("send.send").click()
    expect(page.page.get_by_role("alert")).to_contain_text("<img src=x")
    expect(page.page.locator('img[src="x"]')).to_have_count(0)
