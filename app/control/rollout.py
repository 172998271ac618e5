"""The arithmetic of a Deployment's rollout: how many replicas each ReplicaSet may have now. Pure functions of numbers.

    maxSurge         rounds up, maxUnavailable rounds down; both 0 would stand still: then one may be unavailable
    new ReplicaSet   grows up to replicas + maxSurge of all
    old ReplicaSets  shrink while replicas - maxUnavailable stay available, the ones that are not healthy first

Source: Kubernetes pkg/controller/deployment/rolling.go, util/deployment_util.go (ResolveFenceposts, NewRSNewReplicas,
GetReplicaSetProportion); the proportion in its form up to 1.32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """One ReplicaSet of a Deployment: replicas wanted (spec), available (status), and the maximum it was made for."""

    name: str
    replicas: int
    available: int = 0
    max_replicas: int = 0

    @property
    def safely_available(self) -> int:
        """Available replicas that will still be there: a status may be older than the wish."""
        return min(self.replicas, self.available)


@dataclass(frozen=True, slots=True)
class Room:
    """What a rolling update may do: replicas above (`surge`) and below (`unavailable`) the wanted number."""

    replicas: int
    surge: int
    unavailable: int

    @classmethod
    def of(cls, replicas: int, max_surge: int | str, max_unavailable: int | str) -> Room:
        """Return the room of a strategy; each bound is a number or a percentage like `25%`."""
        surge, unavailable = scaled(max_surge, replicas, up=True), scaled(max_unavailable, replicas, up=False)
        if surge == 0 and unavailable == 0:
            unavailable = 1
        return cls(replicas, surge, min(unavailable, replicas))

    @property
    def most(self) -> int:
        """Replicas there may be."""
        return self.replicas + self.surge

    @property
    def least_available(self) -> int:
        """Replicas that must be available."""
        return self.replicas - self.unavailable


def scaled(given: int | str, total: int, *, up: bool) -> int:
    """Return a number of Pods that is given as such, or as a percentage of all."""
    if isinstance(given, int):
        return given
    exact = int(given.rstrip("%")) * total / 100
    return math.ceil(exact) if up else math.floor(exact)


def grown(room: Room, new: Share, all_replicas: int) -> int:
    """Return how many replicas the new ReplicaSet may have when all together have `all_replicas`."""
    if all_replicas >= room.most:
        return new.replicas
    return new.replicas + min(room.most - all_replicas, room.replicas - new.replicas)


def shrunk(room: Room, new: Share, old: Sequence[Share]) -> dict[str, int]:
    """Return the replicas of the old ReplicaSets that change; `old` has the oldest first."""
    total = new.replicas + sum(share.replicas for share in old)
    may_go = total - room.least_available - (new.replicas - new.safely_available)
    if may_go <= 0:
        return {}
    left = {share.name: share.replicas for share in old}
    _shrink_unhealthy(left, old, may_go)
    _shrink_healthy(left, old, room.least_available, new.safely_available)
    return {share.name: left[share.name] for share in old if left[share.name] != share.replicas}


def _shrink_unhealthy(left: dict[str, int], old: Sequence[Share], may_go: int) -> None:
    for share in old:
        gone = max(0, min(may_go, share.replicas - share.safely_available))
        left[share.name] -= gone
        may_go -= gone


def _shrink_healthy(left: dict[str, int], old: Sequence[Share], least: int, new_available: int) -> None:
    available = {share.name: min(share.available, left[share.name]) for share in old}
    may_go = new_available + sum(available.values()) - least
    for share in old:
        gone = max(0, min(may_go, left[share.name]))
        left[share.name] -= gone
        may_go -= gone


def proportional(room: Room, shares: Sequence[Share]) -> dict[str, int]:
    """Return the replicas of every ReplicaSet after the Deployment was scaled in the middle of a rollout.

    `shares` are those with replicas, the newest first; the largest takes what rounding leaves.
    """
    total = sum(share.replicas for share in shares)
    allowed = room.most if room.replicas > 0 else 0
    to_add = allowed - total
    order = sorted(shares, key=lambda share: share.replicas, reverse=True)
    if to_add < 0:
        oldest_first = list(shares)
        oldest_first.reverse()
        order = sorted(oldest_first, key=lambda share: share.replicas, reverse=True)
    sizes: dict[str, int] = {}
    added = 0
    for share in order:
        change = _proportion(share, room, to_add, added) if to_add else 0
        sizes[share.name] = share.replicas + change
        added += change
    if order and to_add:
        first = order[0].name
        sizes[first] = max(0, sizes[first] + to_add - added)
    return sizes


def _proportion(share: Share, room: Room, to_add: int, added: int) -> int:
    if share.replicas == 0 or to_add == added:
        return 0
    if room.replicas == 0:
        return -share.replicas
    most = share.max_replicas or room.replicas
    fraction = math.floor(share.replicas * room.most / most + 0.5) - share.replicas
    left = to_add - added
    return min(fraction, left) if to_add > 0 else max(fraction, left)
