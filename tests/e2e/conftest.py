"""A browser, servers and visitors. Whatever a page complains about fails the test that opened it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from scripts.browser import launch

pytest.register_assert_rewrite(*(f"tests.e2e.{name}" for name in ("server", "visitor", "player", "lesson", "sandbox")))

from tests.e2e.server import Server  # noqa: E402  (rewritten, so that a failure shows its values)
from tests.e2e.visitor import Look, Visit, visit  # noqa: E402

Visitor = Callable[..., Visit]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for the folder; it must be gone before another test starts one of its own."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def course() -> Iterator[Server]:
    """The server as `make run` starts it."""
    with Server() as running:
        yield running


@pytest.fixture(scope="package")
def oracle() -> Iterator[Server]:
    """The server with the cluster of the kernel captures in its sandbox."""
    with Server(["-f", "tests/oracle/cluster-vxlan.yaml"]) as running:
        yield running


@pytest.fixture(scope="package")
def web() -> Iterator[Server]:
    """The server with names to ask for in its sandbox: Services, an Ingress, a DNS."""
    with Server(["-f", "tests/e2e/data/web.yaml"]) as running:
        yield running


@pytest.fixture
def visitor(chromium: Browser, course: Server) -> Iterator[Visitor]:
    """Return a function that opens a page as a new person: `visitor("/l/pod-same-node", lang="zh")`."""
    visits: list[Visit] = []

    def come(path: str, *, server: Server = course, options: dict[str, Any] | None = None, **look: Any) -> Visit:
        seen = visit(chromium, server.origin, Look(**look), options)
        visits.append(seen)
        seen.open(path)
        return seen

    yield come
    for seen in visits:
        seen.context.close()
    assert [text for seen in visits for text in seen.complaints] == []
