"""The statefulset controller: Pods NAME-0, NAME-1 ..., each made when the one before it is ready, each name kept.

Source: Kubernetes pkg/controller/statefulset (stateful_set_control.go, stateful_set_utils.go). No volume claims; the
revision of a template is its hash, old templates are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.control.manager import controllers
from app.control.ownership import (
    controller_key,
    is_deleted,
    metadata,
    owner_references,
    selector_of,
    spec,
    spec_replicas,
    status,
)
from app.control.podmaking import PodMaker
from app.control.podstate import is_available, is_ready, is_terminal, phase
from app.control.podtemplate import REVISION_LABEL, pod_of_template, revision_of
from app.kube.objects import Key, Object
from app.kube.status import StatusError
from app.kube.store import Event

NAME_LABEL = "statefulset.kubernetes.io/pod-name"
INDEX_LABEL = "apps.kubernetes.io/pod-index"
INDEX_LABEL_SINCE = (1, 28)


@controllers.register("statefulset")
class StatefulSetController(PodMaker):
    """Makes, replaces and removes the Pods of StatefulSets, one at a time."""

    name = "statefulset"
    component = "statefulset-controller"
    created_text = "create Pod {pod} in StatefulSet {owner} successful"
    deleted_text = "delete Pod {pod} in StatefulSet {owner} successful"
    kinds = ("StatefulSet", "Pod")

    def keys(self, event: Event) -> Iterable[Key]:
        """A StatefulSet itself; that of a Pod, or those that could adopt it."""
        given = event.object
        if given.kind == "StatefulSet":
            return (given.key,)
        owner = controller_key(given, "StatefulSet")
        if owner is not None:
            return (owner,)
        return () if owner_references(given) else self._adopters(given)

    def _adopters(self, pod: Object) -> Iterable[Key]:
        parent = pod.name.rpartition("-")[0]
        found = self.store.get("StatefulSet", parent, pod.namespace)
        if found is not None and selector_of(found).matches(pod.metadata.labels):
            yield found.key

    def reconcile(self, key: Key) -> None:
        """Take the next step towards the wanted Pods, and write the status."""
        owner = self.find(key)
        if owner is None:
            return
        for pod in self.index.orphans("Pod", owner.namespace, selector_of(owner)):
            if _ordinal(owner, pod) >= 0:
                self.adopt(pod, owner)
        if not is_deleted(owner):
            try:
                self._step(owner)
            except StatusError as error:
                text = f"create Pod in StatefulSet {owner.name} failed error: {error}"
                self.api.record_event(owner, "Warning", "FailedCreate", text, self.component)
        self._write(owner)

    def _step(self, owner: Object) -> None:
        pods = self._pods(owner)
        first = int((spec(owner).get("ordinals") or {}).get("start") or 0)
        wanted = range(first, first + spec_replicas(owner))
        is_parallel = spec(owner).get("podManagementPolicy") == "Parallel"
        for ordinal in wanted:
            pod = pods.get(ordinal)
            if pod is None:
                self._create(owner, ordinal)
            elif is_terminal(pod) and not is_deleted(pod):
                self._recreate(owner, pod)
            elif not is_deleted(pod) and is_ready(pod) and phase(pod) == "Running":
                continue
            if not is_parallel:
                return
        condemned = sorted((each for each in pods if each not in wanted), reverse=True)
        for ordinal in condemned:
            if not is_deleted(pods[ordinal]):
                self.delete_pod(owner, pods[ordinal])
            if not is_parallel:
                return
        if not condemned:
            self._update(owner, pods, wanted)

    def _update(self, owner: Object, pods: Mapping[int, Object], wanted: Sequence[int]) -> None:
        """Replace the Pods of an older template, the highest ordinal first, down to `partition`."""
        strategy = spec(owner).get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return
        partition = int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
        revision = revision_of(owner)
        for ordinal in sorted(wanted, reverse=True):
            pod = pods.get(ordinal)
            if ordinal < partition or pod is None:
                return
            if pod.metadata.labels.get(REVISION_LABEL) != revision and not is_deleted(pod):
                self.delete_pod(owner, pod)
                return
            if is_deleted(pod) or not is_ready(pod):
                return

    def _pods(self, owner: Object) -> dict[int, Object]:
        found = ((_ordinal(owner, pod), pod) for pod in self.index.controlled(owner, "Pod"))
        return {ordinal: pod for ordinal, pod in found if ordinal >= 0}

    def _create(self, owner: Object, ordinal: int) -> None:
        name = f"{owner.name}-{ordinal}"
        body = pod_of_template(spec(owner)["template"], owner, name)
        labels = {**body["metadata"].get("labels", {}), REVISION_LABEL: revision_of(owner), NAME_LABEL: name}
        if self.version >= INDEX_LABEL_SINCE:
            labels[INDEX_LABEL] = str(ordinal)
        body["metadata"]["labels"] = labels
        service = spec(owner).get("serviceName")
        body["spec"] = {**body["spec"], "hostname": name, **({"subdomain": service} if service else {})}
        self.create_pod(owner, body)

    def _recreate(self, owner: Object, pod: Object) -> None:
        text = f"StatefulSet {owner.namespace}/{owner.name} is recreating {phase(pod)} Pod {pod.name}"
        reason = f"Recreating{phase(pod)}Pod"
        self.api.record_event(owner, "Warning", reason, text, self.component)
        self.delete_pod(owner, pod)

    def _write(self, owner: Object) -> None:
        pods = list(self._pods(owner).values())
        revision, now = revision_of(owner), self.now
        seconds = int(spec(owner).get("minReadySeconds") or 0)
        updated = [pod for pod in pods if pod.metadata.labels.get(REVISION_LABEL) == revision]
        before = str(status(owner).get("currentRevision") or "")
        is_done = len(updated) == len(pods) == spec_replicas(owner) and all(map(is_ready, updated))
        current = f"{owner.name}-{revision}" if is_done or not before else before
        made: dict[str, Any] = {
            "observedGeneration": int(metadata(owner).get("generation") or 1),
            "replicas": len(pods),
        }
        ready = [pod for pod in pods if is_ready(pod)]
        olds = [pod for pod in pods if f"{owner.name}-{pod.metadata.labels.get(REVISION_LABEL)}" == current]
        counts = {"readyReplicas": len(ready), "currentReplicas": len(olds), "updatedReplicas": len(updated)}
        made |= {key: count for key, count in counts.items() if count}
        made["currentRevision"], made["updateRevision"] = current, f"{owner.name}-{revision}"
        made["collisionCount"] = 0
        made["availableReplicas"] = sum(is_available(pod, seconds, now) for pod in ready)
        self.write_status(owner, made)


def _ordinal(owner: Object, pod: Object) -> int:
    """Return the number of a Pod in its StatefulSet; -1 if its name is none of its."""
    parent, _, number = pod.name.rpartition("-")
    return int(number) if parent == owner.name and number.isdecimal() else -1
