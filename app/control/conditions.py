"""`status.conditions` of any object: read one, set one, with the time of its change.

Source: Kubernetes pkg/controller/deployment/util (SetDeploymentCondition), pkg/api/v1/pod (UpdatePodCondition).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.kube.bodies import time_text
from app.kube.objects import Object

Condition = Mapping[str, Any]


def conditions(given: Object | Mapping[str, Any]) -> tuple[Condition, ...]:
    """Return every condition of an object, or of a status."""
    status = given.body.get("status") if isinstance(given, Object) else given
    found = status.get("conditions") if isinstance(status, Mapping) else None
    return tuple(each for each in found if isinstance(each, Mapping)) if isinstance(found, list) else ()


def condition(given: Object | Mapping[str, Any], type_: str) -> Condition | None:
    """Return the condition of a type."""
    return next((found for found in conditions(given) if found.get("type") == type_), None)


def has_condition(given: Object | Mapping[str, Any], type_: str) -> bool:
    """Whether the condition of a type is "True"."""
    found = condition(given, type_)
    return found is not None and found.get("status") == "True"


def set_condition(given: Iterable[Condition], new: Condition, now: datetime) -> list[dict[str, Any]]:
    """Return the conditions with `new` in place of the one of its type, or at the end, as Pods and nodes keep theirs.

    lastTransitionTime moves only when `status` changes.
    """
    kept = [dict(each) for each in given]
    old = next((each for each in kept if each.get("type") == new["type"]), None)
    made = {**new, "lastTransitionTime": transition_time(old, new, now)}
    if old is None:
        return [*kept, made]
    kept[kept.index(old)] = made
    return kept


def move_condition(
    given: Iterable[Condition], new: Condition, now: datetime, *, anew: bool = False
) -> list[dict[str, Any]]:
    """Return the conditions with `new` at the end, as Deployments keep theirs.

    One that says the same (status and reason) stays as it is, unless it is told `anew`: progress was seen.
    """
    kept = [dict(each) for each in given]
    old = next((each for each in kept if each.get("type") == new["type"]), None)
    if old is not None and not anew and (old.get("status"), old.get("reason")) == (new["status"], new["reason"]):
        return kept
    made = {**new, "lastUpdateTime": time_text(now), "lastTransitionTime": transition_time(old, new, now)}
    return [*(each for each in kept if each is not old), made]


def transition_time(old: Condition | None, new: Condition, now: datetime) -> str:
    """Return the lastTransitionTime of a condition: it moves only when `status` changes."""
    is_same = old is not None and old.get("status") == new.get("status")
    return str((old or {}).get("lastTransitionTime") or time_text(now)) if is_same else time_text(now)


def without_condition(given: Iterable[Condition], type_: str) -> list[dict[str, Any]]:
    """Return the conditions but that of a type."""
    return [dict(each) for each in given if each.get("type") != type_]
