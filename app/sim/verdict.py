"""The verdict: how the flow ended for its sender, where its last packet died, and why."""

from __future__ import annotations

from typing import Protocol

from msgspec.structs import replace

from app.core.limits import limit
from app.dataplane.budget import WalkBudgetError
from app.dataplane.hop import Hop
from app.dataplane.packet import Packet
from app.sim.captions import render
from app.sim.trace import Caption, Verdict

__all__ = ["judge", "looped"]

OUTCOMES = {
    "connected": "delivered", "answered": "delivered", "echo-reply": "delivered",
    "handshake-only": "timed-out", "timeout": "timed-out",
    "ECONNREFUSED": "refused", "ECONNRESET": "reset",
    "EHOSTUNREACH": "unreachable", "ENETUNREACH": "unreachable",
    "icmp-host-unreachable": "unreachable", "icmp-net-unreachable": "unreachable",
    "icmp-port-unreachable": "rejected", "icmp-time-exceeded": "ttl-exceeded",
    "name-not-found": "name-not-found",
    "EMSGSIZE": "fragmentation-needed", "icmp-frag-needed": "fragmentation-needed",
}  # fmt: skip
#: A packet ends at a hop of one of these kinds.
FATAL = frozenset({"drop", "reject", "bridge-drop", "no-route", "blackhole", "arp-failed", "refuse", "mtu-exceeded"})
#: Packets that only tidy up: how they end says nothing of the question.
AFTERMATH = frozenset({"arp", "client-rst", "icmp-error-about-client-rst"})
#: These end a copy, or an error that nobody waits for, not the packet that the sender asked about.
NOT_THE_PACKET = frozenset({"drop-other-host", "drop-error-no-socket", "no-route-for-error"})
BY_DEVICE = frozenset({"link", "bridge", "tunnel", "arp"})


class Ended(Protocol):
    """A flow that is over: what its sender has learned, and from which packet, if it was one."""

    learned: str | None
    told_by: Packet | None
    http_status: int | None
    answer_line: str
    failure: Caption | None

    @property
    def rcode(self) -> str:
        """The code of a DNS answer, of a flow that asks for a name."""
        ...


def judge(flow: Ended, hops: list[Hop], sender: str) -> Verdict:
    """Return the verdict of a flow."""
    learned = flow.learned or "timeout"
    outcome = _outcome(learned, flow.told_by, hops)
    if flow.rcode or learned == "name-not-found":
        return _named(flow, outcome, hops, sender)
    if outcome == "delivered" and flow.http_status is not None:
        by = _taker(hops)
        caption = Caption("delivered-http", {"by": by, "line": flow.answer_line})
        return replace(_verdict(outcome, by, "reply", learned, by, caption), http_status=flow.http_status)
    if outcome == "delivered":
        answer = _answering_hop(hops)
        caption = Caption(f"delivered-{learned}", {"by": answer.netns})
        return _verdict(outcome, answer.netns, "reply", learned, answer.netns, caption)
    if flow.failure is not None:
        by = _taker(hops)
        return _verdict(outcome, by, "data", learned, by, flow.failure)
    end = _fatal_hop(_until(hops, flow.told_by)) or _fatal_hop(hops)
    if end is None:
        return _verdict(outcome, sender, "request", learned, None, Caption("silence", {}))
    at = f"{end.netns}:{end.interface}" if end.stage in BY_DEVICE and end.interface else end.netns
    answered_by = end.netns if end.kind == "refuse" else None
    return _verdict(outcome, at, end.packet.leg, learned, answered_by, Caption(end.code, end.params))


def _named(flow: Ended, outcome: str, hops: list[Hop], sender: str) -> Verdict:
    """Return the verdict of a lookup: `at` is who gave the last answer, or the sender itself (its /etc/hosts)."""
    by = next((hop.netns for hop in reversed(hops) if hop.kind == "dns-answer"), sender)
    caption = flow.failure or Caption("delivered-name", {"by": by})
    verdict = _verdict(outcome, by, "reply", flow.learned or "", by, caption)
    return replace(verdict, rcode=flow.rcode)


def looped(hops: list[Hop], error: WalkBudgetError) -> Verdict:
    """Return the verdict of a walk that does not end: where it goes round, or what there was too much of."""
    if error.loop is not None:
        loop = error.loop
        caption = Caption("looped-frame", {"at": loop.at, "times": loop.times, "way": ", ".join(loop.way)})
        return _verdict("looped", loop.at, loop.leg, "timeout", None, caption)
    leg = hops[-1].packet.leg if hops else "request"
    if error.rules_at is not None:
        netns, table, chain = error.rules_at
        caption = Caption("looped-rules", {"rules": limit("walk.rules"), "table": table, "chain": chain})
        return _verdict("looped", netns, leg, "timeout", None, caption)
    return _verdict("looped", hops[-1].netns, leg, "timeout", None, Caption("looped", {"hops": len(hops)}))


def _verdict(outcome: str, at: str, leg: str, learned: str, answered_by: str | None, caption: Caption) -> Verdict:
    return Verdict(outcome, at, leg, render(caption.code, caption.params), learned, answered_by, caption)


def _outcome(learned: str, told_by: Packet | None, hops: list[Hop]) -> str:
    """Return the outcome; an errno that an ICMP error caused says less than the error does."""
    outcome = OUTCOMES[learned]
    if told_by is None or not told_by.leg.startswith("icmp-error"):
        return outcome
    if outcome == "refused":
        return "rejected"
    expired = any(h.kind == "drop" and h.code == "drop-ttl-exceeded" for h in hops)
    return "ttl-exceeded" if expired and outcome == "unreachable" else outcome


def _answering_hop(hops: list[Hop]) -> Hop:
    """Return the hop at which the request was taken by who answers it."""
    taken = (h for h in hops if h.packet.leg == "request" and h.kind in ("accept", "deliver"))
    return next(taken, hops[-1])


def _taker(hops: list[Hop]) -> str:
    """Return the namespace whose socket took the client's connection: the first, if a gateway opened more of them."""
    return next((hop.netns for hop in hops if hop.code == "accept-tcp"), hops[-1].netns)


def _until(hops: list[Hop], told_by: Packet | None) -> list[Hop]:
    """Return the hops until the packet that told the sender was there: what died later is not what it learned of."""
    if told_by is None:
        return hops
    last = max((n for n, hop in enumerate(hops) if hop.packet.number == told_by.number), default=len(hops))
    return hops[: last + 1]


def _fatal_hop(hops: list[Hop]) -> Hop | None:
    """Return where the last packet died: the first end of the last packet that had one."""
    every = [h for h in hops if h.kind in FATAL and h.packet.leg not in AFTERMATH]
    ends = [h for h in every if h.code not in NOT_THE_PACKET] or every
    if not ends:
        return None
    last = ends[-1].packet.number
    return next(h for h in ends if h.packet.number == last)
