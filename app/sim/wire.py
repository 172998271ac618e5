"""The wire form of a trace: one compact message for the browser, which owns the playhead (podwalk-wire/v1).

Texts are sent once and named by number; a packet's headers are sent once and then only where they differ from the
packet's hop before. `static/js/wire/decode.js` restores the trace's hops exactly. Sightings are not sent: they are the
transmit, receive and loopback hops.
"""

from __future__ import annotations

from typing import Any

import msgspec

from app.sim.trace import Layer, Trace, TraceEvidence, TraceHop

__all__ = ["wire"]

Json = Any
NONE = -1


class _Texts:
    """The catalogue: each text once, in order of first use."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self._index: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return the text's number."""
        index = self._index.get(text)
        if index is None:
            index = self._index[text] = len(self.rows)
            self.rows.append(text)
        return index


def wire(trace: Trace, *, until: int | None = None) -> dict[str, Json]:
    """Return the message for `trace`; `until` withholds every hop after that, the verdict and conntrack's end."""
    hops = trace.hops if until is None else trace.hops[:until]
    withheld = len(trace.hops) - len(hops)
    texts = _Texts()
    before: dict[int, list[Layer]] = {}
    rows = [_hop(hop, texts, before) for hop in hops]
    return {
        "schema": "podwalk-wire/v1",
        "seed": trace.seed,
        "from": trace.from_,
        "to": trace.to,
        "verdict": None if withheld else msgspec.to_builtins(trace.verdict),
        "interfaces": msgspec.to_builtins(trace.interfaces),
        "conntrack": {} if withheld else msgspec.to_builtins(trace.conntrack),
        "total": len(hops),
        "withheld": withheld,
        "texts": texts.rows,
        "hops": rows,
    }


def _hop(hop: TraceHop, texts: _Texts, before: dict[int, list[Layer]]) -> list[Json]:
    headers = _headers(hop.headers, before.get(hop.packet))
    before[hop.packet] = hop.headers
    rule = [texts.number(hop.table), texts.number(hop.chain)] if hop.table or hop.chain else []
    return [
        hop.n, hop.t_us, hop.packet, texts.number(hop.leg), hop.attempt, texts.number(hop.kind), texts.number(hop.node),
        texts.number(hop.netns), texts.number(hop.interface), texts.number(hop.stage), headers,
        [[texts.number(c.field), c.before, c.after] for c in hop.changes], _evidence(hop.evidence, texts),
        texts.number(hop.caption.code), hop.caption.params, *rule,
    ]  # fmt: skip


def _evidence(evidence: TraceEvidence | None, texts: _Texts) -> Json:
    if evidence is None:
        return None
    skipped = [[texts.number(s.entry), texts.number(s.because)] for s in evidence.skipped]
    row: list[Json] = [texts.number(evidence.tool), texts.number(evidence.entry), skipped]
    if evidence.verdict:
        row += [[texts.number(line) for line in evidence.matched], texts.number(evidence.verdict)]
    return row


def _headers(layers: list[Layer], before: list[Layer] | None) -> Json:
    """Return 0 for the same headers, their differences where only fields differ, or all of them."""
    if before == layers:
        return 0
    new = [msgspec.to_builtins(layer) for layer in layers]
    if before is None or [type(a) for a in before] != [type(b) for b in layers]:
        return new
    old = [msgspec.to_builtins(layer) for layer in before]
    if any(a.keys() != b.keys() for a, b in zip(old, new, strict=True)):
        return new
    pairs = enumerate(zip(old, new, strict=True))
    return {"d": [[n, key, value] for n, (a, b) in pairs for key, value in b.items() if a[key] != value]}
