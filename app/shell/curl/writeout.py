"""`curl -w`: the variables and what they are. Source: curl 7.88.1, src/tool_writeout.c."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.workloads.http.message import HttpResponse

__all__ = ["Facts", "write_out"]

TOKEN = re.compile(r"%%|%\{([^}]*)\}|\\([nrt])|\\(.)")


@dataclass
class Facts:
    """What is known of a transfer. Times are microseconds from its start; None: it did not come to that."""

    url: str = ""
    scheme: str = ""
    method: str = ""
    response: HttpResponse | None = None
    local: tuple[str, int] = ("", 0)
    remote: tuple[str, int] = ("", 0)
    redirects: int = 0
    redirect_url: str = ""
    redirect_us: int = 0
    lookup_us: int = 0
    connect_us: int = 0
    handshake_us: int = 0
    total_us: int = 0
    sent: int = 0
    uploaded: int = 0
    head: int = 0
    body: int = 0
    connects: int = 0
    exit_code: int = 0
    error: str = ""
    verify: int = 0
    seen: Mapping[str, str] = field(default_factory=dict)


def _seconds(us: int) -> str:
    return f"{us / 1_000_000:.6f}"


def _status(facts: Facts) -> str:
    return f"{facts.response.status if facts.response else 0:03d}"


VARIABLES: Mapping[str, Callable[[Facts], str]] = {
    "http_code": _status,
    "response_code": _status,
    "content_type": lambda f: f.response.header("content-type") if f.response else "",
    "errormsg": lambda f: f.error,
    "exitcode": lambda f: str(f.exit_code),
    "http_version": lambda f: "1.1" if f.response else "0",
    "local_ip": lambda f: f.local[0],
    "local_port": lambda f: str(f.local[1]),
    "method": lambda f: f.method,
    "num_connects": lambda f: str(f.connects),
    "num_headers": lambda f: str(len(f.response.headers) if f.response else 0),
    "num_redirects": lambda f: str(f.redirects),
    "redirect_url": lambda f: f.redirect_url,
    "remote_ip": lambda f: f.remote[0],
    "remote_port": lambda f: str(f.remote[1]),
    "scheme": lambda f: f.scheme.upper(),
    "size_download": lambda f: str(f.body),
    "size_header": lambda f: str(f.head),
    "size_request": lambda f: str(f.sent),
    "size_upload": lambda f: str(f.uploaded),
    "speed_download": lambda f: str(f.body * 1_000_000 // f.total_us if f.total_us else 0),
    "speed_upload": lambda f: str(f.uploaded * 1_000_000 // f.total_us if f.total_us else 0),
    "ssl_verify_result": lambda f: str(f.verify),
    "time_appconnect": lambda f: _seconds(f.handshake_us),
    "time_connect": lambda f: _seconds(f.connect_us),
    "time_namelookup": lambda f: _seconds(f.lookup_us),
    "time_pretransfer": lambda f: _seconds(f.handshake_us or f.connect_us),
    "time_redirect": lambda f: _seconds(f.redirect_us),
    "time_starttransfer": lambda f: _seconds(f.total_us if f.response else 0),
    "time_total": lambda f: _seconds(f.total_us),
    "url": lambda f: f.url,
    "url_effective": lambda f: f.url,
}


def write_out(text: str, facts: Facts) -> tuple[str, str]:
    """Return what `-w` prints, on stdout and on stderr."""
    complaints: list[str] = []

    def replaced(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        if found[2]:
            return {"n": "\n", "r": "\r", "t": "\t"}[found[2]]
        if found[3]:
            return found[0]
        if found[1] in VARIABLES:
            return VARIABLES[found[1]](facts)
        complaints.append(f"curl: unknown --write-out variable: '{found[1]}'\n")
        return ""

    return TOKEN.sub(replaced, text), "".join(complaints)
