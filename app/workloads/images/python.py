"""python: `python -m http.server [PORT] [--bind ADDRESS] [--directory DIR]` serves files; other commands do nothing.

Source: CPython Lib/http/server.py (SimpleHTTPRequestHandler, its log line and directory listing).
"""

from __future__ import annotations

from html import escape
from urllib.parse import quote, unquote

from app.core.addresstext import address_text
from app.workloads.http.dates import common_log_time, http_date, now_of
from app.workloads.http.message import HttpResponse, reason_of
from app.workloads.http.server import Exchange
from app.workloads.images import images
from app.workloads.machine import Container, World
from app.workloads.ports import option
from app.workloads.simpleserver import SimpleServer

__all__ = ["Python"]

SERVER = "SimpleHTTP/0.6 Python/3.13.7"
OPTIONS = ("-b", "--bind", "-d", "--directory", "-p", "--protocol")


@images.register("python")
class Python(SimpleServer):
    """One python."""

    process = "python"

    def __init__(self, container: Container, world: World) -> None:
        super().__init__(container, world)
        container.files.make_directory(str(container.spec.get("workingDir") or "/"))

    @property
    def _arguments(self) -> list[str] | None:
        """What stands behind `-m http.server`, in a shell's line too; None where that is not what runs."""
        words = [each for word in self.words for each in (word.split() if " " in word else [word])]
        for at, word in enumerate(words):
            if word == "http.server" and at and words[at - 1] == "-m":
                return words[at + 1 :]
        return None

    def start(self) -> None:
        """Open the socket, if the command is a server."""
        if self._arguments is not None:
            super().start()

    def port(self) -> str:
        """Return the port: the argument that no option takes, else 8000."""
        words = self._arguments or []
        plain = [w for at, w in enumerate(words) if not w.startswith("-") and (at == 0 or words[at - 1] not in OPTIONS)]
        return plain[0] if plain else "8000"

    def host(self) -> str:
        """Return the address of `--bind`."""
        bound = option(self._arguments or [], "-b", "--bind") or ""
        return "" if bound in ("::", "0.0.0.0") else bound  # noqa: S104  (a value, not a socket)

    def handle(self, exchange: Exchange) -> HttpResponse:
        """Answer with a file or the list of a directory."""
        request = exchange.request
        status, body, kind = self._read(unquote(request.path)) if request.method in ("GET", "HEAD") else (501, b"", "")
        if status != 200:
            reason = {404: "File not found", 501: f"Unsupported method ('{request.method}')"}[status]
            body = _page("Error response", f"<p>Error code: {status}</p>\n<p>Message: {escape(reason)}.</p>\n")
            kind = "text/html;charset=utf-8"
        moment = now_of(self.world)
        date = common_log_time(moment).partition(" ")[0].replace(":", " ", 1)
        client = address_text(exchange.client)
        if status != 200:
            self.container.say(f"{client} - - [{date}] code {status}, message {reason_of(status)}", "stderr")
        self.container.say(f'{client} - - [{date}] "{request.line}" {status} -', "stderr")
        headers = (("Server", SERVER), ("Date", http_date(moment)), ("Content-type", kind),
                   ("Content-Length", str(len(body))), ("Connection", "close"))  # fmt: skip
        return HttpResponse(status, headers, body, version="HTTP/1.0")

    def _read(self, path: str) -> tuple[int, bytes, str]:
        files = self.container.files
        root = (
            option(self._arguments or [], "-d", "--directory") or str(self.container.spec.get("workingDir") or "/")
        ).rstrip("/")
        place = root + path
        text = files.read(place) if not path.endswith("/") else files.read(f"{place}index.html")
        if text is not None:
            return 200, text.encode(), "text/html" if path.endswith(("/", ".html")) else "text/plain"
        if not path.endswith("/") or not files.is_directory(place.rstrip("/") or "/"):
            return 404, b"", ""
        names = files.list(place)
        rows = "".join(f'<li><a href="{quote(name)}">{escape(name)}</a></li>\n' for name in names)
        page = _page(f"Directory listing for {escape(path)}", f"<hr>\n<ul>\n{rows}</ul>\n<hr>\n")
        return 200, page, "text/html; charset=utf-8"


def _page(title: str, content: str) -> bytes:
    head = f"<!DOCTYPE HTML>\n<html>\n<head>\n<title>{title}</title>\n</head>\n"
    return f"{head}<body>\n<h1>{title}</h1>\n{content}</body>\n</html>\n".encode()
