"""What one flow may cost, so that every walk ends; and the search for what a walk goes round in.

Hops and rules are counted (`walk.hops`, `walk.rules` in limits.toml). Long before the hops run out the record is
searched for a loop: a frame that comes to the same place again and again with nothing in it changed. Routers change the
TTL, so this finds what no TTL ends: rings of bridges, tunnels that carry a bridge's frames back to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from app.core.limits import limit
from app.dataplane.hop import Hop

__all__ = ["Budget", "Loop", "WalkBudgetError", "find_loop"]

#: The record is searched when it has grown to so many hops, and each time when it has doubled.
FIRST_LOOK = 1_000
#: So often a frame must come round unchanged. One whose address the bridges learn meanwhile stops after a few rounds.
ROUNDS = 16
#: Where a frame comes to a place. The switch of the underlay shows no `receive`.
ARRIVALS = frozenset({"receive", "bridge-flood", "bridge-forward"})
TURNS = frozenset({"bridge-flood", "bridge-forward", "encapsulate"})


class Loop(Struct, frozen=True):
    """A frame that came to `at` (NETNS:INTERFACE) `times` times unchanged, by way of the devices `way`; `leg` is whose
    packet it carries."""

    at: str
    times: int
    way: tuple[str, ...]
    leg: str


class WalkBudgetError(Exception):
    """A walk cost more than any flow needs. `loop` says why, if it goes in circles; `rules_at` is the hook
    (NETNS, TABLE, CHAIN) whose rules had no end."""

    def __init__(self, loop: Loop | None = None, rules_at: tuple[str, str, str] | None = None) -> None:
        super().__init__()
        self.loop = loop
        self.rules_at = rules_at


class Budget:
    """How many rules one flow may still ask, and how many hops it may have made when somebody looks for a loop."""

    __slots__ = ("look_at", "rules")

    def __init__(self) -> None:
        self.rules = limit("walk.rules")
        self.look_at = min(FIRST_LOOK, limit("walk.hops"))

    def pay(self, rules: int, at: tuple[str, str, str], *, is_over: bool = False) -> None:
        """Refuse to go on where `rules` that a packet has asked so far in one chain (NETNS, TABLE, CHAIN) are too many;
        take them off when it is through. Raises WalkBudgetError: jumps may fan out without end."""
        if rules > self.rules:
            raise WalkBudgetError(rules_at=at)
        if is_over:
            self.rules -= rules

    def look(self, hops: Sequence[Hop]) -> None:
        """Judge a record that has grown to `look_at`. Raises WalkBudgetError if it loops or is too long."""
        loop = find_loop(hops)
        most = limit("walk.hops")
        if loop is not None or len(hops) >= most:
            raise WalkBudgetError(loop)
        self.look_at = min(2 * self.look_at, most)


def find_loop(hops: Sequence[Hop]) -> Loop | None:
    """Return the frame that came to one place ROUNDS times, nothing in it changed; None if no frame did."""
    seen: dict[tuple[object, ...], list[int]] = {}
    for index, hop in enumerate(hops):
        if hop.kind not in ARRIVALS:
            continue
        packet = hop.packet
        key = (hop.netns, hop.interface, hop.kind, packet.number, packet.attempt, packet.eth, packet.net)
        times = seen.setdefault(key, [])
        times.append(index)
        if len(times) == ROUNDS:
            at = f"{hop.netns}:{hop.interface}"
            return Loop(at, ROUNDS, tuple(_way(hops[times[0] : times[-1]], packet.number)), packet.leg)
    return None


def _way(hops: Sequence[Hop], number: int) -> Iterator[str]:
    """Yield the bridges and tunnels that packet `number` passed, each once."""
    turns = (f"{hop.netns}:{hop.interface}" for hop in hops if hop.packet.number == number and hop.kind in TURNS)
    yield from dict.fromkeys(turns)
