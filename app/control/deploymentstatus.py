"""A Deployment's status: the counts of its ReplicaSets, and the conditions Available and Progressing.

Source: Kubernetes pkg/controller/deployment/sync.go (calculateStatus), progress.go, util/deployment_util.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.control.conditions import condition, conditions, move_condition, without_condition
from app.control.ownership import metadata, spec, spec_replicas, status
from app.control.rollout import Room
from app.kube.bodies import parse_time
from app.kube.objects import Object

NEVER = 2**31 - 1
"""A progressDeadlineSeconds of this (MaxInt32) means that there is none."""
DEADLINE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Rollout:
    """A Deployment's ReplicaSets in numbers. `name` is that of the current one, "" while there is none."""

    name: str
    counts: Mapping[str, int]
    unavailable: int
    is_complete: bool
    failure: Mapping[str, Any] | None

    @classmethod
    def of(cls, deployment: Object, new: Object | None, old: Sequence[Object]) -> Rollout:
        """Return the numbers of a Deployment's ReplicaSets."""
        sets = [*old, *([new] if new else [])]
        available = _sum(sets, "availableReplicas")
        counts = {
            "replicas": _sum(sets, "replicas"),
            "updatedReplicas": _sum([new] if new else [], "replicas"),
            "readyReplicas": _sum(sets, "readyReplicas"),
            "availableReplicas": available,
        }
        wanted = spec_replicas(deployment)
        is_complete = all(counts[key] == wanted for key in ("updatedReplicas", "replicas", "availableReplicas"))
        failures = [found for each in [*([new] if new else []), *old] if (found := condition(each, "ReplicaFailure"))]
        unavailable = max(0, sum(map(spec_replicas, sets)) - available)
        return cls(new.name if new else "", counts, unavailable, is_complete, failures[0] if failures else None)


def _sum(sets: Sequence[Object], key: str) -> int:
    return sum(int(status(each).get(key) or 0) for each in sets)


def strategy_of(deployment: Object) -> str:
    """Return the type of a Deployment's strategy."""
    return str((spec(deployment).get("strategy") or {}).get("type") or "RollingUpdate")


def room_of(deployment: Object) -> Room:
    """Return what a Deployment's strategy leaves it."""
    if strategy_of(deployment) == "Recreate":
        return Room(spec_replicas(deployment), 0, 0)
    given = (spec(deployment).get("strategy") or {}).get("rollingUpdate") or {}
    surge, unavailable = given.get("maxSurge", "25%"), given.get("maxUnavailable", "25%")
    return Room.of(spec_replicas(deployment), surge, unavailable)


def has_deadline(deployment: Object) -> bool:
    """Whether progress is watched: progressDeadlineSeconds is not the largest number."""
    return _deadline(deployment) != NEVER


def _deadline(deployment: Object) -> int:
    given = spec(deployment).get("progressDeadlineSeconds")
    return DEADLINE_SECONDS if given is None else int(given)


def progressed(deployment: Object, reason: str, message: str, value: str, now: datetime) -> dict[str, Any]:
    """Return the status with another Progressing condition."""
    made = dict(status(deployment))
    if has_deadline(deployment):
        new = {"type": "Progressing", "status": value, "reason": reason, "message": message}
        made["conditions"] = move_condition(conditions(deployment), new, now)
    return made


def rollout_status(deployment: Object, rollout: Rollout, now: datetime) -> dict[str, Any]:
    """Return the whole status."""
    made: dict[str, Any] = {"observedGeneration": int(metadata(deployment).get("generation") or 1)}
    made |= {key: count for key, count in rollout.counts.items() if count}
    if rollout.unavailable:
        made["unavailableReplicas"] = rollout.unavailable
    if "collisionCount" in status(deployment):
        made["collisionCount"] = status(deployment)["collisionCount"]
    found = move_condition(conditions(deployment), _available(deployment, rollout), now)
    found = _progressing(deployment, rollout, found, now)
    if rollout.failure is not None:
        found = move_condition(found, rollout.failure, now)
    else:
        found = without_condition(found, "ReplicaFailure")
    made["conditions"] = found
    return made


def _available(deployment: Object, rollout: Rollout) -> dict[str, str]:
    if rollout.counts["availableReplicas"] >= room_of(deployment).least_available:
        return _condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    text = "Deployment does not have minimum availability."
    return _condition("Available", "False", "MinimumReplicasUnavailable", text)


def _condition(type_: str, value: str, reason: str, message: str) -> dict[str, str]:
    return {"type": type_, "status": value, "reason": reason, "message": message}


def _progressing(
    deployment: Object, rollout: Rollout, found: list[dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    """Return the conditions with what is to be said of progress: complete, going on, or over its time."""
    if not has_deadline(deployment):
        return without_condition(found, "Progressing")
    current = condition(deployment, "Progressing")
    counts = rollout.counts
    is_done = current is not None and current.get("reason") == "NewReplicaSetAvailable"
    if spec(deployment).get("paused") or (counts["replicas"] == counts["updatedReplicas"] and is_done):
        return found
    what = f'ReplicaSet "{rollout.name}"' if rollout.name else f'Deployment "{deployment.name}"'
    if rollout.is_complete:
        text = f"{what} has successfully progressed."
        return move_condition(found, _condition("Progressing", "True", "NewReplicaSetAvailable", text), now)
    if _has_progressed(deployment, rollout):
        new = _condition("Progressing", "True", "ReplicaSetUpdated", f"{what} is progressing.")
        return move_condition(found, new, now, anew=True)
    if _has_timed_out(deployment, now):
        text = f"{what} has timed out progressing."
        return move_condition(found, _condition("Progressing", "False", "ProgressDeadlineExceeded", text), now)
    return found


def _has_progressed(deployment: Object, rollout: Rollout) -> bool:
    """Whether there are more new, fewer old, more ready or more available replicas than the last status says."""
    old, new = status(deployment), rollout.counts
    old_ones = int(old.get("replicas") or 0) - int(old.get("updatedReplicas") or 0)
    return (
        any(new[key] > int(old.get(key) or 0) for key in ("updatedReplicas", "readyReplicas", "availableReplicas"))
        or new["replicas"] - new["updatedReplicas"] < old_ones
    )


def _has_timed_out(deployment: Object, now: datetime) -> bool:
    current = condition(deployment, "Progressing")
    if current is None or current.get("reason") == "NewReplicaSetAvailable":
        return False
    if current.get("reason") == "ProgressDeadlineExceeded":
        return True
    since = parse_time(current.get("lastUpdateTime"))
    return since is not None and (now - since).total_seconds() > _deadline(deployment)


def requeue_after_us(deployment: Object, rollout: Rollout, made: Mapping[str, Any], now: datetime) -> int | None:
    """Return when to look again whether progress takes too long, in microseconds; None if that is not asked."""
    current = condition(made, "Progressing")
    if not has_deadline(deployment) or current is None or rollout.is_complete or spec(deployment).get("paused"):
        return None
    if current.get("reason") in ("ProgressDeadlineExceeded", "NewReplicaSetAvailable"):
        return None
    since = parse_time(current.get("lastUpdateTime")) or now
    left = _deadline(deployment) - (now - since).total_seconds()
    return int(max(left + 1, 1) * 1_000_000)
