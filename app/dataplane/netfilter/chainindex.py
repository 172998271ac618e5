"""Which rules of a long chain a packet can match: an index by destination address or port.

The kernel goes through the rules one after the other, and so they are shown; KUBE-SERVICES of a large cluster has tens
of thousands. A rule whose `-d ADDRESS/32` or `--dport PORT` is not the packet's can have no effect, so it is not tried:
it is told as skipped all the same, with the term that fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.dataplane.headers import IPv4, Tcp, Udp
from app.dataplane.netfilter.matches.basic import Destination, InInterface, OutInterface, Protocol, Source
from app.dataplane.netfilter.matches.ports import Ports
from app.dataplane.netfilter.rule import Rule

__all__ = ["INDEX_FROM", "ChainIndex"]

#: Shorter chains are tried rule by rule: that is quicker than to look them up.
INDEX_FROM = 16
#: What may stand before the port: terms that ask only for what does not change while the packet is in the chain.
PLAIN = (Source, Destination, InInterface, OutInterface, Protocol)
ALL_ONES = 0xFFFFFFFF
Key = int | tuple[str, int]


class ChainIndex:
    """The positions of rules by what a packet must have for them; `always` are those that any packet may match."""

    __slots__ = ("_always", "_by_key")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._always: list[int] = []
        self._by_key: dict[Key, list[int]] = {}
        for position, rule in enumerate(rules):
            key = _key(rule)
            (self._always if key is None else self._by_key.setdefault(key, [])).append(position)

    def candidates(self, ip: IPv4) -> Iterable[int]:
        """Return the positions of the rules to try, in order."""
        found = self._by_key.get(int(ip.dst), ())
        l4 = ip.payload
        if isinstance(l4, Tcp | Udp) and not ip.offset:
            by_port = self._by_key.get((ip.proto, l4.dport), ())
            if by_port:
                return sorted((*self._always, *found, *by_port))
        return sorted((*self._always, *found)) if found else self._always


def _key(rule: Rule) -> Key | None:
    """Return the one destination address, or protocol and port, that a packet must have."""
    for term in rule.terms:
        if isinstance(term, Destination):
            if term.mask == ALL_ONES and not term.negated:
                return term.base
        elif isinstance(term, Ports):
            ports = term.destination
            is_one = ports is not None and ports.low == ports.high and not ports.negated
            return (term.proto, ports.low) if ports is not None and is_one else None
        elif not isinstance(term, PLAIN):
            return None
    return None
