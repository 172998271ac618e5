"""hashicorp/http-echo: answers every request with the text of its command line.

Source: github.com/hashicorp/http-echo, main.go (flags -text, -listen :5678) and handlers.go (X-App-Name).
"""

from __future__ import annotations

from msgspec.structs import replace

from app.workloads.http.message import HttpResponse
from app.workloads.http.server import Exchange
from app.workloads.images import images
from app.workloads.ports import option
from app.workloads.simpleserver import SimpleServer, go_response

__all__ = ["HttpEcho"]


@images.register("hashicorp/http-echo")
class HttpEcho(SimpleServer):
    """One http-echo."""

    process = "http-echo"

    def _listen(self) -> tuple[str, str]:
        host, _, port = (option(self.words, "-listen", "--listen") or ":5678").rpartition(":")
        return host, port

    def host(self) -> str:
        """Return the address of `-listen`."""
        return self._listen()[0]

    def port(self) -> str:
        """Return the port of `-listen`."""
        return self._listen()[1]

    def handle(self, exchange: Exchange) -> HttpResponse:
        """Answer with the text, or with 200 and "ok" for /health."""
        if exchange.request.path == "/health":
            return go_response(self.world, b'{"status":"ok"}\n', kind="application/json")
        text = option(self.words, "-text", "--text") or self.container.env.get("ECHO_TEXT", "hello-world")
        made = go_response(self.world, f"{text}\n".encode())
        return replace(made, headers=(("X-App-Name", "http-echo"), ("X-App-Version", "1.0.0"), *made.headers))
