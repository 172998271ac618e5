"""The eye that looks at the pictures (scripts/page_probe.js) sees each of its faults, and none in a sound page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from scripts.browser import launch
from scripts.check_pages import probe

SOUND = """
  <p>Plain words with <code style="background:#eee">code</code> in them</p>
  <p title="the whole text" style="width:80px;overflow:hidden;white-space:nowrap">cut, but the title says it</p>
  <p style="height:40px;overflow:auto">a panel that<br>can be<br>scrolled<br>is not cut</p>
  <p style="color:#777;font-size:24px">large text may be paler</p>
  <button disabled style="color:#bbb">off</button>
  <svg width="99" height="40"><g><rect width="99" height="40" /><text x="9" y="25" fill="#fff">ok</text></g></svg>
"""
FAULTS = {
    "overlap": '<p style="position:relative"><b>one text</b><b style="position:absolute;left:20px">another</b></p>',
    "clipping": '<p style="width:80px;overflow:hidden;white-space:nowrap">a text that is cut off</p>',
    "spill": '<p style="width:40px">unbreakable_long_word</p>',
    "covered": '<p style="position:relative"><b>under</b><i style="position:absolute;inset:0;background:#fff"></i></p>',
    "contrast": '<p style="color:#888">too pale on white</p>',
    "sideways": '<p style="width:3000px">a page that scrolls sideways</p>',
}
SVG_FAULTS = {
    "spill": '<g><rect width="40" height="30" fill="#fff"/><text x="5" y="20">wider than its box</text></g>',
    "clipping": '<text x="160" y="20">over the edge of the drawing</text>',
    "contrast": '<rect width="200" height="30" fill="#123"/><text x="5" y="20" fill="#345">dark on dark</text>',
    "covered": '<text x="5" y="20">under a shape</text><rect width="150" height="30" fill="#eee"/>',
}

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser.new_page(viewport={"width": 800, "height": 600})
        browser.close()


def rules_found(page: Page, body: str) -> list[str]:
    page.set_content(f'<body style="font:16px sans-serif;color:#222;background:#fff">{body}</body>')
    return [finding["rule"] for finding in probe(page)]


def test_a_sound_page_has_no_findings(page: Page) -> None:
    assert rules_found(page, SOUND) == []


@pytest.mark.parametrize("rule", FAULTS)
def test_a_fault_in_a_page_is_found(page: Page, rule: str) -> None:
    assert rules_found(page, SOUND + FAULTS[rule]) == [rule]


@pytest.mark.parametrize("rule", SVG_FAULTS)
def test_a_fault_in_a_drawing_is_found(page: Page, rule: str) -> None:
    assert rules_found(page, f'<svg width="200" height="30">{SVG_FAULTS[rule]}</svg>') == [rule]
