"""Find and start the Chromium that tests and scripts drive: $CHROMIUM, the system's, or Playwright's own.

As a program it prints the path and exits 0, or exits 1 where there is none.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

# Without the background flags a headless Chromium looks up hosts of its maker at every start.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_chromium(playwright: Playwright) -> str | None:
    """Return the path of a Chromium, or None; the system's goes before Playwright's."""
    given = os.environ.get("CHROMIUM")
    candidates = [given] if given else [*(shutil.which(name) for name in NAMES), playwright.chromium.executable_path]
    return next((path for path in candidates if path and Path(path).is_file()), None)


def launch(playwright: Playwright) -> Browser:
    """Start a headless Chromium; as root without its sandbox, which refuses to run there."""
    path = find_chromium(playwright)
    if path is None:
        sys.exit("no Chromium found: run `make browser`, or name one in the environment variable CHROMIUM")
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return playwright.chromium.launch(executable_path=path, args=[*FLAGS, *(["--no-sandbox"] if as_root else [])])


def main() -> int:
    """Print where the browser is."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
    print(path or "no Chromium found")
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())
