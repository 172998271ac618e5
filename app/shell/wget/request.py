"""One request of wget: the address, the answer, where the page goes."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from app.shell.errnos import STRERROR
from app.shell.terminal import Terminal
from app.shell.web.asking import Answered, ask
from app.shell.web.url import Url
from app.shell.wget.asked import Asked
from app.workloads.http.message import HttpRequest
from app.workloads.tls.certificates import Certificate

__all__ = ["ERRNO", "Page", "file_name", "request_of", "send"]

#: By what became of a request.
ERRNO = {**STRERROR, "timeout": STRERROR["ETIMEDOUT"]}


@dataclass(frozen=True, slots=True)
class Page:
    """What a server showed, for the functions that look at certificates."""

    certificates: list[Certificate]


def request_of(url: Url, asked: Asked, headers: list[tuple[str, str]]) -> HttpRequest:
    """Return the request; --header replaces a field of the same name, or comes behind the others."""
    own = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in asked.headers)]
    named = {name.lower() for name, _ in own}
    kept = [next((mine for mine in own if mine[0].lower() == name.lower()), (name, value)) for name, value in headers]
    used = {name.lower() for name, _ in kept}
    extra = [item for item in own if item[0].lower() not in used]
    body = asked.post
    if body is not None:
        form = "application/x-www-form-urlencoded"
        extra += [("Content-Type", form)] if "content-type" not in named else []
        extra += [("Content-Length", str(len(body.encode())))]
    return HttpRequest("GET" if body is None else "POST", url.target, (*kept, *extra), (body or "").encode())


def send(at: Terminal, url: Url, address: IPv4Address, request: HttpRequest, asked: Asked, shown: Page) -> Answered:
    """Send it. Certificates are only noted: each wget says for itself what it thinks of them."""

    def look(certificate: Certificate) -> str:
        shown.certificates.append(certificate)
        return ""

    is_named = not url.host.replace(".", "").isdecimal()
    return ask(
        at, (address, url.port), request, tls=None if url.scheme == "http" else url.host if is_named else "",
        verify=look, connect_timeout_us=int(asked.timeout * 1e6) or None,
        timeout_us=int(asked.timeout * 1e6) or 900_000_000,
    )  # fmt: skip


def file_name(url: Url) -> str:
    """Return the name that the page gets: the last part of the path, with its query."""
    path, mark, query = url.target.partition("?")
    return f"{path.rpartition('/')[2] or 'index.html'}{mark}{query}"
