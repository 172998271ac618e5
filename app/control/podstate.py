"""What a Pod's status says: active, ready, available; and which Pod goes first when there are too many.

Source: Kubernetes pkg/api/v1/pod/util.go (IsPodReady, IsPodAvailable), pkg/controller/controller_utils.go
(IsPodActive, ActivePodsWithRanks).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import Any

from app.control.conditions import condition, has_condition
from app.control.ownership import is_deleted, metadata
from app.kube.bodies import list_at, parse_time, value_at
from app.kube.objects import Object

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
EVER = datetime(1, 1, 1, tzinfo=UTC)
_PHASE_RANK = {"Pending": 0, "Unknown": 1, "Running": 2}


def phase(pod: Object) -> str:
    """Return status.phase; a Pod whose status nobody has written yet is Pending."""
    return str(value_at(pod.body, "status", "phase") or "Pending")


def is_terminal(pod: Object) -> bool:
    """Whether all containers have ended for good."""
    return phase(pod) in ("Succeeded", "Failed")


def is_active(pod: Object) -> bool:
    """Whether a Pod counts as a replica: it has not ended and is not being deleted."""
    return not is_terminal(pod) and not is_deleted(pod)


def is_ready(pod: Object) -> bool:
    """Whether the Ready condition is True."""
    return has_condition(pod, "Ready")


def available_at(pod: Object, min_ready_seconds: int) -> datetime | None:
    """Return from when on a Pod counts as available; None while it is not ready."""
    found = condition(pod, "Ready")
    if found is None or found.get("status") != "True":
        return None
    return (parse_time(found.get("lastTransitionTime")) or EVER) + timedelta(seconds=min_ready_seconds)


def is_available(pod: Object, min_ready_seconds: int, now: datetime) -> bool:
    """Whether a Pod has been ready for minReadySeconds."""
    if not min_ready_seconds:
        return is_ready(pod)
    moment = available_at(pod, min_ready_seconds)
    return moment is not None and moment <= now


def pod_ip(pod: Object) -> IPv4Address | None:
    """Return status.podIP; None while there is none, or an IPv6 one."""
    text = str(value_at(pod.body, "status", "podIP") or "")
    return IPv4Address(text) if text and ":" not in text else None


def restarts(pod: Object) -> int:
    """Return how often the most restarted container of a Pod was."""
    statuses = list_at(pod.body, "status", "containerStatuses")
    return max((int(value_at(each, "restartCount") or 0) for each in statuses), default=0)


def in_order_of_deletion(pods: Iterable[Object], related: Iterable[Object]) -> list[Object]:
    """Return the Pods, the one that goes first at the front.

    Not yet on a node, pending, not ready, cheap by annotation, on a node with many related Pods, ready for a short
    time, restarted often, young.
    """
    on_node = Counter(_node(pod) for pod in related)
    newest_first = sorted(pods, key=lambda pod: str(metadata(pod).get("creationTimestamp") or ""), reverse=True)
    return sorted(newest_first, key=lambda pod: _deletion_key(pod, on_node))


def _node(pod: Object) -> str:
    return str(value_at(pod.body, "spec", "nodeName") or "")


def _deletion_key(pod: Object, on_node: Mapping[str, int]) -> tuple[Any, ...]:
    ready_since = parse_time((condition(pod, "Ready") or {}).get("lastTransitionTime")) if is_ready(pod) else None
    return (
        bool(_node(pod)),
        _PHASE_RANK.get(phase(pod), 2),
        is_ready(pod),
        _cost(pod),
        -on_node[_node(pod)],
        -ready_since.timestamp() if ready_since else 0,
        -restarts(pod),
    )


def _cost(pod: Object) -> int:
    try:
        return int(pod.metadata.annotations.get(DELETION_COST, "0"))
    except ValueError:
        return 0
