"""The daemonset controller: one Pod on every node that its template lets it run on.

The Pods are placed by the scheduler: each has a node affinity to the name of its node.
Source: Kubernetes pkg/controller/daemon (daemon_controller.go, update.go, util/daemonset_util.go).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from app.control.manager import controllers
from app.control.ownership import (
    controller_key,
    is_deleted,
    metadata,
    owner_references,
    selector_of,
    spec,
)
from app.control.podmaking import PodMaker
from app.control.podstate import is_available, is_ready, is_terminal, phase
from app.control.podtemplate import REVISION_LABEL, pod_of_template, revision_of
from app.control.rollout import scaled
from app.control.scheduling.affinity import REQUIRED, matches_node, untolerated
from app.kube.objects import Key, Object
from app.kube.status import StatusError
from app.kube.store import Event

GENERATION_LABEL = "pod-template-generation"
_ALWAYS = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_ON_HOST = (("node.kubernetes.io/network-unavailable", "NoSchedule"),)


@controllers.register("daemonset")
class DaemonSetController(PodMaker):
    """Makes and deletes the Pods of DaemonSets."""

    name = "daemonset"
    component = "daemonset-controller"
    kinds = ("DaemonSet", "Pod", "Node")

    def keys(self, event: Event) -> Iterable[Key]:
        """A DaemonSet itself, that of a Pod; every one when a node changes."""
        given = event.object
        if given.kind == "DaemonSet":
            return (given.key,)
        if given.kind == "Node":
            return [each.key for each in self.store.list("DaemonSet")]
        owner = controller_key(given, "DaemonSet")
        return (owner,) if owner is not None else ()

    def reconcile(self, key: Key) -> None:
        """Bring one Pod to each node, and write the status."""
        owner = self.find(key)
        if owner is None:
            return
        for pod in self.index.orphans("Pod", owner.namespace, selector_of(owner)):
            if not owner_references(pod):
                self.adopt(pod, owner)
        if not is_deleted(owner):
            try:
                self._manage(owner)
                self._update(owner)
            except StatusError as error:
                self.api.record_event(owner, "Warning", "FailedCreate", f"Error creating: {error}", self.component)
        self._write(owner)

    def _manage(self, owner: Object) -> None:
        """Make the Pods that are missing, delete those that may not be where they are."""
        by_node = self._by_node(owner)
        for node in self.store.list("Node"):
            should_run, may_stay = _fits(owner, node)
            pods = by_node.pop(node.name, [])
            alive = []
            for pod in pods:
                if is_deleted(pod):
                    continue
                if is_terminal(pod):
                    self._replace_failed(owner, pod, node.name)
                else:
                    alive.append(pod)
            if should_run and not pods:
                self._create(owner, node.name)
            for pod in alive[1:] if may_stay else alive:
                self.delete_pod(owner, pod)
        for pod in (each for pods in by_node.values() for each in pods):
            if not is_deleted(pod):
                self.delete_pod(owner, pod)

    def _replace_failed(self, owner: Object, pod: Object, node: str) -> None:
        if phase(pod) == "Failed":
            text = f"Found failed daemon pod {pod.namespace}/{pod.name} on node {node}, will try to kill it"
            self.api.record_event(owner, "Warning", "FailedDaemonPod", text, self.component)
        self.delete_pod(owner, pod)

    def _update(self, owner: Object) -> None:
        """Delete Pods of an older template, as many as maxUnavailable allows; those that are not available first."""
        strategy = spec(owner).get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return
        revision, now = revision_of(owner), self.now
        seconds = int(spec(owner).get("minReadySeconds") or 0)
        pods = [pod for pods in self._by_node(owner).values() for pod in pods]
        wanted = sum(_fits(owner, node)[0] for node in self.store.list("Node"))
        allowed = max(1, scaled((strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1), wanted, up=True))
        available = [pod for pod in pods if not is_deleted(pod) and is_available(pod, seconds, now)]
        old = [pod for pod in pods if not is_deleted(pod) and pod.metadata.labels.get(REVISION_LABEL) != revision]
        left = allowed - (wanted - len(available))
        for pod in sorted(old, key=lambda each: each in available):
            if pod in available:
                if left <= 0:
                    return
                left -= 1
            self.delete_pod(owner, pod)

    def _by_node(self, owner: Object) -> defaultdict[str, list[Object]]:
        """Return the Pods by the node that each is on, or meant for; the oldest first."""
        found: defaultdict[str, list[Object]] = defaultdict(list)
        for pod in self.index.controlled(owner, "Pod"):
            found[_target(pod)].append(pod)
        return found

    def _create(self, owner: Object, node: str) -> None:
        body = pod_of_template(spec(owner)["template"], owner, self.free_name(owner))
        labels = {**body["metadata"].get("labels", {}), REVISION_LABEL: revision_of(owner)}
        body["metadata"]["labels"] = {**labels, GENERATION_LABEL: str(metadata(owner).get("generation") or 1)}
        body["spec"] = _pinned(body["spec"], node)
        self.create_pod(owner, body)

    def _write(self, owner: Object) -> None:
        revision, now = revision_of(owner), self.now
        seconds = int(spec(owner).get("minReadySeconds") or 0)
        by_node = self._by_node(owner)
        counts = dict.fromkeys(("current", "missed", "wanted", "ready", "updated", "available"), 0)
        for node in self.store.list("Node"):
            should_run, _ = _fits(owner, node)
            pods = [pod for pod in by_node.get(node.name, []) if not is_terminal(pod)]
            counts["missed"] += bool(pods) and not should_run
            if not should_run:
                continue
            counts["wanted"] += 1
            counts["current"] += bool(pods)
            newest = next((pod for pod in pods if not is_deleted(pod)), None)
            if newest is not None:
                counts["ready"] += is_ready(newest)
                counts["available"] += is_available(newest, seconds, now)
                counts["updated"] += newest.metadata.labels.get(REVISION_LABEL) == revision
        self.write_status(owner, _status(owner, counts))


def _status(owner: Object, counts: Mapping[str, int]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "currentNumberScheduled": counts["current"],
        "numberMisscheduled": counts["missed"],
        "desiredNumberScheduled": counts["wanted"],
        "numberReady": counts["ready"],
        "observedGeneration": int(metadata(owner).get("generation") or 1),
    }
    others = {
        "updatedNumberScheduled": counts["updated"],
        "numberAvailable": counts["available"],
        "numberUnavailable": counts["wanted"] - counts["available"],
    }
    return made | {key: count for key, count in others.items() if count}


def _template_spec(owner: Object) -> dict[str, Any]:
    """Return the template's Pod spec with the tolerations that every daemon has."""
    given = dict((spec(owner).get("template") or {}).get("spec") or {})
    return _tolerant(given)


def _tolerant(pod_spec: Mapping[str, Any]) -> dict[str, Any]:
    known = list(pod_spec.get("tolerations") or ())
    wanted = _ALWAYS + (_ON_HOST if pod_spec.get("hostNetwork") else ())
    for key, effect in wanted:
        toleration = {"key": key, "operator": "Exists", "effect": effect}
        if toleration not in known:
            known.append(toleration)
    return {**pod_spec, "tolerations": known}


def _fits(owner: Object, node: Object) -> tuple[bool, bool]:
    """Return whether a daemon should run on a node, and whether one that runs there may go on."""
    wanted = _template_spec(owner)
    if wanted.get("nodeName") not in (None, "", node.name) or not matches_node(wanted, node):
        return False, False
    should_run = untolerated(wanted, node, ("NoSchedule", "NoExecute")) is None
    return should_run, untolerated(wanted, node, ("NoExecute",)) is None


def _pinned(pod_spec: Mapping[str, Any], node: str) -> dict[str, Any]:
    """Return a Pod spec for one node: its tolerations, and an affinity to the node's name in every term."""
    made = _tolerant(pod_spec)
    affinity = dict(made.get("affinity") or {})
    to_node = dict(affinity.get("nodeAffinity") or {})
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    to_node[REQUIRED] = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    return {**made, "affinity": {**affinity, "nodeAffinity": to_node}}


def _target(pod: Object) -> str:
    """Return the node that a daemon is on, or that its affinity names."""
    given = spec(pod)
    if given.get("nodeName"):
        return str(given["nodeName"])
    required = ((given.get("affinity") or {}).get("nodeAffinity") or {}).get(REQUIRED) or {}
    for term in required.get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            if field.get("key") == "metadata.name" and field.get("values"):
                return str(field["values"][0])
    return ""
