"""The node controllers: taints that follow a node's conditions, and what those taints do to its Pods.

    spec.unschedulable      node.kubernetes.io/unschedulable:NoSchedule
    Ready False             node.kubernetes.io/not-ready, Ready Unknown: node.kubernetes.io/unreachable; both
                            NoSchedule and NoExecute; the node's Pods are no longer ready
    NoExecute               a Pod that does not tolerate it is deleted, one that does for tolerationSeconds later

Source: Kubernetes pkg/controller/nodelifecycle (node_lifecycle_controller.go), pkg/controller/tainteviction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from app.control.conditions import condition, conditions, set_condition
from app.control.manager import controllers
from app.control.ownership import is_deleted, spec, status
from app.control.podstate import is_ready
from app.control.reconciler import Reconciler
from app.control.scheduling.affinity import taints, tolerates, tolerations_of
from app.kube.bodies import parse_time, time_text, with_value
from app.kube.objects import Key, Object
from app.kube.store import Event

COMPONENT = "node-controller"
EVICTION = "taint-eviction-controller"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
OWN = frozenset([UNSCHEDULABLE, NOT_READY, UNREACHABLE])


@controllers.register("node")
class NodeController(Reconciler):
    """Taints nodes, and evicts Pods that do not tolerate the taints."""

    name = "node"
    kinds = ("Node", "Pod")

    def keys(self, event: Event) -> Iterable[Key]:
        """A Node itself; that of a Pod which has come to it, if it has a taint that evicts."""
        given = event.object
        if given.kind == "Node":
            return (given.key,)
        name = str(spec(given).get("nodeName") or "")
        node = self.store.get("Node", name) if name and event.type != "DELETED" else None
        return (node.key,) if node is not None and _evicting(node) else ()

    def reconcile(self, key: Key) -> None:
        """Write the node's taints, tell its Pods that they are not ready, evict those that must go."""
        node = self.find(key)
        if node is None:
            return
        node = self._taint(node)
        if _readiness(node) != "True":
            self._mark_pods(node)
        self._evict(node)

    def _taint(self, node: Object) -> Object:
        wanted = _wanted(node)
        kept = [dict(each) for each in taints(node) if each.get("key") not in OWN or _pair(each) in wanted]
        there = {_pair(each) for each in kept}
        now = time_text(self.now)
        for key, effect in wanted:
            if (key, effect) not in there:
                kept.append({"key": key, "effect": effect, "timeAdded": now})
        if kept == [dict(each) for each in taints(node)]:
            return node
        return self.api.update(with_value(node.body, ("spec", "taints"), kept or None))

    def _mark_pods(self, node: Object) -> None:
        """Say of each Pod that it is not ready: nobody answers for it. Source: node.MarkPodsNotReady()."""
        for pod in self.index.on_node(node.name):
            if is_ready(pod):
                new = {**(condition(pod, "Ready") or {}), "type": "Ready", "status": "False"}
                made = set_condition(conditions(pod), new, self.now)
                self.write_status(pod, {**status(pod), "conditions": made})
                self.api.record_event(pod, "Warning", "NodeNotReady", "Node is not ready", COMPONENT)

    def _evict(self, node: Object) -> None:
        evicting = _evicting(node)
        for pod in self.index.on_node(node.name) if evicting else ():
            if is_deleted(pod):
                continue
            seconds = _patience(pod, evicting)
            if seconds is None:
                continue
            added = [parse_time(each.get("timeAdded")) or self.now for each in evicting]
            left = (min(added) + timedelta(seconds=seconds) - self.now).total_seconds()
            if left > 0:
                self.again(node.key, int(left * 1_000_000))
                continue
            text = f"Marking for deletion Pod {pod.namespace}/{pod.name}"
            self.api.record_event(pod, "Normal", "TaintManagerEviction", text, EVICTION)
            self.api.delete("Pod", pod.name, pod.namespace)


def _readiness(node: Object) -> str:
    """Return the Ready condition of a node; one that says nothing is not called broken."""
    return str((condition(node, "Ready") or {}).get("status", "True"))


def _wanted(node: Object) -> list[tuple[str, str]]:
    """Return keys and effects of the taints that a node must have."""
    found = [(UNSCHEDULABLE, "NoSchedule")] if spec(node).get("unschedulable") else []
    key = {"False": NOT_READY, "Unknown": UNREACHABLE}.get(_readiness(node))
    return [*found, *([(key, "NoSchedule"), (key, "NoExecute")] if key else [])]


def _pair(taint: Mapping[str, Any]) -> tuple[str, str]:
    return str(taint.get("key")), str(taint.get("effect"))


def _evicting(node: Object) -> list[Mapping[str, Any]]:
    return [each for each in taints(node) if each.get("effect") == "NoExecute"]


def _patience(pod: Object, evicting: list[Mapping[str, Any]]) -> int | None:
    """Return how many seconds a Pod bears the taints: 0 if it tolerates one of them not, None for ever."""
    known = tolerations_of(spec(pod))
    bearing = [[each for each in known if tolerates([each], taint)] for taint in evicting]
    if not all(bearing):
        return 0
    seconds = [each.get("tolerationSeconds") for found in bearing for each in found]
    limits = [number for number in seconds if isinstance(number, int)]
    return max(0, min(limits)) if limits else None
