"""Which client program a URL means."""

from __future__ import annotations

from app.dataplane.netns import NetNs
from app.sim.flow import Flow, PingFlow, TcpFlow, UdpFlow
from app.sim.httpflow import HttpFlow
from app.sim.request import Destination, TraceRequest

__all__ = ["new_flow"]

FLOWS: dict[str, type[Flow]] = {
    "icmp": PingFlow, "tcp": TcpFlow, "udp": UdpFlow, "http": HttpFlow, "https": HttpFlow,
}  # fmt: skip


def new_flow(netns: NetNs, to: Destination, request: TraceRequest) -> Flow:
    """Return the client program for `to` in `netns`, not started yet."""
    return FLOWS[to.scheme](netns, to, request)
