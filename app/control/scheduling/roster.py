"""The nodes as the scheduler sees them: what is left on each, and how many Pods of one owner each has.

Kept up to date Pod by Pod, so that placing a thousand of them does not count them a thousand times. Scores follow
Kubernetes pkg/scheduler/framework/plugins (weights of the default profile): taints 3, node affinity 2, spreading 2,
resources left 1. Of the best the one with the fewest Pods is taken, then the first in the order of nodes; the real
scheduler draws.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.control.ownership import controller_of, spec
from app.control.podstate import is_terminal
from app.control.scheduling.affinity import preference, taints, tolerates, tolerations_of
from app.control.scheduling.filters import Version, refusals
from app.control.scheduling.resources import Budget, Demand, demand
from app.kube.objects import Key, Object

_FULL = 100


class Roster:
    """Every node with its budget."""

    def __init__(self) -> None:
        self.nodes: dict[str, Object] = {}
        self._budgets: dict[str, Budget] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._placed: dict[Key, tuple[str, str, Demand]] = {}

    def put_node(self, node: Object) -> None:
        """Take a new or changed node in."""
        old, new = self._budgets.get(node.name), Budget.of(node)
        if old is not None:
            new.used, new.ports, new.pods = old.used, old.ports, old.pods
        self.nodes[node.name], self._budgets[node.name] = node, new

    def drop_node(self, name: str) -> None:
        """Forget a node."""
        self.nodes.pop(name, None)
        self._budgets.pop(name, None)

    def put_pod(self, pod: Object) -> None:
        """Take a new or changed Pod in: one that is on a node, until its containers have ended."""
        node = str(spec(pod).get("nodeName") or "")
        if pod.key in self._placed and self._placed[pod.key][0] == node and not is_terminal(pod):
            return
        self.drop_pod(pod.key)
        if node and not is_terminal(pod):
            self._place(pod, node, 1)

    def drop_pod(self, key: Key) -> None:
        """Forget a Pod."""
        placed = self._placed.pop(key, None)
        if placed is not None:
            node, owner, wanted = placed
            self._budget(node).take(wanted, -1)
            self._counts[node, owner] -= 1

    def _place(self, pod: Object, node: str, sign: int) -> None:
        wanted, owner = demand(pod), _owner(pod)
        self._budget(node).take(wanted, sign)
        self._counts[node, owner] += sign
        self._placed[pod.key] = (node, owner, wanted)

    def _budget(self, node: str) -> Budget:
        return self._budgets.setdefault(node, Budget({}, 0))

    def reasons(self, pod: Object, version: Version) -> dict[str, list[str]]:
        """Return, for every node, why a Pod cannot run there; empty where it can."""
        wanted = demand(pod)
        return {name: refusals(pod, node, self._budgets[name], wanted, version) for name, node in self.nodes.items()}

    def best(self, pod: Object, feasible: list[str]) -> str:
        """Return the best of some nodes for a Pod."""
        scores = self._scores(pod, feasible)
        order = {name: place for place, name in enumerate(self.nodes)}
        return min(feasible, key=lambda name: (-scores[name], self._budgets[name].pods, order[name]))

    def _scores(self, pod: Object, feasible: list[str]) -> dict[str, Decimal]:
        pod_spec, wanted, owner = spec(pod), demand(pod), _owner(pod)
        soft = {name: _soft_taints(pod_spec, self.nodes[name]) for name in feasible}
        likes = {name: preference(pod_spec, self.nodes[name]) for name in feasible}
        crowd = {name: self._counts[name, owner] if owner else 0 for name in feasible}
        scores: dict[str, Decimal] = {}
        for name in feasible:
            budget = self._budgets[name]
            left = (budget.share_left("cpu", wanted) + budget.share_left("memory", wanted)) / 2
            scores[name] = (
                3 * _falling(soft[name], max(soft.values()))
                + 2 * _rising(likes[name], max(likes.values()))
                + 2 * _falling(crowd[name], max(crowd.values()))
                + _FULL * left
            )
        return scores


def _falling(value: int, most: int) -> Decimal:
    return Decimal(_FULL) if most == 0 else Decimal(_FULL * (most - value)) / most


def _rising(value: int, most: int) -> Decimal:
    return Decimal(0) if most == 0 else Decimal(_FULL * value) / most


def _soft_taints(pod_spec: Mapping[str, Any], node: Object) -> int:
    known = tolerations_of(pod_spec)
    return sum(taint.get("effect") == "PreferNoSchedule" and not tolerates(known, taint) for taint in taints(node))


def _owner(pod: Object) -> str:
    reference = controller_of(pod)
    return str(reference.get("uid", "")) if reference else ""
