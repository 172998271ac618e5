"""The ways of packets as stops: consecutive hops of one packet in one place, numbered as the hops are.

A track is the way of one packet that is drawn: the first request, its reply, the first error, the client's reset. ARP,
later segments and repetitions pass the same places; the picture counts them there, the list tells them all.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from app.sim.trace import Trace, TraceHop
from app.sim.verdict import FATAL, NOT_THE_PACKET

__all__ = ["UNDERLAY", "Stop", "Track", "stops_of", "tracks_of"]

#: Stages at which a hop is on its interface; at all others it is in the namespace's IP stack.
ON_INTERFACE = frozenset({"link", "bridge", "tunnel", "arp"})
UNDERLAY = "underlay"
NOT_DRAWN = frozenset({"arp", "data", "control"})


class Stop(Struct, frozen=True):
    """Hops `first` to `last` of packet `packet`, all at `place` (a namespace's name, an interface's or LAN's id)."""

    place: str
    packet: int
    leg: str
    hops: list[TraceHop]

    @property
    def label(self) -> str:
        """The hops' numbers."""
        first, last = self.hops[0].n, self.hops[-1].n
        return str(first) if first == last else f"{first}–{last}"

    @property
    def is_end(self) -> bool:
        """Whether the packet ended here, and did not arrive."""
        return any(hop.kind in FATAL and hop.caption.code not in NOT_THE_PACKET for hop in self.hops)


class Track(Struct, frozen=True):
    """The stops of one packet, and of each the one that the packet came from (None for the first)."""

    leg: str
    stops: list[Stop]
    came_from: list[int | None]


def place_of(hop: TraceHop) -> str:
    """Return where a hop is."""
    if hop.netns == UNDERLAY:
        return f"lan/{hop.interface}"
    return f"{hop.netns}:{hop.interface}" if hop.interface and hop.stage in ON_INTERFACE else hop.netns


def stops_of(trace: Trace) -> list[Stop]:
    """Return all stops of a trace, in order; every hop is in exactly one."""
    stops: list[Stop] = []
    for hop in trace.hops:
        place = place_of(hop)
        if stops and (stops[-1].place, stops[-1].packet) == (place, hop.packet):
            stops[-1].hops.append(hop)
        else:
            stops.append(Stop(place, hop.packet, hop.leg, [hop]))
    return stops


def tracks_of(stops: list[Stop], are_joined: Callable[[str, str], bool]) -> list[Track]:
    """Return the tracks, in order of their first hop. `are_joined` tells whether a packet can go between two places."""
    first_of: dict[str, int] = {}
    for stop in stops:
        if stop.leg not in NOT_DRAWN:
            first_of.setdefault(stop.leg, stop.packet)
    tracks = []
    for leg, packet in first_of.items():
        own = [stop for stop in stops if stop.packet == packet]
        tracks.append(Track(leg, own, [_came_from(own, n, are_joined) for n in range(len(own))]))
    return tracks


def _came_from(stops: list[Stop], n: int, are_joined: Callable[[str, str], bool]) -> int | None:
    """Return which earlier stop leads to stop `n`: copies of a flooded frame are on several ways at once."""
    near = (k for k in range(n - 1, -1, -1) if are_joined(stops[k].place, stops[n].place))
    return next(near, n - 1 if n else None)
