"""What every ingress controller makes: a router, which answers for each request where it goes, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from app.dataplane.skipped import Skipped
from app.workloads.ingress.objects import Ingress
from app.workloads.ingress.view import Backend, View

__all__ = ["Asked", "Controller", "Notice", "Published", "Route", "Router", "Settings", "Upstream"]

SECOND_US = 1_000_000
Method = Literal["round_robin", "random"]


class Asked(NamedTuple):
    """What of a request counts for routing. `host` is the Host header, its port included; `uri` has the query."""

    scheme: Literal["http", "https"]
    host: str
    uri: str
    method: str = "GET"


@dataclass(frozen=True, slots=True)
class Upstream:
    """The servers that requests of one backend go to, and how often and how long each is tried.

    `tries` counts every connection attempt, 0 for as many as there are servers. A server that failed once is left out
    for `fail_timeout_us` (0: never), as nginx's max_fails=1 fail_timeout=10s has it. `refused` is the status where
    there is no server at all.
    """

    name: str
    backend: Backend
    method: Method = "round_robin"
    connect_timeout_us: int = 60 * SECOND_US
    read_timeout_us: int = 60 * SECOND_US
    tries: int = 0
    fail_timeout_us: int = 0
    refused: int = 503


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes: to an upstream, or back with `status` (and a Location when it is a redirect).

    `tool` prints `entry` word for word in the controller's Pod; `skipped` are the rules that lost, each with its
    reason. `ingress` is NAMESPACE/NAME of the object that the rule comes from, "" for the controller's own.
    """

    entry: str
    tool: str
    skipped: Sequence[Skipped] = ()
    ingress: str = ""
    host: str = ""
    path: str = ""
    upstream: Upstream | None = None
    status: int = 0
    location: str = ""
    answer_headers: Mapping[str, str] = field(default_factory=dict)


class Notice(NamedTuple):
    """An event that a controller records about an Ingress."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


class Published(NamedTuple):
    """Where a controller says that its Ingresses are reached: an address, a Service (NAMESPACE/NAME), or its nodes."""

    address: str = ""
    service: str = ""
    is_nodes: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What the controller was started with: its image's tag, its arguments, its Pod, the cluster's version."""

    tag: str = ""
    args: tuple[str, ...] = ()
    namespace: str = "default"
    pod: str = ""
    kubernetes: tuple[int, int] = (1, 34)

    def flag(self, name: str, default: str = "") -> str:
        """Return the value of `-name=value` or `--name=value`, whatever the case; "true" where no value is given."""
        for word in self.args:
            key, equals, value = word.lstrip("-").partition("=")
            if word.startswith("-") and key.lower() == name.lower():
                return value.replace("$(POD_NAMESPACE)", self.namespace) if equals else "true"
        return default


class Router(Protocol):
    """The tables of a running controller."""

    def route(self, asked: Asked) -> Route:
        """Return where a request goes."""
        ...

    def certificate(self, server_name: str) -> tuple[str, str] | None:
        """Return namespace and name of the Secret whose certificate is shown for an SNI name; None: the default one."""
        ...

    def files(self) -> Mapping[str, str]:
        """Return the configuration files by their paths, as they lie in the container."""
        ...


class Controller(Protocol):
    """One controller: which Ingresses are its own, and the tables that it makes of them."""

    def __init__(self, settings: Settings) -> None: ...

    def takes(self, ingress: Ingress, view: View) -> bool:
        """Whether an Ingress is this controller's: by ingressClassName, annotation, or the lack of both."""
        ...

    def router(self, view: View) -> Router:
        """Return the tables for what is seen."""
        ...

    def notice(self, ingress: Ingress, view: View) -> Notice | None:
        """Return the event that taking in an Ingress makes."""
        ...
