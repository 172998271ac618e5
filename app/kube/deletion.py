"""What a DELETE does to an object: gone at once, or marked and waiting.

Source: k8s.io/apiserver pkg/registry/rest/delete.go (BeforeDelete), pkg/registry/core/pod/strategy.go
(CheckGracefulDelete).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from app.kube.bodies import list_at, mapping_at, parse_time, time_text, value_at, with_metadata, with_value
from app.kube.objects import Object

Propagation = Literal["Background", "Foreground", "Orphan"]
DEFAULT_GRACE_SECONDS = 30
FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
_FINALIZERS = {"Foreground": FOREGROUND, "Orphan": ORPHAN}


@dataclass(frozen=True, slots=True)
class Deletion:
    """A request to delete: what becomes of dependents, how long a Pod has (None: its own grace period), and when."""

    propagation: Propagation
    grace_seconds: int | None
    now: datetime

    def marked(self, before: Object) -> dict[str, Any] | None:
        """Return the body of an object that now waits for its end; None if it waits already and nothing changes."""
        metadata = mapping_at(before.body, "metadata")
        grace = pod_grace(before, self)
        if metadata.get("deletionTimestamp"):
            return self._shortened(before, grace) if before.kind == "Pod" else None
        finalizers = list_at(metadata, "finalizers")
        own = _FINALIZERS.get(self.propagation)
        if own is not None and own not in finalizers:
            finalizers = [*finalizers, own]
        body = with_metadata(
            before.body,
            deletionTimestamp=time_text(self.now + timedelta(seconds=grace)),
            deletionGracePeriodSeconds=grace,
            finalizers=finalizers or None,
        )
        return with_value(body, ("status", "phase"), "Terminating") if before.kind == "Namespace" else body

    def _shortened(self, before: Object, grace: int) -> dict[str, Any] | None:
        """A second delete can only shorten the grace period."""
        metadata = mapping_at(before.body, "metadata")
        last = int(metadata.get("deletionGracePeriodSeconds") or 0)
        until = parse_time(metadata.get("deletionTimestamp"))
        if until is None or grace >= last:
            return None
        moved = until - timedelta(seconds=last - grace)
        return with_metadata(before.body, deletionTimestamp=time_text(moved), deletionGracePeriodSeconds=grace)


def pod_grace(of: Object, how: Deletion) -> int:
    """Return the seconds that a Pod has to end: 0 without a node and when it has ended, and for other kinds."""
    if of.kind != "Pod":
        return 0
    if not value_at(of.body, "spec", "nodeName") or value_at(of.body, "status", "phase") in ("Succeeded", "Failed"):
        return 0
    if how.grace_seconds is not None:
        return max(how.grace_seconds, 0)
    given = value_at(of.body, "spec", "terminationGracePeriodSeconds")
    return given if isinstance(given, int) and given >= 0 else DEFAULT_GRACE_SECONDS


def is_removed_at_once(of: Object, how: Deletion) -> bool:
    """Say whether nothing has to be waited for."""
    if list_at(of.body, "metadata", "finalizers") or how.propagation != "Background":
        return False
    if of.kind == "Namespace" and list_at(of.body, "spec", "finalizers"):
        return False
    return pod_grace(of, how) == 0
