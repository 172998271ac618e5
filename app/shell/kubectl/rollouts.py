"""How far a rollout is, in the words of `kubectl rollout status`; the revisions of a Deployment.

Source: kubectl pkg/polymorphichelpers/rollout_status.go, history.go, rollback.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.control.ownership import is_controlled_by
from app.control.revisions import revision
from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.objects import Object
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.errors import error

__all__ = ["progress", "replica_sets"]

Body = Mapping[str, Any]


def progress(given: Object, wanted: int) -> tuple[str, bool]:
    """Return what is said of a rollout, and whether it is over. CommandError: it failed, or is of another revision."""
    body, kind = given.body, given.kind
    if kind == "Deployment":
        return _deployment(given, wanted)
    if kind == "DaemonSet":
        return _daemon_set(body)
    if kind == "StatefulSet":
        return _stateful_set(body)
    raise error(f"no status viewer has been implemented for {kind}")


def _number(body: Body, *path: str) -> int:
    return int(value_at(body, *path) or 0)


def _is_observed(body: Body) -> bool:
    return _number(body, "metadata", "generation") <= _number(body, "status", "observedGeneration")


def _deployment(given: Object, wanted_revision: int) -> tuple[str, bool]:
    body = given.body
    name = value_at(body, "metadata", "name")
    waiting = f'Waiting for deployment "{name}" rollout to finish:'
    if wanted_revision and wanted_revision != (running := revision(given)):
        raise error(f"desired revision ({wanted_revision}) is different from the running revision ({running})")
    if not _is_observed(body):
        return "Waiting for deployment spec update to be observed...\n", False
    conditions = list_at(body, "status", "conditions")
    if any(
        each.get("type") == "Progressing" and each.get("reason") == "ProgressDeadlineExceeded" for each in conditions
    ):
        raise error(f'deployment "{name}" exceeded its progress deadline')
    wanted, updated = _number(body, "spec", "replicas"), _number(body, "status", "updatedReplicas")
    replicas, available = _number(body, "status", "replicas"), _number(body, "status", "availableReplicas")
    if updated < wanted:
        return f"{waiting} {updated} out of {wanted} new replicas have been updated...\n", False
    if replicas > updated:
        return f"{waiting} {replicas - updated} old replicas are pending termination...\n", False
    if available < updated:
        return f"{waiting} {available} of {updated} updated replicas are available...\n", False
    return f'deployment "{name}" successfully rolled out\n', True


def _daemon_set(body: Body) -> tuple[str, bool]:
    name = value_at(body, "metadata", "name")
    waiting = f'Waiting for daemon set "{name}" rollout to finish:'
    if value_at(body, "spec", "updateStrategy", "type") != "RollingUpdate":
        raise error("rollout status is only available for RollingUpdate strategy type")
    if not _is_observed(body):
        return "Waiting for daemon set spec update to be observed...\n", False
    wanted = _number(body, "status", "desiredNumberScheduled")
    updated, available = _number(body, "status", "updatedNumberScheduled"), _number(body, "status", "numberAvailable")
    if updated < wanted:
        return f"{waiting} {updated} out of {wanted} new pods have been updated...\n", False
    if available < wanted:
        return f"{waiting} {available} of {wanted} updated pods are available...\n", False
    return f'daemon set "{name}" successfully rolled out\n', True


def _stateful_set(body: Body) -> tuple[str, bool]:
    strategy = mapping_at(body, "spec", "updateStrategy")
    if strategy.get("type") != "RollingUpdate":
        raise error("rollout status is only available for RollingUpdate strategy type")
    if not _number(body, "status", "observedGeneration") or not _is_observed(body):
        return "Waiting for statefulset spec update to be observed...\n", False
    wanted, ready = _number(body, "spec", "replicas"), _number(body, "status", "readyReplicas")
    if ready < wanted:
        return f"Waiting for {wanted - ready} pods to be ready...\n", False
    updated, new = _number(body, "status", "updatedReplicas"), value_at(body, "status", "updateRevision")
    partition = value_at(strategy, "rollingUpdate", "partition")
    if "rollingUpdate" in strategy:
        if partition is not None and updated < wanted - partition:
            return (
                f"Waiting for partitioned roll out to finish: {updated} out of {wanted - partition} new pods have been "
                "updated...\n"
            ), False
        return f"partitioned roll out complete: {updated} new pods have been updated...\n", True
    if new != value_at(body, "status", "currentRevision"):
        return f"waiting for statefulset rolling update to complete {updated} pods at revision {new}...\n", False
    current, at = _number(body, "status", "currentReplicas"), value_at(body, "status", "currentRevision")
    return f"statefulset rolling update complete {current} pods at revision {at}...\n", True


def replica_sets(call: KubectlCall, deployment: Object) -> dict[int, Object]:
    """Return the ReplicaSets of a Deployment by revision, in order."""
    sets = call.api.list("ReplicaSet", deployment.namespace)
    by_revision = {revision(each): each for each in sets if is_controlled_by(each, deployment) and revision(each)}
    return dict(sorted(by_revision.items()))
