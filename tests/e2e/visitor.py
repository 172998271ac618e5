"""Who opens a page: how they look at it, and everything that the page asked for or complained about meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebSocket

Lang = Literal["zh", "en"]
Theme = Literal["light", "dark"]
Motion = Literal["reduce", "no-preference"]

WATCH_POLICY = """
  document.addEventListener('securitypolicyviolation', (event) =>
    console.error(`CSP forbids ${event.blockedURI || event.sourceFile} (${event.violatedDirective})`));
"""


@dataclass(frozen=True, slots=True)
class Look:
    """Language, theme, size in CSS pixels, motion, and whether fingers or a mouse point at things."""

    lang: Lang = "en"
    theme: Theme = "light"
    size: tuple[int, int] = (1440, 900)
    motion: Motion = "reduce"
    touch: bool = False


@dataclass(slots=True)
class Visit:
    """One browser of one person: a page, the addresses it asked for, what came over its sockets, what went wrong."""

    context: BrowserContext = field(repr=False)
    page: Page = field(repr=False)
    base: str = ""
    look: Look = Look()
    requests: list[str] = field(default_factory=list, repr=False)
    frames: list[str] = field(default_factory=list, repr=False)
    complaints: list[str] = field(default_factory=list, repr=False)

    def open(self, path: str) -> None:
        """Go to `path` of the server and wait for the page's script to have drawn."""
        self.page.goto(self.base + path)
        self.page.wait_for_function(DRAWN)

    def may_complain_of(self, is_meant: Callable[[str], bool]) -> None:
        """Forget complaints that the test itself has caused."""
        self.complaints = [text for text in self.complaints if not is_meant(text)]

    def foreign(self) -> list[str]:
        """Return every request that went to another host, WebSockets too."""
        own = urlsplit(self.base).netloc
        return [
            url for url in self.requests if urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url).netloc != own
        ]


DRAWN = """() => {
  const stage = document.querySelector('#stage');
  return document.readyState === 'complete' && document.querySelector('#tools .languages') !== null
    && (stage === null || stage.querySelector('.room') !== null) && document.querySelector('[aria-busy="true"]') === null;
}"""


def visit(browser: Browser, base: str, look: Look, options: dict[str, Any] | None = None) -> Visit:
    """Open a fresh browser context with an empty page that is watched from its first request on."""
    context = browser.new_context(
        viewport={"width": look.size[0], "height": look.size[1]},
        color_scheme=look.theme,
        locale="zh-CN" if look.lang == "zh" else "en-US",
        reduced_motion=look.motion,
        has_touch=look.touch,
        is_mobile=look.touch,
        **(options or {}),
    )
    context.set_default_timeout(10_000)
    context.add_init_script(WATCH_POLICY)
    seen = Visit(context, context.new_page(), base, look)
    watch(seen)
    return seen


def watch(seen: Visit) -> None:
    """Keep what the page asks for and complains about."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            seen.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def on_socket(socket: WebSocket) -> None:
        seen.requests.append(socket.url)
        socket.on(
            "framereceived", lambda frame: seen.frames.append(frame if isinstance(frame, str) else frame.decode())
        )

    def on_request(request: Request) -> None:
        seen.requests.append(request.url)

    seen.page.on("console", on_console)
    seen.page.on("pageerror", lambda error: seen.complaints.append(f"exception: {error}"))
    seen.page.on("request", on_request)
    seen.page.on("websocket", on_socket)
