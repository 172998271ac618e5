"""What became of a request, for the answer and for the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from app.workloads.http.message import HttpResponse
from app.workloads.http.server import Exchange
from app.workloads.ingress.router import Route

__all__ = ["Attempt", "Done"]


class Attempt(NamedTuple):
    """A server that was tried: the status it counts as, the bytes of its answer, the time it took."""

    server: str
    status: int
    size: int
    took_us: int


@dataclass(frozen=True, slots=True)
class Done:
    """A request and its answer; `attempts` are empty where nobody was asked for it."""

    exchange: Exchange
    route: Route
    response: HttpResponse
    attempts: tuple[Attempt, ...] = ()
