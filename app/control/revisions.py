"""Which ReplicaSet is a Deployment's current one, and the annotations that number and describe them all.

Source: Kubernetes pkg/controller/deployment/util/deployment_util.go (FindNewReplicaSet, SetNewReplicaSetAnnotations,
MaxRevision, IsSaturated), sync.go (cleanupDeployment).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.control.ownership import is_deleted, metadata, spec, spec_replicas, status
from app.control.podtemplate import without_hash
from app.kube.bodies import with_metadata
from app.kube.objects import Object

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
NOT_COPIED = frozenset([LAST_APPLIED, REVISION, HISTORY, DESIRED, MAXIMUM])
HISTORY_LIMIT = 10


def age(found: Object) -> tuple[str, int, str]:
    """Return what sorts ReplicaSets, the oldest first; of one moment, the one of the lower revision."""
    return str(metadata(found).get("creationTimestamp") or ""), revision(found), found.name


def revision(found: Object) -> int:
    """Return a ReplicaSet's revision, 0 if it has none."""
    text = found.metadata.annotations.get(REVISION, "0")
    return int(text) if text.isdecimal() else 0


def highest(sets: Iterable[Object]) -> int:
    """Return the highest revision of some ReplicaSets."""
    return max(map(revision, sets), default=0)


def current(deployment: Object, sets: Sequence[Object]) -> Object | None:
    """Return the ReplicaSet whose template is the Deployment's; the oldest, should there be several."""
    wanted = without_hash(spec(deployment).get("template") or {})
    same = [each for each in sets if without_hash(spec(each).get("template") or {}) == wanted]
    return min(same, key=age, default=None)


def sizes(deployment: Object, most: int) -> dict[str, str]:
    """Return the annotations that say for which spec.replicas a ReplicaSet was scaled."""
    return {DESIRED: str(spec_replicas(deployment)), MAXIMUM: str(most)}


def described(deployment: Object, before: Mapping[str, str], number: str, most: int) -> dict[str, str]:
    """Return the annotations of the current ReplicaSet: the Deployment's, and those of its revision.

    A ReplicaSet that becomes current again gets a new number; the former ones stay in its history.
    """
    copied = {key: text for key, text in deployment.metadata.annotations.items() if key not in NOT_COPIED}
    made = {**before, **copied, **sizes(deployment, most)}
    former = before.get(REVISION, "")
    if not former or (former.isdecimal() and int(former) < int(number)):
        made[REVISION] = number
        if former:
            made[HISTORY] = f"{before[HISTORY]},{former}" if before.get(HISTORY) else former
    return made


def annotated(deployment: Object, found: Object, number: str, most: int) -> dict[str, Any] | None:
    """Return the body of the current ReplicaSet with its annotations; None where nothing changes."""
    made = described(deployment, found.metadata.annotations, number, most)
    # For which size it was made is written when it is scaled, not before: a changed spec.replicas shows by it.
    for key in (DESIRED, MAXIMUM):
        if key in found.metadata.annotations:
            made[key] = found.metadata.annotations[key]
    return None if made == found.metadata.annotations else with_metadata(found.body, annotations=made)


def is_saturated(deployment: Object, found: Object) -> bool:
    """Whether a ReplicaSet has all the replicas that the Deployment wants, and they are available."""
    wanted = spec_replicas(deployment)
    available = int(status(found).get("availableReplicas") or 0)
    return found.metadata.annotations.get(DESIRED) == str(wanted) == str(spec_replicas(found)) == str(available)


def beyond_limit(deployment: Object, old: Sequence[Object]) -> list[Object]:
    """Return the old ReplicaSets that revisionHistoryLimit leaves no place for, the oldest revision first."""
    given = spec(deployment).get("revisionHistoryLimit")
    limit = HISTORY_LIMIT if given is None else int(given)
    known = sorted((each for each in old if not is_deleted(each)), key=revision)
    return [each for each in known[: max(0, len(known) - limit)] if _is_empty(each)]


def _is_empty(found: Object) -> bool:
    observed = int(status(found).get("observedGeneration") or 0)
    is_seen = int(metadata(found).get("generation") or 0) <= observed
    return spec_replicas(found) == 0 and not status(found).get("replicas") and is_seen
