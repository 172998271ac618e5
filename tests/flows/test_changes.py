"""Every change between two sightings of a packet is explained by exactly one hop."""

from collections import defaultdict
from pathlib import Path

import pytest

from app.sim.trace import Ipv4Layer, Sighting, Trace, TraceHop
from tests.oracle.test_captures import CASES, simulated

#: Fields that tcpdump shows in a payload's detail only: no sighting has them.
UNSEEN = frozenset({"icmp.id"})


def shown(sighting: Sighting) -> dict[str, object]:
    """Return what one sighting shows of a packet, under the names that hops give to fields."""
    outer = sighting.outer
    assert sighting.eth is not None
    fields: dict[str, object] = {
        "eth.src": sighting.eth.src,
        "eth.dst": sighting.eth.dst,
        "outer": outer and f"{outer.src} > {outer.dst} vni {outer.vni}",
    }
    if sighting.ip is not None:
        ip = sighting.ip
        frag = ip.frag and f"{ip.frag.offset}{'+' if ip.frag.more else ''}"
        fields |= {"ipv4.src": ip.src, "ipv4.dst": ip.dst, "ipv4.ttl": ip.ttl, "ipv4.len": ip.len, "ipv4.frag": frag}
        fields |= {f"{ip.proto}.{key}": value for key, value in (sighting.l4 or {}).items()}
    return fields


Piece = tuple[int, int]


def piece_of_hop(hop: TraceHop) -> Piece:
    """Return packet and offset: two fragments of one packet are followed apart."""
    headers = [layer for layer in hop.headers if isinstance(layer, Ipv4Layer)]
    frag = headers[-1].frag if headers else None
    return hop.packet, frag.offset if frag else 0


def piece_of(sighting: Sighting) -> Piece:
    frag = sighting.ip.frag if sighting.ip else None
    return sighting.packet, frag.offset if frag else 0


def unexplained(trace: Trace) -> list[str]:
    """Return every change that no hop, or more than one, explains; and every explanation of what did not change."""
    hops: dict[Piece, list[TraceHop]] = defaultdict(list)
    for hop in trace.hops:
        hops[piece_of_hop(hop)].append(hop)
    last: dict[Piece, Sighting] = {}
    problems = []
    for sighting in trace.sightings:
        piece = piece_of(sighting)
        before = last.get(piece)
        last[piece] = sighting
        if before is None:
            continue
        between = [h for h in hops[piece] if before.hop < h.n <= sighting.hop]
        told = [(c.field, c.before, c.after) for h in between for c in h.changes if c.field not in UNSEEN]
        old, new = shown(before), shown(sighting)
        changed = [(key, old[key], new[key]) for key in old if key in new and old[key] != new[key]]
        if sorted(map(str, told)) != sorted(map(str, changed)):
            problems.append(f"packet {piece} at hop {sighting.hop}: changed {changed}, told {told}")
    return problems


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_change_has_its_hop(path: Path) -> None:
    trace = simulated(path)
    assert unexplained(trace) == []


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_sighting_is_a_hop_that_sends_or_receives(path: Path) -> None:
    trace = simulated(path)
    hops = {h.n: h for h in trace.hops}
    for sighting in trace.sightings:
        hop = hops[sighting.hop]
        assert hop.kind in ("transmit", "receive", "loopback")
        assert (hop.netns, hop.interface, hop.packet, hop.t_us) == (
            sighting.netns,
            sighting.interface,
            sighting.packet,
            sighting.t_us,
        )
