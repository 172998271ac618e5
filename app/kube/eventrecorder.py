"""Events about objects, repeats counted. Source: k8s.io/client-go tools/record (event.go, events_cache.go)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from app.kube.bodies import time_text
from app.kube.objects import Object

EventType = Literal["Normal", "Warning"]


def reference(about: Object, *, field_path: str = "") -> dict[str, Any]:
    """Return an ObjectReference, as `involvedObject` holds it."""
    metadata = about.body.get("metadata")
    uid = metadata.get("uid") if isinstance(metadata, Mapping) else None
    found = {
        "apiVersion": about.api_version, "fieldPath": field_path, "kind": about.kind, "name": about.name,
        "namespace": about.namespace, "resourceVersion": str(about.resource_version), "uid": uid,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


class EventRecorder:
    """Makes Event bodies: a new one, or the known one with its count raised."""

    def __init__(self) -> None:
        self._names: dict[tuple[Any, ...], str] = {}

    def name_of(
        self, about: Object, type_: EventType, reason: str, message: str, component: str, host: str,
        now: datetime,
    ) -> str:  # fmt: skip
        """Return the name of the Event of which this is a repeat; a new name, by the time, if it is none."""
        metadata = about.body.get("metadata")
        uid = metadata.get("uid", "") if isinstance(metadata, Mapping) else ""
        key = (about.key, uid, type_, reason, message, component, host)
        nanoseconds = int(now.timestamp() * 1_000_000) * 1000 + len(self._names)
        return self._names.setdefault(key, f"{about.name}.{nanoseconds:x}")


def event_body(
    name: str, about: Object, type_: EventType, reason: str, message: str, component: str, host: str,
    now: datetime, before: Mapping[str, Any] | None, field_path: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Return the Event: `before` is its last body, whose first time is kept and whose count is raised."""
    if before is not None:
        return {**before, "count": int(before.get("count", 1)) + 1, "lastTimestamp": time_text(now)}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": about.namespace or "default"},
        "involvedObject": reference(about, field_path=field_path),
        "reason": reason,
        "message": message,
        "source": {"component": component, **({"host": host} if host else {})},
        "firstTimestamp": time_text(now),
        "lastTimestamp": time_text(now),
        "count": 1,
        "type": type_,
        "eventTime": None,
        "reportingComponent": component,
        "reportingInstance": host,
    }
