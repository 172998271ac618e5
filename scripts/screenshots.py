"""Take every picture of home, lesson and sandbox, look for what is wrong in each, and draw the README's picture.

    python -m scripts.screenshots [--base URL] [--readme]        pictures go to build/screenshots

Exit 1 when a picture has an overlap, clipping, poor contrast, sideways scroll or an error in it; the findings are
printed, and written beside the pictures. --readme also writes docs/screenshot.png.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.browser import launch
from scripts.check_pages import probe, report
from scripts.tour import ROOT, Finding, Look, looks, serve, settle, visit, write_report

OUT = ROOT / "build" / "screenshots"
LOOKS = looks([(1440, 900), (1024, 768), (390, 844)], ["light", "dark"], ["en", "zh"])
#: What stands in the sandbox of those pictures: Services, an Ingress and a DNS.
CLUSTER = "tests/e2e/data/web.yaml"
README_PICTURE = ROOT / "docs" / "screenshot.png"
README_LOOK = Look((1440, 900), "light", "en")


@dataclass(frozen=True, slots=True)
class Shot:
    """One page in one state: its name, its path, whether its question is skipped, what is sent in the sandbox (from,
    to), and the hop kind to stop at."""

    name: str
    path: str
    skip: bool = False
    send: tuple[str, str] | None = None
    hop: str = ""


LESSON_HOP = Shot("lesson-hop", "/l/pod-cross-node?s=the-envelope", skip=True, hop="encapsulate")
SHOTS = (
    Shot("home", "/"),
    Shot("lesson", "/l/pod-cross-node?s=which-way-out"),
    LESSON_HOP,
)
SANDBOX_SHOTS = (
    Shot("sandbox", "/sandbox"),
    Shot("sandbox-dns", "/sandbox", send=("pod/default/client", "http://my-nginx"), hop="dns-answer"),
    Shot("sandbox-service", "/sandbox", send=("pod/default/client", "http://my-nginx"), hop="dnat"),
    Shot("sandbox-http", "/sandbox", send=("pod/default/client", "http://my-nginx"), hop="http-response"),
    Shot("sandbox-ingress", "/sandbox", send=("ext/client", "http://www.example.com/"), hop="http-match"),
    Shot("sandbox-no-name", "/sandbox", send=("pod/default/client", "dns://nothing.example"), hop="dns-query"),
)


def prepare(page: Page, shot: Shot) -> None:
    """Bring an open page into the shot's state, as a student would."""
    if shot.skip:
        page.locator("[data-key=skip]").click()
        page.locator("tr[data-index]").first.wait_for(state="attached")
    if shot.send is not None:
        page.locator("#send-from").select_option(shot.send[0])
        page.locator("#send-to").fill(shot.send[1])
        page.locator("#send-to").press("Enter")
        page.get_by_test_id("result").wait_for()
    if shot.hop:
        # On a narrow screen the list is behind a tab; the row answers all the same.
        page.locator(f"tr[data-index]:has([title={shot.hop}])").first.dispatch_event("click")
    settle(page)


def take(browser: Browser, base: str, shot: Shot, look: Look, file: Path) -> list[Finding]:
    """Photograph one shot in one look; return what is wrong in it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with visit(browser, base, shot.path, look) as seen:
        prepare(seen.page, shot)
        seen.page.screenshot(path=file)
        return probe(seen.page) + seen.findings


def take_all(browser: Browser, base: str, shots: Sequence[Shot]) -> dict[str, list[Finding]]:
    """Photograph every shot in every look."""
    found = {}
    for shot in shots:
        for look in LOOKS:
            name = f"{shot.name}-{look.name}"
            found[name] = take(browser, base, shot, look, OUT / f"{name}.png")
            report(name, found[name])
    return found


def main() -> int:
    """Take the pictures and tell what is wrong in them."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--base", help="the address of a running server; without it one is started")
    arguments.add_argument("--readme", action="store_true", help="also write docs/screenshot.png")
    given = arguments.parse_args()
    with (
        nullcontext(given.base) if given.base else serve() as base,
        serve("-f", CLUSTER) as sandbox,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        found = take_all(browser, base, SHOTS) | take_all(browser, sandbox, SANDBOX_SHOTS)
        if given.readme:
            take(browser, base, LESSON_HOP, README_LOOK, README_PICTURE)
        browser.close()
    write_report(OUT / "findings.json", found)
    count = sum(map(len, found.values()))
    print(f"{len(found)} pictures in {OUT.relative_to(ROOT)}, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
