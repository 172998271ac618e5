"""Look at pages as a careful person would: text over text, text cut off, text too pale, sideways scroll, errors.

    python -m scripts.check_pages [--base URL] [PATH ...]         exit 1 when anything is found

Without --base it starts a server of its own. Each page is opened in 2 sizes x light, dark x zh, en.
What is measured is written in scripts/page_probe.js; the bounds are WCAG 2.2 AA's (4.5:1, large text 3:1).
"""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.browser import launch
from scripts.tour import Finding, Look, looks, serve, visit

PROBE = (Path(__file__).parent / "page_probe.js").read_text(encoding="utf-8")
SIZES = [(1440, 900), (390, 844)]
LOOKS = looks(SIZES, ["light", "dark"], ["en", "zh"])
PATHS = ["/", "/l/pod-cross-node"]


def probe(page: Page) -> list[Finding]:
    """Return what is wrong on the page as it stands."""
    found: list[Finding] = page.evaluate(f"() => {{ {PROBE}\n return probe(); }}")
    return found


def check(browser: Browser, base: str, path: str, look: Look) -> list[Finding]:
    """Open one page one way and return everything that is wrong with it."""
    with visit(browser, base, path, look) as seen:
        return probe(seen.page) + seen.findings


def report(name: str, findings: list[Finding]) -> None:
    """Print one picture's findings, at most twenty."""
    print(f"{name}: {len(findings) or 'no'} findings")
    for finding in findings[:20]:
        print(f"   {finding['rule']:9} {finding['where']}: {finding['what']}")
    if len(findings) > 20:
        print(f"   ... and {len(findings) - 20} more")


def main() -> int:
    """Check every page in every look."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--base", help="the address of a running server, such as http://127.0.0.1:5000")
    arguments.add_argument("paths", nargs="*", default=PATHS)
    given = arguments.parse_args()
    count = 0
    with nullcontext(given.base) if given.base else serve() as base, sync_playwright() as playwright:
        browser = launch(playwright)
        for path in given.paths:
            for look in LOOKS:
                findings = check(browser, base, path, look)
                report(f"{path} {look.name}", findings)
                count += len(findings)
        browser.close()
    print(f"{count} findings on {len(given.paths) * len(LOOKS)} pictures")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
