"""What STATUS, READY and RESTARTS of a Pod say. Source: printPod() of pkg/printers/internalversion/printers.go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.age import nanoseconds
from app.kube.tables.table import Body

__all__ = ["PodStatus", "pod_status"]


@dataclass(slots=True)
class PodStatus:
    """Containers that are ready and those there are, the word of STATUS, the restarts and when the last one was."""

    ready: int
    total: int
    reason: str
    restarts: int = 0
    last_restart: Any = None

    def count(self, container: Body) -> None:
        """Add a container's restarts."""
        self.restarts += int(container.get("restartCount") or 0)
        finished = mapping_at(container, "lastState", "terminated").get("finishedAt")
        if (nanoseconds(finished) or 0) > (nanoseconds(self.last_restart) or 0):
            self.last_restart = finished


def pod_status(body: Body) -> PodStatus:
    """Read the status of a Pod as the table tells it."""
    spec, status = mapping_at(body, "spec"), mapping_at(body, "status")
    sidecars = {c.get("name") for c in list_at(spec, "initContainers") if c.get("restartPolicy") == "Always"}
    found = PodStatus(0, len(list_at(spec, "containers")) + len(sidecars), _phase(status))
    later = PodStatus(0, 0, "")
    initializing = _init_containers(body, sidecars, found, later)
    if not initializing or _condition(status, "Initialized"):
        found.restarts, found.last_restart = later.restarts, later.last_restart
        _containers(status, found)
    if mapping_at(body, "metadata").get("deletionTimestamp") is not None:
        if status.get("reason") == "NodeLost":
            found.reason = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            found.reason = "Terminating"
    return found


def _phase(status: Body) -> str:
    gated = any(
        c.get("type") == "PodScheduled" and c.get("reason") == "SchedulingGated" for c in list_at(status, "conditions")
    )
    return "SchedulingGated" if gated else str(status.get("reason") or status.get("phase") or "")


def _condition(status: Body, kind: str) -> bool:
    return any(c.get("type") == kind and c.get("status") == "True" for c in list_at(status, "conditions"))


def _init_containers(body: Body, sidecars: set[Any], found: PodStatus, sidecar_restarts: PodStatus) -> bool:
    """Go through the init containers in order; say whether one of them is not done."""
    statuses = list_at(body, "status", "initContainerStatuses")
    for index, container in enumerate(statuses):
        found.count(container)
        if container.get("name") in sidecars:
            sidecar_restarts.count(container)
        state = mapping_at(container, "state")
        ended = state.get("terminated")
        if ended is not None and not ended.get("exitCode"):
            continue
        if container.get("name") in sidecars and container.get("started"):
            found.ready += bool(container.get("ready"))
            continue
        waiting = mapping_at(state, "waiting").get("reason")
        if ended is not None:
            found.reason = f"Init:{_ended(ended)}"
        elif waiting and waiting != "PodInitializing":
            found.reason = f"Init:{waiting}"
        else:
            found.reason = f"Init:{index}/{len(list_at(body, 'spec', 'initContainers'))}"
        return True
    return False


def _containers(status: Body, found: PodStatus) -> None:
    has_running = False
    for container in reversed(list_at(status, "containerStatuses")):
        found.count(container)
        state = mapping_at(container, "state")
        ended = state.get("terminated")
        if waiting := mapping_at(state, "waiting").get("reason"):
            found.reason = waiting
        elif ended is not None:
            found.reason = _ended(ended)
        elif container.get("ready") and state.get("running") is not None:
            has_running = True
            found.ready += 1
    if found.reason == "Completed" and has_running:
        found.reason = "Running" if _condition(status, "Ready") else "NotReady"


def _ended(terminated: Body) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    signal = terminated.get("signal")
    return f"Signal:{signal}" if signal else f"ExitCode:{terminated.get('exitCode') or 0}"
