"""Questions to a trace: which places it passed, what a capture at one place shows, which entry decided there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.curriculum.places import Place, Places
from app.curriculum.world import Sent

__all__ = [
    "NoAnswerError",
    "asked_prefix",
    "changed_fields",
    "decisive_hop",
    "path",
    "sighting",
    "sighting_field",
]

Data = Mapping[str, Any]


class NoAnswerError(Exception):
    """The model has no answer to a question, e.g. the flow never reaches that place; the text says why."""


def place_of(hop: Data, places: Places) -> Place | None:
    """Return the element where a hop happened, None for what is not drawn."""
    return places.at(hop["netns"], hop["interface"])


def path(sent: Sent, places: Places, leg: str = "request") -> list[Place]:
    """Return the places that the packets of one leg pass, each stay once, in order.

    Decisions of a namespace as a whole (a route, a socket) belong to the interface that the packet is at, so only the
    hops at an interface count.
    """
    found: list[Place] = []
    for hop in sent.hops(leg):
        place = place_of(hop, places) if is_stop(hop) else None
        if place is not None and (not found or found[-1].id != place.id):
            found.append(place)
    return found


def is_stop(hop: Data) -> bool:
    """Whether a hop shows where the packet is, rather than what its namespace decided about it."""
    return bool(hop["interface"]) and hop["kind"] not in _DECISIONS


_DECISIONS = frozenset({"route", "no-route", "blackhole", "ttl-decrement", "deliver", "accept", "refuse", "icmp-error"})


def first_visit(sent: Sent, place: Place, places: Places) -> int | None:
    """Return the index of the first hop, of any leg, at `place`."""
    for index, hop in enumerate(sent.data["hops"]):
        here = place_of(hop, places)
        if here is not None and place.holds(here):
            return index
    return None


def asked_prefix(sent: Sent, asked: Place, answer: Place, places: Places) -> int:
    """Return how many hops may be shown while the student guesses where the request goes after `asked`.

    That is up to its arrival at `asked`, and never as far as the answer: ARP may have been there before.
    """
    hops = sent.data["hops"]
    before_answer = first_visit(sent, answer, places)
    arrived = next((i for i, hop in enumerate(hops) if hop["leg"] == "request" and _stops_at(hop, asked, places)), None)
    limits = [len(hops)]
    limits += [] if before_answer is None else [before_answer]
    limits += [] if arrived is None else [arrived + 1]
    return min(limits)


def _stops_at(hop: Data, place: Place, places: Places) -> bool:
    here = place_of(hop, places) if is_stop(hop) else None
    return here is not None and place.holds(here)


def sighting(sent: Sent, place: Place, leg: str = "request") -> Data:
    """Return the first sighting of a leg at `place`, as tcpdump there would print it. Raises NoAnswerError if none."""
    for seen in sent.data["sightings"]:
        at_place = seen["netns"] == place.netns and place.interface in (None, seen["interface"])
        if at_place and seen["leg"] == leg:
            return dict(seen)
    raise NoAnswerError(f"no {leg} of '{sent.send.id}' is ever seen at {place.selector}")


def sighting_field(seen: Data, name: str) -> str | None:
    """Return one field of a sighting as text; None where the packet has no such header."""
    ip, outer, eth = seen.get("ip") or {}, seen.get("outer") or {}, seen.get("eth") or {}
    value = {
        "src": ip.get("src"),
        "dst": ip.get("dst"),
        "ttl": ip.get("ttl"),
        "len": ip.get("len"),
        "smac": eth.get("src"),
        "dmac": eth.get("dst"),
        "outer_src": outer.get("src"),
        "outer_dst": outer.get("dst"),
        "outer_vni": outer.get("vni"),
        "outer_port": (outer.get("udp") or {}).get("dport"),
    }[name]
    return None if value is None else str(value)


def changed_fields(sent: Sent, place: Place) -> frozenset[str]:
    """Return the header fields whose values at `place` differ from those of the first packet sent."""
    first = next((s for s in sent.data["sightings"] if s["leg"] == "request"), None)
    if first is None:
        raise NoAnswerError(f"'{sent.send.id}' never sends a packet")
    before, after = dict(_fields(first)), dict(_fields(sighting(sent, place)))
    return frozenset(name for name in before | after if before.get(name) != after.get(name))


def _fields(seen: Data) -> Iterator[tuple[str, object]]:
    yield from ((f"eth.{name}", seen["eth"][name]) for name in ("src", "dst") if seen.get("eth"))
    ip = seen.get("ip") or {}
    yield from ((f"ipv4.{name}", ip[name]) for name in ("src", "dst", "ttl") if name in ip)
    l4 = seen.get("l4") or {}
    yield from ((f"{ip['proto']}.{name}", l4[name]) for name in ("sport", "dport") if name in l4)
    if seen.get("outer"):
        yield "outer", str(seen["outer"])


def decisive_hop(sent: Sent, place: Place, places: Places, kind: str | None = None) -> Data:
    """Return the first hop of the request at `place` that a table entry decided. Raises NoAnswerError if none."""
    for hop in sent.hops("request"):
        here = place_of(hop, places)
        evidence = hop["evidence"]
        if here is None or not place.holds(here) or not evidence or not evidence["entry"]:
            continue
        if kind in (None, hop["kind"]):
            return hop
    what = f"'{kind}' hop" if kind else "table entry"
    raise NoAnswerError(f"no {what} decides about '{sent.send.id}' at {place.selector}")
