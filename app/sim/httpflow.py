"""The program that asks for a page: like `curl -k --connect-timeout 5`, it reads the answer and closes."""

from __future__ import annotations

from ipaddress import IPv4Address

from app.dataplane.headers import L4, Tcp
from app.sim.flow import PATIENCE_US, Flow, told_errno
from app.sim.request import DEFAULT_PORTS
from app.sim.trace import Caption
from app.workloads.http.client import Fetch, Fetched
from app.workloads.http.message import HttpRequest

__all__ = ["HttpFlow"]

#: Longer than a gateway waits for its backend (nginx: proxy_read_timeout 60s), so that its 504 is seen.
ANSWER_PATIENCE_US = 65_000_000
AGENT = "podwalk"


class HttpFlow(Flow):
    """One GET, over TLS for `https`. Certificates are looked at and not judged: the question is about the way."""

    patience_us = ANSWER_PATIENCE_US
    _fetch: Fetch | None = None

    def first_packet(self) -> L4:
        """Return the SYN."""
        return Tcp(self.local_port(), self.to.port, "S", 0, 0, options_size=20)

    def send(self, source: IPv4Address) -> None:  # noqa: ARG002  (the client finds its own source)
        """Ask."""
        to = self.to
        host = to.host if to.port == DEFAULT_PORTS[to.scheme] else f"{to.host}:{to.port}"
        headers = (("Host", host), ("User-Agent", AGENT), ("Accept", "*/*"))
        request = HttpRequest("GET", to.path, headers)
        self._fetch = Fetch(self.netns, (to.address, to.port), request, self._on_done)
        self._fetch.on_closed = self._on_closed
        self._fetch.start(
            tls=None if to.scheme == "http" else "" if to.is_address else to.host,
            sport=self.local_port(), ttl=self.request.ttl, connect_timeout_us=PATIENCE_US,
        )  # fmt: skip

    def close(self) -> None:
        """Give the connection up."""
        if self._fetch is not None:
            self._fetch.close()

    def _on_done(self, fetched: Fetched) -> None:
        response = fetched.response
        if response is not None:
            self.http_status, self.answer_line = response.status, response.line
            self.look()
        elif fetched.error == "timeout":
            self.give_up(PATIENCE_US)
        elif fetched.error in ("empty", "malformed", "tls"):
            self.failure = Caption(f"http-{fetched.error}", {"why": fetched.detail})
            self.finish("ECONNRESET")
        else:
            self.finish(told_errno(fetched.error), self.packet(fetched.told_by))

    def _on_closed(self) -> None:
        if self.http_status is not None:
            self.finish("answered")

    def on_timeout(self) -> None:
        """Tell an open connection that stayed silent from one that never opened."""
        is_open = self._fetch is not None and self._fetch.connected_us is not None
        answered = "answered" if self.http_status is not None else "handshake-only"
        self.finish(answered if is_open else "timeout")
