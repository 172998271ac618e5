"""Which pages may open a socket: an exact list of origins, never a pattern, never empty.

`cors_allowed_origins=[]` switches the check of python-engineio OFF, and "*" allows everybody: both are refused at
start-up (docs/security.md, finding D). Source of the notation: RFC 6454, section 6.2.
"""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
import sys
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import urlsplit

from app.core.errors import UsageError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SIOCGIFADDR = 0x8915  # Linux include/uapi/linux/sockios.h
_WILDCARDS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  (compared with, not bound to)


def parse_origin(text: str) -> str:
    """Return `scheme://host[:port]` as a browser writes it in its Origin header.

    Raises UsageError for a wildcard, a path, a user, or any scheme but http and https.
    """
    try:
        parts = urlsplit(text.strip().rstrip("/"))
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), -1
    bad = parts.path or parts.query or parts.fragment or parts.username is not None or port == -1
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or bad or "*" in text:
        raise UsageError(
            f"'{text}' is not an origin",
            hint="An origin is scheme, host and port only, e.g. https://podwalk.example.org or http://10.0.0.5:5000.",
        )
    return origin_of(parts.scheme, parts.hostname, port)


def origin_of(scheme: str, host: str, port: int | None) -> str:
    """Return the serialised origin; the scheme's own port is left out, an IPv6 address stands in brackets."""
    name = f"[{host}]" if ":" in host else host.lower()
    return f"{scheme}://{name}" if port in (None, _DEFAULT_PORTS[scheme]) else f"{scheme}://{name}:{port}"


def own_hosts(host: str) -> tuple[str, ...]:
    """Return the names and addresses under which a server bound to `host` is reached, loopback first."""
    if host in _WILDCARDS:
        loopback = ("127.0.0.1", "localhost", *(["::1"] if host == "::" else []))
        return (*loopback, *sorted(set(own_addresses())), *host_names())
    return ("127.0.0.1", "localhost") if host in ("127.0.0.1", "localhost") else (host,)


def own_addresses() -> Iterable[str]:
    """Yield this machine's IPv4 addresses but loopback. Nothing is sent and no name server is asked."""
    if not sys.platform.startswith("linux"):  # pragma: no cover
        yield from (str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET))
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue  # no IPv4 address on this interface
            address = ipaddress.IPv4Address(answer[20:24])
            if not address.is_loopback:
                yield str(address)


def host_names() -> tuple[str, ...]:
    """Return this machine's name, and with `.local` as mDNS announces it."""
    name = socket.gethostname().lower()
    return (name, f"{name}.local") if name and "." not in name else (name,)


def allowed_origins(host: str, port: int, extra: Sequence[str]) -> tuple[str, ...]:
    """Return the exact origins that may open a socket: those given, else this server's own ones over http."""
    own = [origin_of("http", name, port) for name in own_hosts(host)]
    return check_origins((*own, *(parse_origin(text) for text in extra)))


def is_https(host: str, origins: Collection[str]) -> bool:
    """Tell whether a request for `host` (its Host header) came by https: an https origin of that name is allowed.

    A proxy ends TLS, so the scheme cannot be seen here; a made-up Host matches nothing in the list.
    """
    return f"https://{host.lower()}" in origins


def check_origins(origins: object) -> tuple[str, ...]:
    """Return `origins` if it is a non-empty list of exact origins; refuse everything else at start-up."""
    if not isinstance(origins, list | tuple) or not origins:
        raise UsageError(
            "the list of allowed origins is empty or not a list: that would switch the origin check off",
            hint="Pass --origin URL once for every address under which the pages are opened.",
        )
    return tuple(dict.fromkeys(parse_origin(str(origin)) for origin in origins))
