"""A trace as a capture file: every sighting as a frame, as if `tcpdump` had watched all interfaces at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.dataplane.encode import frame_bytes
from app.dataplane.packet import Packet
from app.sim.captions import render
from app.sim.pcapng import LINKTYPE_ETHERNET, LINKTYPE_RAW, CapturedFrame, CapturedInterface, section
from app.sim.trace import Trace, TraceInterface

__all__ = ["capture"]

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Devices without link-layer headers: libpcap gives bare IP for ARPHRD_TUNNEL.
BARE_KINDS = frozenset({"ipip"})


def capture(trace: Trace, packets: Sequence[Packet], begin: datetime, lang: str) -> bytes:
    """Return `trace` as pcapng. `packets` has the packet of each hop; `begin` is when the walk's virtual time is 0."""
    begin_us = (begin - UNIX_EPOCH) // timedelta(microseconds=1)
    watched = {(s.netns, s.interface) for s in trace.sightings}
    interfaces = [i for i in trace.interfaces if (i.netns, i.name) in watched]
    numbers = {(i.netns, i.name): n for n, i in enumerate(interfaces)}
    frames = []
    for sighting in trace.sightings:
        hop = trace.hops[sighting.hop - 1]
        frames.append(
            CapturedFrame(
                numbers[sighting.netns, sighting.interface],
                begin_us + sighting.t_us,
                sighting.direction,
                frame_bytes(packets[sighting.hop - 1]),
                render(hop.caption.code, hop.caption.params, lang),
            )
        )
    return section([_interface(i) for i in interfaces], frames, _comment(trace, lang))


def _interface(interface: TraceInterface) -> CapturedInterface:
    is_bare = interface.kind in BARE_KINDS
    words = [interface.kind, *interface.addresses, f"mtu {interface.mtu}"]
    return CapturedInterface(
        f"{interface.netns}/{interface.name}",
        ", ".join(words),
        LINKTYPE_RAW if is_bare else LINKTYPE_ETHERNET,
        "" if is_bare else interface.mac,
        interface.addresses,
    )


def _comment(trace: Trace, lang: str) -> str:
    """Return what was asked and how it ended."""
    verdict = trace.verdict
    why = render(verdict.caption.code, verdict.caption.params, lang)
    return f"{trace.from_} -> {trace.to}   seed {trace.seed}\n{verdict.outcome}: {why}"
