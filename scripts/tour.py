"""A server of our own and pages opened in it, in every combination of size, theme and language."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Literal, TypedDict
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 30

Theme = Literal["light", "dark"]


class Finding(TypedDict):
    """One thing that is wrong on a page: by which rule, at which element, and what."""

    rule: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at."""

    size: tuple[int, int]
    theme: Theme
    lang: str

    @property
    def name(self) -> str:
        """As in a file name: 1440x900-dark-zh."""
        return f"{self.size[0]}x{self.size[1]}-{self.theme}-{self.lang}"


@dataclass(slots=True)
class Visit:
    """An open page and what it complained about meanwhile."""

    page: Page
    findings: list[Finding] = field(default_factory=list)


def looks(sizes: list[tuple[int, int]], themes: list[Theme], langs: list[str]) -> list[Look]:
    """Return every combination, sizes outermost."""
    return [Look(size, theme, lang) for size, theme, lang in product(sizes, themes, langs)]


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(*arguments: str) -> Iterator[str]:
    """Run `podwalk serve` on a free port; yield its address; stop it afterwards."""
    port = free_port()
    log = ROOT / "build" / "serve.log"
    log.parent.mkdir(exist_ok=True)
    data = ["--data", str(log.parent / "tour-data")]
    command = [sys.executable, "-m", "app", "serve", "--port", str(port), *data, *arguments]
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=os.environ | {"CI": "true"})
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=10)


def wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return once /healthz answers; leave with the server's own words where it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit(f"podwalk serve did not answer at {url}:\n{log.read_text()}")


@contextmanager
def visit(browser: Browser, base: str, path: str, look: Look) -> Iterator[Visit]:
    """Open `path` (which may have a query) as `look` says, and note errors and requests that leave this server."""
    context = browser.new_context(
        viewport={"width": look.size[0], "height": look.size[1]},
        color_scheme=look.theme,
        locale="zh-CN" if look.lang == "zh" else "en-US",
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    seen = Visit(context.new_page())
    watch(seen, base)
    seen.page.goto(f"{base}{path}{'&' if '?' in path else '?'}{urlencode({'lang': look.lang})}")
    settle(seen.page)
    yield seen
    context.close()


def watch(seen: Visit, base: str) -> None:
    """Turn console errors, exceptions and foreign requests into findings."""

    def complain(rule: str, where: str, what: str) -> None:
        seen.findings.append({"rule": rule, "where": where, "what": what})

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complain("console", message.location.get("url", ""), message.text)

    def on_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.netloc != urlsplit(base).netloc:
            complain("foreign", request.url, "a request to another host")

    seen.page.on("console", on_console)
    seen.page.on("pageerror", lambda error: complain("exception", seen.page.url, str(error)))
    seen.page.on("request", on_request)


def settle(page: Page) -> None:
    """Wait until the page has its fonts, its scene (where there is a stage) and two frames behind it."""
    page.wait_for_load_state("load")
    page.wait_for_function("() => !document.querySelector('#stage') || document.querySelector('#stage .room')")
    page.evaluate("() => document.fonts.ready.then(() => undefined)")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def write_report(path: Path, findings: dict[str, list[Finding]]) -> None:
    """Write the findings of every picture, the clean ones too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(findings, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
