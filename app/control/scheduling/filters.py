"""The scheduler's filters and its words for why a Pod fits nowhere, by Kubernetes version.

    order since 1.20   unschedulable, node name, taints, node affinity, ports, resources
    order of 1.19      unschedulable, resources, node name, ports, node affinity, taints

The first filter that refuses a node gives its reason. Source: Kubernetes pkg/scheduler/framework/plugins (each
plugin's ErrReason), framework/types.go (FitError), algorithmprovider/registry.go of 1.19.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.control.scheduling.affinity import matches_node, tolerates, tolerations_of, untolerated
from app.control.scheduling.resources import Budget, Demand
from app.kube.bodies import mapping_at, value_at
from app.kube.objects import Object

Version = tuple[int, int]
UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
HARD = ("NoSchedule", "NoExecute")
_FEW = "Insufficient ", "Too many pods", "node(s) didn't have free ports"
"""Reasons that the removal of other Pods could mend."""


def refusals(pod: Object, node: Object, budget: Budget, wanted: Demand, version: Version) -> list[str]:
    """Return why a Pod cannot run on a node: the reasons of the first filter that refuses it; empty if none does."""
    spec = mapping_at(pod.body, "spec")
    checks: dict[str, Callable[[], list[str]]] = {
        "unschedulable": lambda: _unschedulable(spec, node),
        "taints": lambda: _taints(spec, node, version),
        "affinity": lambda: [] if matches_node(spec, node) else [_affinity_text(version)],
        "ports": lambda: [] if budget.has_ports(wanted) else [_PORTS],
        "resources": lambda: budget.short(wanted),
    }
    order = ("unschedulable", "taints", "affinity", "ports", "resources")
    if version < (1, 20):
        order = ("unschedulable", "resources", "ports", "affinity", "taints")
    return next((found for name in order if (found := checks[name]())), [])


_PORTS = "node(s) didn't have free ports for the requested pod ports"


def _unschedulable(spec: Mapping[str, Any], node: Object) -> list[str]:
    is_cordoned = value_at(node.body, "spec", "unschedulable") is True
    if is_cordoned and not tolerates(tolerations_of(spec), UNSCHEDULABLE):
        return ["node(s) were unschedulable"]
    return []


def _taints(spec: Mapping[str, Any], node: Object, version: Version) -> list[str]:
    taint = untolerated(spec, node, HARD)
    if taint is None:
        return []
    text = f"{{{taint.get('key')}: {taint.get('value') or ''}}}"
    if version < (1, 24):
        return [f"node(s) had taint {text}, that the pod didn't tolerate"]
    if version < (1, 35):
        return [f"node(s) had untolerated taint {text}"]
    return ["node(s) had untolerated taint(s)"]


def _affinity_text(version: Version) -> str:
    if version < (1, 20):
        return "node(s) didn't match node selector"
    return "node(s) didn't match Pod's node affinity" + ("/selector" if version >= (1, 21) else "")


def fit_error(reasons: Sequence[Sequence[str]], version: Version) -> str:
    """Return the message of FailedScheduling; `reasons` are those of every node."""
    if not reasons:
        return "no nodes available to schedule pods"
    total = len(reasons)
    text = f"0/{total} nodes are available: {_histogram(reason for found in reasons for reason in found)}."
    if version < (1, 24):
        return text
    helped = Counter(_helped(found) for found in reasons)
    preemption = f"preemption: 0/{total} nodes are available: {_histogram(helped.elements())}."
    claims = "no new claims to deallocate, " if version >= (1, 34) else ""
    return f"{text} {claims}{preemption}"


def _histogram(reasons: Any) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in Counter(reasons).items()))


def _helped(found: Sequence[str]) -> str:
    """Return what preemption says of a node: nothing here has a priority, so there is never a victim."""
    if all(reason.startswith(_FEW) for reason in found):
        return "No preemption victims found for incoming pod"
    return "Preemption is not helpful for scheduling"
