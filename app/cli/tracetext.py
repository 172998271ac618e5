"""The text form of a trace: it reads like a tcpdump that gives its reasons.

   t  where                          what          packet
0 us  pod/default/my-nginx-1 eth0    transmit  #1  10.2.2.48 > 10.2.2.49 icmp echo-request ttl 64 len 84
                                     eth0 sends the frame to 0a:58:...
                                     ip neigh: 10.2.2.49 dev eth0 lladdr 0a:58:0a:02:02:31 REACHABLE
"""

from __future__ import annotations

from app.core.errors import printable
from app.sim.captions import catalogue, render
from app.sim.packettext import is_plain_link, packet_text
from app.sim.trace import Trace, TraceHop

__all__ = ["trace_text"]

RESET = "\x1b[0m"
GOOD, BAD, DIM, BOLD, MARK = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[1m", "\x1b[33m"
BAD_KINDS = frozenset(
    {"drop", "bridge-drop", "no-route", "blackhole", "arp-failed", "refuse", "mtu-exceeded", "timeout"}
)


class Painter:
    """Paints words, or leaves them as they are."""

    def __init__(self, *, is_on: bool) -> None:
        self.is_on = is_on

    def __call__(self, colour: str, text: str) -> str:
        return f"{colour}{text}{RESET}" if self.is_on else text


def trace_text(trace: Trace, *, lang: str = "en", colour: bool = False, everything: bool = False) -> str:
    """Return the whole trace as lines of text, the verdict last.

    Without `everything` the resolution of addresses (ARP) is told in its first and last step only, of skipped entries
    only those that would also have matched and what a tunnel leaves of the MTU under it, of rules on the way to the
    last only where they changed something, and no interface's state where a frame just passed it.
    """
    paint = Painter(is_on=colour)
    lines = [paint(BOLD, f"{trace.from_} -> {trace.to}   seed {trace.seed}"), ""]
    hidden = 0
    for hop in trace.hops:
        if not everything and hop.leg == "arp" and hop.kind not in ("arp-request", "arp-reply"):
            hidden += 1
            continue
        lines += _hop_lines(hop, lang, paint, everything=everything)
    if hidden:
        lines += ["", paint(DIM, f"({hidden} steps of ARP packets on their way are left out; --all shows them)")]
    return printable_lines([*lines, "", *_verdict_lines(trace, lang, paint)], colour=colour)


def printable_lines(lines: list[str], *, colour: bool) -> str:
    """Join the lines; only our own colours pass as control characters."""
    return "\n".join(line if colour else printable(line) for line in lines) + "\n"


def _hop_lines(hop: TraceHop, lang: str, paint: Painter, *, everything: bool) -> list[str]:
    """Return a hop's header line, its caption, and what decided."""
    colour = BAD if hop.kind in BAD_KINDS else GOOD if hop.kind in ("deliver", "accept") else MARK
    where = f"{hop.netns} {hop.interface}".rstrip()
    head = f"{hop.n:>4} {hop.t_us:>9} us  {paint(BOLD, f'{where:<32}')} {paint(colour, f'{hop.kind:<14}')}"
    lines = [f"{head} #{hop.packet} {packet_text(hop.headers)}" if hop.packet else head.rstrip()]
    indent = " " * 19
    lines.append(indent + render(hop.caption.code, hop.caption.params, lang))
    lines += [indent + paint(MARK, f"{c.field}: {_value(c.before)} -> {_value(c.after)}") for c in hop.changes]
    if hop.evidence is not None and (everything or not is_plain_link(hop)):
        lines.append(indent + paint(DIM, f"{hop.evidence.tool}:") + f" {hop.evidence.entry or '(no entry)'}")
        way = [
            rule for rule in hop.evidence.matched if rule != hop.evidence.entry and (everything or hop.kind != "hook")
        ]
        lines += [indent + paint(DIM, f"  matched: {rule}") for rule in way]
        is_told = everything or not hop.evidence.entry or hop.kind == "mtu-exceeded"
        told = [s for s in hop.evidence.skipped if is_told or "< /" in s.because]
        lines += [indent + paint(DIM, f"  skipped: {s.entry}  ({s.because})") for s in told]
    return lines


def _value(value: str | int | None) -> str:
    return "-" if value is None else str(value)


def _verdict_lines(trace: Trace, lang: str, paint: Painter) -> list[str]:
    verdict = trace.verdict
    texts = catalogue(lang)
    colour = GOOD if verdict.outcome == "delivered" else BAD
    learns = texts["learns"][verdict.sender_learns]
    return [
        paint(colour, f"verdict: {verdict.outcome}") + f" at {verdict.at} ({verdict.leg})",
        f"  why:    {render(verdict.caption.code, verdict.caption.params, lang)}",
        f"  sender: {verdict.sender_learns} ({learns})" if learns != verdict.sender_learns else f"  sender: {learns}",
    ]
