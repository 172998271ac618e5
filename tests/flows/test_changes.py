"""Every change between two sightings of a packet is explained by exactly one hop."""

from collections import defaultdict
from pathlib import Path

import pytest

from app.sim.trace import Sighting, Trace, TraceHop
from tests.oracle.test_captures import CASES, simulated

#: Fields that tcpdump shows in a payload's detail only: no sighting has them.
UNSEEN = frozenset({"icmp.id"})
LENGTHS = frozenset({"ipv4.len", "ipv4.frag"})


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


def net_changes(hops: list[TraceHop]) -> list[tuple[str, object, object]]:
    """Return what the hops change in all. A packet that is joined and cut again on one host is as long as it was."""
    told: dict[str, list[tuple[object, object]]] = defaultdict(list)
    for hop in hops:
        for change in hop.changes:
            told[change.field].append((change.before, change.after))
    rows: list[tuple[str, object, object]] = []
    for field, steps in told.items():
        if field in UNSEEN:
            continue
        whole = [(steps[0][0], steps[-1][1])] if field in LENGTHS else steps
        rows += [(field, before, after) for before, after in whole if before != after]
    return rows


def unexplained(trace: Trace) -> list[str]:
    """Return every change that no hop, or more than one, explains; and every explanation of what did not change."""
    hops: dict[int, list[TraceHop]] = defaultdict(list)
    for hop in trace.hops:
        hops[hop.packet].append(hop)
    last: dict[int, Sighting] = {}
    problems = []
    for sighting in trace.sightings:
        before = last.get(sighting.packet)
        last[sighting.packet] = sighting
        if before is None:
            continue
        told = net_changes([h for h in hops[sighting.packet] if before.hop < h.n <= sighting.hop])
        old, new = shown(before), shown(sighting)
        changed = [(key, old[key], new[key]) for key in old if key in new and old[key] != new[key]]
        if sorted(map(str, told)) != sorted(map(str, changed)):
            problems.append(f"packet {sighting.packet} at hop {sighting.hop}: changed {changed}, told {told}")
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
