"""Which sockets a container opens: by its image's name, or by an annotation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address

from app.core.errors import did_you_mean

PROTOCOLS = ("tcp", "udp")
ANY = IPv4Address(0)
ANNOTATION = "podwalk.dev/listens"


@dataclass(frozen=True, slots=True, order=True)
class Listen:
    """A socket that waits: `tcp/80` on every address of its network namespace, `tcp/127.0.0.1:8080` on one."""

    protocol: str
    port: int
    address: IPv4Address = ANY

    def __str__(self) -> str:
        return f"{self.protocol}/{self.port}" if self.address == ANY else f"{self.protocol}/{self.address}:{self.port}"


HTTP = (Listen("tcp", 80),)
DNS = (Listen("udp", 53), Listen("tcp", 53))
BY_IMAGE: dict[str, tuple[Listen, ...]] = {"nginx": HTTP, "coredns": DNS, "traefik/whoami": HTTP}
"""Image name (registry, tag and digest ignored) -> sockets. An image that is not here opens none."""


def parse_listen(text: str) -> Listen:
    """Return the socket that `tcp/80`, `udp/53` or `tcp/127.0.0.1:8080` means; ValueError says what is wrong."""
    protocol, slash, place = text.strip().partition("/")
    if not slash:
        raise ValueError(f"'{text.strip()}' is not PROTOCOL/PORT, e.g. tcp/80")
    host, _, port = place.rpartition(":")
    if protocol not in PROTOCOLS:
        raise ValueError(
            f"protocol '{protocol}' of '{text.strip()}' is not tcp or udp{did_you_mean(protocol, PROTOCOLS)}"
        )
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError(f"port '{port}' of '{text.strip()}' is not a number from 1 to 65535")
    try:
        return Listen(protocol, int(port), IPv4Address(host) if host else ANY)
    except AddressValueError:
        raise ValueError(f"'{host}' of '{text.strip()}' is not an IPv4 address, e.g. tcp/127.0.0.1:8080") from None


def parse_listens(text: str) -> tuple[Listen, ...]:
    """Return the sockets of a comma-separated list, in order, each once; the empty text means none."""
    return tuple(dict.fromkeys(parse_listen(part) for part in text.split(",") if part.strip()))


def image_name(image: str) -> str:
    """Return an image reference without digest and tag: `registry:5000/nginx:alpine` -> `registry:5000/nginx`.

    A colon before the last slash belongs to the registry's port.
    """
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]


def image_tag(image: str) -> str:
    """Return an image reference's tag, "" where it has none: `registry:5000/nginx:alpine` -> `alpine`."""
    return image.partition("@")[0].removeprefix(image_name(image)).removeprefix(":")


@lru_cache(maxsize=1024)
def image_listens(image: str) -> tuple[Listen, ...]:
    """Return the sockets that a container of `image` opens; registry, tag and digest do not matter."""
    parts = image_name(image).split("/")
    for start in range(len(parts)):
        if (listens := BY_IMAGE.get("/".join(parts[start:]))) is not None:
            return listens
    return ()
