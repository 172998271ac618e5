"""The replicaset controller: as many active Pods as `spec.replicas` says, and the status that counts them.

Source: Kubernetes pkg/controller/replicaset (replica_set.go, replica_set_utils.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.control.conditions import condition, conditions, set_condition, without_condition
from app.control.manager import controllers
from app.control.ownership import (
    controller_key,
    is_deleted,
    metadata,
    owner_references,
    selector_of,
    spec,
    spec_replicas,
)
from app.control.podmaking import PodMaker
from app.control.podstate import available_at, in_order_of_deletion, is_active, is_available, is_ready
from app.control.podtemplate import pod_of_template
from app.kube.bodies import with_metadata
from app.kube.objects import Key, Object
from app.kube.selectors import Selector
from app.kube.status import StatusError
from app.kube.store import Event

BURST = 500
"""Pods that one sync makes or deletes at most (BurstReplicas)."""


@controllers.register("replicaset")
class ReplicaSetController(PodMaker):
    """Makes and deletes the Pods of ReplicaSets."""

    name = "replicaset"
    component = "replicaset-controller"
    kinds = ("ReplicaSet", "Pod")
    # Quicker than a Deployment's next step, so that Pods which were given up are gone before others take their place.
    delay_us = 5_000

    def keys(self, event: Event) -> Iterable[Key]:
        """A ReplicaSet itself; a Pod's ReplicaSet, or those that could adopt the Pod."""
        given = event.object
        if given.kind == "ReplicaSet":
            return (given.key,)
        owner = controller_key(given, "ReplicaSet")
        if owner is not None:
            return (owner,)
        return self._adopters(given) if not owner_references(given) else ()

    def _adopters(self, pod: Object) -> Iterable[Key]:
        for found in self.index.in_namespace("ReplicaSet", pod.namespace):
            if selector_of(found).matches(pod.metadata.labels):
                yield found.key

    def reconcile(self, key: Key) -> None:
        """Bring the number of Pods to what is wanted, then write the status."""
        owner = self.store.get(key.kind, key.name, key.namespace)
        if owner is None:
            return
        pods = [pod for pod in self._claimed(owner) if is_active(pod)]
        failure = None if is_deleted(owner) else self._scale(owner, pods)
        pods = [pod for pod in self.index.controlled(owner, "Pod") if is_active(pod)]
        self._write_status(owner, pods, failure)

    def _claimed(self, owner: Object) -> tuple[Object, ...]:
        """Return the Pods of a ReplicaSet; those that it selects and nobody owns become its own, others are let go."""
        selector = selector_of(owner)
        if not is_deleted(owner):
            for pod in self.index.orphans("Pod", owner.namespace, selector):
                if is_active(pod):
                    self.adopt(pod, owner)
        for pod in self.index.controlled(owner, "Pod"):
            if not selector.matches(pod.metadata.labels) and not is_deleted(pod):
                kept = [each for each in owner_references(pod) if each.get("uid") != metadata(owner).get("uid")]
                self.api.update(with_metadata(pod.body, ownerReferences=kept))
        return self.index.controlled(owner, "Pod")

    def _scale(self, owner: Object, pods: list[Object]) -> Mapping[str, Any] | None:
        """Make or delete Pods; return the ReplicaFailure condition when the API server refuses."""
        wanted = spec_replicas(owner)
        try:
            for _ in range(min(wanted - len(pods), BURST)):
                self.create_pod(owner, pod_of_template(spec(owner)["template"], owner, self.free_name(owner)))
            if len(pods) > wanted:
                related = self._related(owner)
                for pod in in_order_of_deletion(pods, related)[: min(len(pods) - wanted, BURST)]:
                    self.delete_pod(owner, pod)
        except StatusError as error:
            reason = "FailedCreate" if len(pods) < wanted else "FailedDelete"
            verb = "creating" if len(pods) < wanted else "deleting"
            self.api.record_event(owner, "Warning", reason, f"Error {verb}: {error}", self.component)
            return {"type": "ReplicaFailure", "status": "True", "reason": reason, "message": str(error)}
        if abs(wanted - len(pods)) > BURST:
            self.again(owner.key, 0)
        return None

    def _related(self, owner: Object) -> list[Object]:
        """Return the Pods of all ReplicaSets of the same owner: a node that has many of them gives one up first."""
        reference = next(iter(owner_references(owner)), None)
        siblings = [owner]
        if reference is not None:
            known = self.index.in_namespace("ReplicaSet", owner.namespace)
            siblings = [each for each in known if any(r.get("uid") == reference["uid"] for r in owner_references(each))]
        return [pod for each in siblings for pod in self.index.controlled(each, "Pod") if is_active(pod)]

    def _write_status(self, owner: Object, pods: list[Object], failure: Mapping[str, Any] | None) -> None:
        now = self.now
        seconds = int(spec(owner).get("minReadySeconds") or 0)
        labels = Selector.equal((spec(owner)["template"].get("metadata") or {}).get("labels") or {})
        ready = [pod for pod in pods if is_ready(pod)]
        counts = {
            "fullyLabeledReplicas": sum(labels.matches(pod.metadata.labels) for pod in pods),
            "readyReplicas": len(ready),
            "availableReplicas": sum(is_available(pod, seconds, now) for pod in ready),
        }
        status: dict[str, Any] = {"replicas": len(pods), **{key: count for key, count in counts.items() if count}}
        status["observedGeneration"] = int(metadata(owner).get("generation") or 1)
        kept = without_condition(conditions(owner), "ReplicaFailure")
        if failure is not None:
            # The first refusal stays told; a ReplicaSet's condition has no lastUpdateTime.
            old = condition(owner, "ReplicaFailure")
            is_told = old is not None and old.get("reason") == failure["reason"]
            kept = set_condition(conditions(owner), old if is_told and old is not None else failure, now)
        if kept:
            status["conditions"] = kept
        self.write_status(owner, status)
        if seconds and counts["availableReplicas"] < len(ready):
            moments = [moment for pod in ready if (moment := available_at(pod, seconds)) and moment > now]
            self.again(owner.key, int((min(moments) - now).total_seconds() * 1_000_000))
