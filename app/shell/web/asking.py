"""One request of a client at the terminal: it walks, virtual time passes until it is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address

from app.dataplane.network import Network
from app.shell.probing import run_until
from app.shell.terminal import Terminal
from app.workloads.http.client import Fetch, Fetched, fetch
from app.workloads.http.message import HttpRequest
from app.workloads.tls.certificates import Certificate

__all__ = ["KERNEL_PATIENCE_US", "Answered", "ask"]

KERNEL_PATIENCE_US = 131_000_000
"""How long the kernel tries to connect: tcp_syn_retries 6 and tcp_syn_linear_timeouts 4 (ip-sysctl)."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a request, and when (virtual microseconds from its start): TCP open (None: never), the end."""

    fetched: Fetched
    local: tuple[IPv4Address, int] | None
    connected_us: int | None
    done_us: int


def ask(
    at: Terminal, endpoint: tuple[IPv4Address, int], request: HttpRequest, *,
    tls: str | None = None, verify: Callable[[Certificate], str] | None = None,
    connect_timeout_us: int | None = None, timeout_us: int | None = None,
) -> Answered:  # fmt: skip
    """Send a request from the terminal's machine and wait for what becomes of it, then for the connection's end."""
    network: Network = at.netns.network
    began_us = network.clock.now_us
    results: list[tuple[Fetched, int]] = []
    closed: list[bool] = []
    kernel = min(KERNEL_PATIENCE_US, connect_timeout_us or KERNEL_PATIENCE_US)
    running: Fetch = fetch(
        at, endpoint, request, lambda fetched: results.append((fetched, network.clock.now_us)), tls=tls, verify=verify,
        connect_timeout_us=kernel, timeout_us=timeout_us,
    )  # fmt: skip
    running.on_closed = lambda: closed.append(True)
    longest = timeout_us or 3_600_000_000
    run_until(network, began_us + longest + 1, lambda: bool(results))
    if not results:
        running.close()
        results.append((Fetched(error="timeout", is_connected=running.connected_us is not None), network.clock.now_us))
    fetched, done_us = results[0]
    if fetched.response is not None:
        run_until(network, network.clock.now_us + 1_000_000, lambda: bool(closed))
    since = running.connected_us
    return Answered(
        fetched,
        running.connection.local if running.connection is not None else None,
        since - began_us if since is not None else None,
        done_us - began_us,
    )
