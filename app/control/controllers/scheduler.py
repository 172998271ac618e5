"""kube-scheduler: gives every Pod that has none a node, or says why there is none for it.

Source: Kubernetes pkg/scheduler (schedule_one.go), pkg/scheduler/framework.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from app.control.conditions import conditions, set_condition
from app.control.manager import controllers
from app.control.ownership import is_deleted, spec, status
from app.control.podstate import is_terminal
from app.control.reconciler import Reconciler
from app.control.scheduling.filters import fit_error
from app.control.scheduling.roster import Roster
from app.kube.objects import Key, Object
from app.kube.store import Event

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

NAME = "default-scheduler"


@controllers.register("scheduler")
class Scheduler(Reconciler):
    """Binds Pods to nodes, one at a time, in the order in which they came."""

    name = "scheduler"
    kinds = ("Pod", "Node")

    def __init__(self, live: LiveCluster) -> None:
        super().__init__(live)
        self._roster = Roster()
        self._tried: dict[Key, Mapping[str, Any]] = {}

    def keys(self, event: Event) -> Iterable[Key]:
        """A Pod without a node; all of them when a node changes or a Pod makes room."""
        given = event.object
        if given.kind == "Node":
            return self._on_node(event)
        if event.type == "DELETED" or is_terminal(given):
            self._roster.drop_pod(given.key)
            self._tried.pop(given.key, None)
            return self._waiting()
        self._roster.put_pod(given)
        if spec(given).get("nodeName"):
            self._tried.pop(given.key, None)
            return ()
        return (given.key,) if self._tried.get(given.key) != spec(given) else ()

    def _on_node(self, event: Event) -> Iterable[Key]:
        node = event.object
        if event.type == "DELETED":
            self._roster.drop_node(node.name)
            return ()
        before = self._roster.nodes.get(node.name)
        self._roster.put_node(node)
        return () if before is not None and _offer(before) == _offer(node) else self._waiting()

    def _waiting(self) -> Iterable[Key]:
        return [pod.key for pod in self.index.on_node("") if not is_terminal(pod)]

    def reconcile(self, key: Key) -> None:
        """Place one Pod."""
        pod = self.find(key)
        if pod is None or spec(pod).get("nodeName") or is_deleted(pod) or is_terminal(pod):
            return
        if spec(pod).get("schedulerName", NAME) != NAME:
            return
        reasons = self._roster.reasons(pod, self.version)
        feasible = [name for name, found in reasons.items() if not found]
        if feasible:
            self._bind(pod, self._roster.best(pod, feasible))
        else:
            self._refuse(pod, fit_error(list(reasons.values()), self.version))

    def _bind(self, pod: Object, node: str) -> None:
        self.api.bind(pod.namespace, pod.name, node)
        text = f"Successfully assigned {pod.namespace}/{pod.name} to {node}"
        self.api.record_event(pod, "Normal", "Scheduled", text, NAME)

    def _refuse(self, pod: Object, message: str) -> None:
        self._tried[pod.key] = spec(pod)
        self.api.record_event(pod, "Warning", "FailedScheduling", message, NAME)
        new = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        made = set_condition(conditions(pod), new, self.now)
        self.write_status(pod, {**status(pod), "phase": "Pending", "conditions": made})


def _offer(node: Object) -> tuple[object, ...]:
    """Return what of a node matters to Pods: a heartbeat changes nothing of it."""
    given = spec(node)
    return dict(node.metadata.labels), given.get("taints"), given.get("unschedulable"), status(node).get("allocatable")
