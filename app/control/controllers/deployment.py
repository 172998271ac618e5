"""The deployment controller: one ReplicaSet per Pod template, and the rollout from the old ones to the new one.

Source: Kubernetes pkg/controller/deployment (sync.go, rolling.go, recreate.go, progress.go, util/deployment_util.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.control import revisions
from app.control.conditions import condition
from app.control.deploymentstatus import Rollout, progressed, requeue_after_us, rollout_status, room_of, strategy_of
from app.control.manager import controllers
from app.control.ownership import (
    controller_key,
    controller_of,
    is_deleted,
    owner_reference,
    selector_of,
    spec,
    spec_replicas,
    status,
)
from app.control.podstate import is_terminal
from app.control.podtemplate import HASH_LABEL, template_hash
from app.control.reconciler import Reconciler
from app.control.rollout import Room, Share, grown, proportional, shrunk
from app.kube.bodies import with_metadata
from app.kube.objects import Key, Object
from app.kube.store import Event

COMPONENT = "deployment-controller"


@controllers.register("deployment")
class DeploymentController(Reconciler):
    """Makes, scales and retires the ReplicaSets of Deployments."""

    name = "deployment"
    kinds = ("Deployment", "ReplicaSet", "Pod")

    def keys(self, event: Event) -> Iterable[Key]:
        """A Deployment itself, that of a ReplicaSet; that of a Pod that is gone, for which Recreate waits."""
        given = event.object
        if given.kind == "Deployment":
            return (given.key,)
        if given.kind == "ReplicaSet":
            owner = controller_key(given, "Deployment")
            return (owner,) if owner else self._adopters(given)
        return self._recreated(given) if event.type == "DELETED" else ()

    def _adopters(self, found: Object) -> Iterable[Key]:
        if controller_of(found) is None:
            for each in self.store.list("Deployment", found.namespace):
                if selector_of(each).matches(found.metadata.labels):
                    yield each.key

    def _recreated(self, pod: Object) -> Iterable[Key]:
        key = controller_key(pod, "ReplicaSet")
        found = self.store.get("ReplicaSet", key.name, key.namespace) if key else None
        owner = controller_key(found, "Deployment") if found else None
        deployment = self.store.get("Deployment", owner.name, owner.namespace) if owner else None
        if deployment is not None and strategy_of(deployment) == "Recreate":
            yield deployment.key

    def reconcile(self, key: Key) -> None:
        """Take the next step of the rollout, and write the status."""
        deployment = self.store.get("Deployment", key.name, key.namespace)
        if deployment is None:
            return
        sets = self._claimed(deployment)
        new = revisions.current(deployment, sets)
        old = [each for each in sets if new is None or each.key != new.key]
        if is_deleted(deployment):
            self._write(deployment, Rollout.of(deployment, new, old))
            return
        if spec(deployment).get("paused") or self._is_scaled(deployment, sets):
            deployment = self._pause(deployment)
            new = self._synced(deployment, new, old) if new else None
            self._scale_all(deployment, new, old)
        elif strategy_of(deployment) == "Recreate":
            new = self._recreate(deployment, new, old)
        else:
            new = self._roll(deployment, new, old)
        self._finish(key)

    def _finish(self, key: Key) -> None:
        """Drop ReplicaSets beyond revisionHistoryLimit and write the status."""
        deployment = self.store.get("Deployment", key.name, key.namespace)
        if deployment is None:
            return
        sets = list(self.index.controlled(deployment, "ReplicaSet"))
        new = revisions.current(deployment, sets)
        old = [each for each in sets if new is None or each.key != new.key]
        rollout = Rollout.of(deployment, new, old)
        self._write(deployment, rollout)
        if rollout.is_complete or spec(deployment).get("paused"):
            for each in revisions.beyond_limit(deployment, old):
                self.api.delete("ReplicaSet", each.name, each.namespace)

    # -- which ReplicaSets there are

    def _claimed(self, deployment: Object) -> list[Object]:
        """Return the Deployment's ReplicaSets; those that it selects and nobody owns become its own."""
        for found in self.index.orphans("ReplicaSet", deployment.namespace, selector_of(deployment)):
            self.adopt(found, deployment)
        return list(self.index.controlled(deployment, "ReplicaSet"))

    def _is_scaled(self, deployment: Object, sets: Sequence[Object]) -> bool:
        """Whether spec.replicas was changed since the ReplicaSets were last written."""
        wanted = [each.metadata.annotations.get(revisions.DESIRED) for each in sets if spec_replicas(each)]
        return any(text is not None and text != str(spec_replicas(deployment)) for text in wanted)

    def _synced(self, deployment: Object, new: Object, old: Sequence[Object]) -> Object:
        """Write revision and annotations of the current ReplicaSet, and the revision of the Deployment."""
        revision = str(revisions.highest(old) + 1)
        room = room_of(deployment)
        body = revisions.annotated(deployment, new, revision, room.most)
        seconds = spec(deployment).get("minReadySeconds") or 0
        if (spec(new).get("minReadySeconds") or 0) != seconds:
            body = {**(body or new.body), "spec": {**spec(new), "minReadySeconds": seconds}}
        if body is not None:
            new = self.api.update(body)
        self._write_revision(deployment, new.metadata.annotations.get(revisions.REVISION, revision))
        if condition(deployment, "Progressing") is None:
            self._progress(deployment, "FoundNewReplicaSet", f'Found new replica set "{new.name}"')
        return new

    def _created(self, deployment: Object, old: Sequence[Object]) -> Object:
        """Make the ReplicaSet of the Deployment's template, as large as the strategy allows from the start."""
        revision = str(revisions.highest(old) + 1)
        room = room_of(deployment)
        body = self._body(deployment, revision, room)
        new = Share(body["metadata"]["name"], 0)
        is_recreated = strategy_of(deployment) == "Recreate"
        total = sum(map(spec_replicas, old))
        size = spec_replicas(deployment) if is_recreated else grown(room, new, total)
        body["spec"]["replicas"] = size
        made = self.api.create(body, deployment.namespace)
        if size:
            self._tell_scaled(deployment, made.name, 0, size, is_new=True)
        self._write_revision(deployment, revision)
        self._progress(deployment, "NewReplicaSetCreated", f'Created new replica set "{made.name}"')
        return made

    def _body(self, deployment: Object, revision: str, room: Room) -> dict[str, Any]:
        template = spec(deployment)["template"]
        collisions = int(status(deployment).get("collisionCount") or 0)
        digest = template_hash(template, collisions)
        while self.store.get("ReplicaSet", f"{deployment.name}-{digest}", deployment.namespace) is not None:
            collisions += 1
            digest = template_hash(template, collisions)
        labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH_LABEL: digest}
        selector = dict(spec(deployment).get("selector") or {})
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH_LABEL: digest}
        return {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{deployment.name}-{digest}",
                "namespace": deployment.namespace,
                "labels": labels,
                "annotations": revisions.described(deployment, {}, revision, room.most),
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {
                "replicas": 0,
                **({"minReadySeconds": seconds} if (seconds := spec(deployment).get("minReadySeconds")) else {}),
                "selector": selector,
                "template": {**template, "metadata": {**(template.get("metadata") or {}), "labels": labels}},
            },
        }

    # -- the strategies

    def _roll(self, deployment: Object, new: Object | None, old: Sequence[Object]) -> Object:
        """Grow the new ReplicaSet, or else shrink the old ones; one of both at a time."""
        new = self._synced(deployment, new, old) if new else self._created(deployment, old)
        room = room_of(deployment)
        total = spec_replicas(new) + sum(map(spec_replicas, old))
        wanted = min(spec_replicas(deployment), max(grown(room, _share(new), total), 0))
        if spec_replicas(new) > spec_replicas(deployment):
            wanted = spec_replicas(deployment)
        if self._scale(deployment, new, wanted):
            return new
        shares = [_share(each) for each in sorted(old, key=revisions.age)]
        sizes = shrunk(room, _share(new), shares)
        for each in old:
            if each.name in sizes:
                self._scale(deployment, each, sizes[each.name])
        return new

    def _recreate(self, deployment: Object, new: Object | None, old: Sequence[Object]) -> Object | None:
        """Take all old Pods down, wait until they are gone, then make the new ones."""
        scaled = [self._scale(deployment, each, 0) for each in old]
        pods = [pod for each in old for pod in self.index.controlled(each, "Pod") if not is_terminal(pod)]
        if any(scaled) or pods:
            return new
        if new is None:
            return self._created(deployment, old)
        new = self._synced(deployment, new, old)
        self._scale(deployment, new, spec_replicas(deployment))
        return new

    def _scale_all(self, deployment: Object, new: Object | None, old: Sequence[Object]) -> None:
        """Give a changed spec.replicas to the ReplicaSets: to the only one, or to each its share."""
        active = [each for each in old if spec_replicas(each)]
        only = new if not active else active[0] if len(active) == 1 and not (new and spec_replicas(new)) else None
        wanted = spec_replicas(deployment)
        if only is not None:
            self._scale(deployment, only, wanted)
        elif new is not None and revisions.is_saturated(deployment, new):
            for each in active:
                self._scale(deployment, each, 0)
        elif strategy_of(deployment) == "RollingUpdate":
            sets = [each for each in (new, *old) if each is not None and spec_replicas(each)]
            sets.sort(key=revisions.age, reverse=True)
            sizes = proportional(room_of(deployment), [_share(each) for each in sets])
            for each in sets:
                self._scale(deployment, each, sizes[each.name])

    def _scale(self, deployment: Object, found: Object, wanted: int) -> bool:
        """Write a ReplicaSet's spec.replicas and what it was written for; say whether the number changed."""
        before = spec_replicas(found)
        sizes = revisions.sizes(deployment, room_of(deployment).most)
        annotations = {**found.metadata.annotations, **sizes}
        if before == wanted and annotations == found.metadata.annotations:
            return False
        body = with_metadata(found.body, annotations=annotations)
        self.api.update({**body, "spec": {**spec(found), "replicas": wanted}})
        if before != wanted:
            self._tell_scaled(deployment, found.name, before, wanted)
        return before != wanted

    def _tell_scaled(self, deployment: Object, name: str, before: int, wanted: int, *, is_new: bool = False) -> None:
        """Record the event ScalingReplicaSet; it tells the former number since 1.25 (pull request 101142)."""
        verb = "up" if wanted > before else "down"
        version = self.version
        numbers = f"from {before} to {wanted}"
        if version < (1, 25) or (is_new and version < (1, 32)):
            numbers = f"to {wanted}"
        elif version < (1, 32):
            numbers = f"to {wanted} from {before}"
        text = f"Scaled {verb} replica set {name} {numbers}"
        self.api.record_event(deployment, "Normal", "ScalingReplicaSet", text, COMPONENT)

    # -- the status

    def _pause(self, deployment: Object) -> Object:
        """Note in the Progressing condition that the Deployment is paused, or goes on."""
        found = condition(deployment, "Progressing")
        reason = found.get("reason") if found else None
        is_paused = bool(spec(deployment).get("paused"))
        if reason != "ProgressDeadlineExceeded" and is_paused != (reason == "DeploymentPaused"):
            if is_paused:
                return self._progress(deployment, "DeploymentPaused", "Deployment is paused", "Unknown")
            return self._progress(deployment, "DeploymentResumed", "Deployment is resumed", "Unknown")
        return deployment

    def _progress(self, deployment: Object, reason: str, message: str, value: str = "True") -> Object:
        current = self.store.get("Deployment", deployment.name, deployment.namespace) or deployment
        self.write_status(current, progressed(current, reason, message, value, self.now))
        return self.store.get("Deployment", deployment.name, deployment.namespace) or deployment

    def _write_revision(self, deployment: Object, revision: str) -> None:
        current = self.store.get("Deployment", deployment.name, deployment.namespace) or deployment
        annotations: Mapping[str, str] = current.metadata.annotations
        if annotations.get(revisions.REVISION) != revision:
            self.api.update(with_metadata(current.body, annotations={**annotations, revisions.REVISION: revision}))

    def _write(self, deployment: Object, rollout: Rollout) -> None:
        made = rollout_status(deployment, rollout, self.now)
        self.write_status(deployment, made)
        wait = requeue_after_us(deployment, rollout, made, self.now)
        if wait is not None:
            self.again(deployment.key, wait)


def _share(found: Object) -> Share:
    most = found.metadata.annotations.get(revisions.MAXIMUM, "0")
    share = Share(found.name, spec_replicas(found), int(status(found).get("availableReplicas") or 0))
    return replace(share, max_replicas=int(most) if most.isdecimal() else 0)
