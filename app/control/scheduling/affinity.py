"""Taints and tolerations, node selectors and node affinity: what a Pod says about nodes, and nodes about Pods.

Source: component-helpers scheduling/corev1 (helpers.go, nodeaffinity); Kubernetes docs, Assigning Pods to Nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.objects import Object

Taint = Mapping[str, Any]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_NODE_AFFINITY = ("affinity", "nodeAffinity")
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def taints(node: Object) -> Sequence[Taint]:
    """Return a node's taints."""
    return [each for each in list_at(node.body, "spec", "taints") if isinstance(each, Mapping)]


def tolerates(tolerations: Iterable[Mapping[str, Any]], taint: Taint) -> bool:
    """Whether one of the tolerations tolerates a taint."""
    return any(_tolerates(each, taint) for each in tolerations)


def _tolerates(toleration: Mapping[str, Any], taint: Taint) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("key") and toleration["key"] != taint.get("key"):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    is_all = not toleration.get("key")
    return not is_all and str(toleration.get("value") or "") == str(taint.get("value") or "")


def tolerations_of(pod_spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return a Pod's tolerations."""
    return [each for each in list_at(pod_spec, "tolerations") if isinstance(each, Mapping)]


def untolerated(pod_spec: Mapping[str, Any], node: Object, effects: Sequence[str]) -> Taint | None:
    """Return the first taint of these effects that a Pod does not tolerate."""
    tolerations = tolerations_of(pod_spec)
    found = (taint for taint in taints(node) if taint.get("effect") in effects)
    return next((taint for taint in found if not tolerates(tolerations, taint)), None)


def matches_node(pod_spec: Mapping[str, Any], node: Object) -> bool:
    """Whether spec.nodeSelector and the required node affinity let a Pod run on a node."""
    wanted = mapping_at(pod_spec, "nodeSelector")
    if any(node.metadata.labels.get(key) != value for key, value in wanted.items()):
        return False
    required = value_at(pod_spec, *_NODE_AFFINITY, REQUIRED)
    return required is None or any(_matches_term(term, node) for term in list_at(required, "nodeSelectorTerms"))


def preference(pod_spec: Mapping[str, Any], node: Object) -> int:
    """Return the sum of the weights of the preferred terms that a node fulfils."""
    terms = list_at(pod_spec, *_NODE_AFFINITY, PREFERRED)
    return sum(
        int(value_at(each, "weight") or 0) for each in terms if _matches_term(mapping_at(each, "preference"), node)
    )


def _matches_term(term: object, node: Object) -> bool:
    """Whether all expressions of a term hold; a term without any selects no node."""
    labels, fields = list_at(term, "matchExpressions"), list_at(term, "matchFields")
    if not labels and not fields:
        return False
    return all(_holds(each, node.metadata.labels) for each in labels) and all(
        _holds(each, {"metadata.name": node.name}) for each in fields
    )


def _holds(expression: object, labels: Mapping[str, str]) -> bool:
    value, wanted = labels.get(str(value_at(expression, "key"))), list_at(expression, "values")
    match value_at(expression, "operator"):
        case "In":
            return value in wanted
        case "NotIn":
            return value not in wanted
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as operator:
            given, limit = _number(value), _number(next(iter(wanted), None))
            return given is not None and limit is not None and (given > limit if operator == "Gt" else given < limit)
    return False


def _number(text: object) -> int | None:
    try:
        return int(str(text))
    except ValueError:
        return None
