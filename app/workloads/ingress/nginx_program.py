"""What both controllers that run nginx share: its own pages, the order of its headers, its logs."""

from __future__ import annotations

from abc import abstractmethod

from app.workloads.http.dates import common_log_time, error_log_time, http_date, now_of
from app.workloads.http.message import Headers, HttpResponse, header_of, without_header
from app.workloads.http.server import Exchange
from app.workloads.ingress.done import Done
from app.workloads.ingress.program import IngressImage
from app.workloads.nginx.pages import error_page

__all__ = ["NginxImage"]

#: Fields of a Pod that nginx does not pass on (proxy_hide_header's default).
HIDDEN = ("Date", "Server", "X-Pad")


class NginxImage(IngressImage):
    """An nginx that proxies. `software` stands under its own pages, `server` in the field Server ("" for no field)."""

    process = "nginx"

    @property
    @abstractmethod
    def software(self) -> str:
        """What stands under an error page."""

    @property
    @abstractmethod
    def server(self) -> str:
        """The field Server."""

    def answer(self, status: int, location: str = "") -> HttpResponse:
        """Return a page of nginx's own."""
        headers = (("Content-Type", "text/html"), ("Location", location))
        body = error_page(status, self.software)
        return self._own(HttpResponse(status, tuple(item for item in headers if item[1]), body))

    def _own(self, response: HttpResponse) -> HttpResponse:
        headers = (*self._first(), *response.headers[:1], ("Content-Length", str(len(response.body))))
        return HttpResponse(
            response.status, (*headers, *response.headers[1:], ("Connection", "keep-alive")), response.body
        )

    def client_headers(self, headers: Headers, response: HttpResponse) -> Headers:
        """Return a Pod's fields in nginx's order: its own, type and length, then what else the Pod sent."""
        kept = without_header(headers, *HIDDEN)
        length = header_of(kept, "content-length") or str(len(response.body))
        kind = tuple((name, value) for name, value in kept if name.lower() == "content-type")
        rest = without_header(kept, "content-type", "content-length")
        return (*self._first(), *kind, ("Content-Length", length), ("Connection", "keep-alive"), *rest)

    def _first(self) -> Headers:
        date = ("Date", http_date(now_of(self.world)))
        return (("Server", self.server), date) if self.server else (date,)

    def log(self, done: Done) -> None:
        """Write a line as `log_format` has it. Source: ngx_http_log_module."""
        request, response = done.exchange.request, done.response
        size = 0 if request.method == "HEAD" else len(response.body)
        head = f"{done.exchange.client} - - [{common_log_time(now_of(self.world))}]"
        referer, agent = (_escaped(request.header(name) or "-") for name in ("referer", "user-agent"))
        told = f'"{_escaped(request.line)}" {response.status} {size} "{referer}" "{agent}"'
        self.container.say(f"{head} {told} {self.log_tail(done)}")

    @abstractmethod
    def log_tail(self, done: Done) -> str:
        """Return what the controller's format has after the user agent."""

    def complain(self, exchange: Exchange, text: str, server: str) -> None:
        """Write to the error log. Source: ngx_http_log_error_handler()."""
        request = exchange.request
        self.container.say(
            f"{error_log_time(now_of(self.world))} [error] 29#29: *{self._requests} {text}, client: {exchange.client}, "
            f'server: {request.host}, request: "{_escaped(request.line)}", '
            f'upstream: "http://{server}{_escaped(request.target)}", host: "{_escaped(request.header("host"))}"',
            "stderr",
        )


def _escaped(text: str) -> str:
    """Return a value as nginx writes it into a log: quotes, backslashes and control characters as \\xNN."""
    return "".join(f"\\x{ord(c):02X}" if c in '"\\' or not " " <= c <= "~" else c for c in text)
