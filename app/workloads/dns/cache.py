"""CoreDNS's plugin `cache`: an answer is kept for its smallest TTL, up to what the Corefile says, and counts down.

Source: CoreDNS plugin/cache (cache.go, item.go), plugin/pkg/dnsutil/ttl.go.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from app.core.dnsmessage import Question, Record
from app.dataplane.hop import Text
from app.workloads.dns.kubernetes import CONFIG_MAP, Reply

__all__ = ["Cache", "smallest_ttl"]

#: An answer is kept at least so long (dnsutil.MinimalDefaultTTL).
SHORTEST = 5
CAPACITY = 10_000
SECOND_US = 1_000_000


class _Item(Struct, frozen=True):
    reply: Reply
    ttl: int
    stored_us: int


class Cache:
    """Replies by name and type. Answers and denials are kept alike; a failure is not."""

    def __init__(self, longest: int, line: str) -> None:
        self.longest = longest
        self.line = line
        self._items: dict[tuple[str, str], _Item] = {}

    def get(self, question: Question, now_us: int) -> Reply | None:
        """Return what is kept and still valid, with the seconds that are left as its TTL."""
        item = self._items.get((question.name.lower(), question.type))
        if item is None:
            return None
        left = item.ttl - (now_us - item.stored_us) // SECOND_US
        if left <= 0:
            return None
        kept = item.reply
        # A stub resolver may refuse an answer without the bit, so the cache always sets it (item.go, toMsg).
        return replace(
            kept, answers=_with_ttl(kept.answers, left), authority=_with_ttl(kept.authority, left),
            additional=_with_ttl(kept.additional, left), is_authoritative=True,
            evidence=Text(CONFIG_MAP, self.line), code="dns-cached",
        )  # fmt: skip

    def put(self, question: Question, reply: Reply, now_us: int) -> Reply:
        """Keep a reply and return it as it goes out: every TTL is the one that it is kept for."""
        if self.longest == 0 or reply.is_truncated or reply.rcode not in ("NOERROR", "NXDOMAIN"):
            return reply
        ttl = min(max(smallest_ttl(reply), SHORTEST), self.longest)
        if len(self._items) >= CAPACITY:
            self._items.pop(next(iter(self._items)))
        self._items[question.name.lower(), question.type] = _Item(reply, ttl, now_us)
        return replace(
            reply, answers=_with_ttl(reply.answers, ttl), authority=_with_ttl(reply.authority, ttl),
            additional=_with_ttl(reply.additional, ttl),
        )  # fmt: skip


def smallest_ttl(reply: Reply) -> int:
    """Return how long a reply is valid: its smallest TTL; of a denial also the SOA's last number."""
    ttls = [record.ttl for record in reply.answers + reply.authority + reply.additional]
    if not reply.answers:
        ttls += [int(record.data.split()[-1]) for record in reply.authority if record.type == "SOA"]
    return min(ttls, default=SHORTEST)


def _with_ttl(records: tuple[Record, ...], ttl: int) -> tuple[Record, ...]:
    return tuple(replace(record, ttl=ttl) for record in records)
