"""What a Pod asks of a node: CPU, memory, ports; and what a node has to give.

Source: Kubernetes docs, Resource Management for Pods and Containers; component-helpers resource/helpers.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.nodestatus import PODS
from app.kube.objects import Object
from app.kube.quantity import Quantity


def amount(quantity: object) -> Decimal:
    """Return a resource quantity (`100m`, `200Mi`, 2) as a number; one that is none counts as 0."""
    value = Quantity.parse(str(quantity)).value
    return Decimal(value.numerator) / value.denominator


@dataclass(slots=True)
class Demand:
    """What one Pod asks for: resources by name, and ports of the node's own namespace."""

    resources: dict[str, Decimal] = field(default_factory=dict)
    ports: frozenset[tuple[str, int]] = frozenset()


def demand(pod: Object) -> Demand:
    """Return what a Pod asks for: the sum of its containers, or what one init container needs if that is more."""
    total: dict[str, Decimal] = {}
    for container in list_at(pod.body, "spec", "containers"):
        for name, quantity in _requests(container).items():
            total[name] = total.get(name, Decimal(0)) + quantity
    for container in list_at(pod.body, "spec", "initContainers"):
        for name, quantity in _requests(container).items():
            total[name] = max(total.get(name, Decimal(0)), quantity)
    return Demand(total, frozenset(_host_ports(pod)))


def _requests(container: object) -> dict[str, Decimal]:
    """Return a container's requests; what has only a limit asks for that."""
    limits, requests = (mapping_at(container, "resources", key) for key in ("limits", "requests"))
    return {name: amount(text) for name, text in {**limits, **requests}.items()}


def _host_ports(pod: Object) -> Iterable[tuple[str, int]]:
    on_host = value_at(pod.body, "spec", "hostNetwork") is True
    for container in list_at(pod.body, "spec", "containers"):
        for port in list_at(container, "ports"):
            number = value_at(port, "hostPort") or (value_at(port, "containerPort") if on_host else None)
            if isinstance(number, int):
                yield str(value_at(port, "protocol") or "TCP"), number


@dataclass(slots=True)
class Budget:
    """What a node can give, and what its Pods have taken. A resource that `limits` does not name has no end."""

    limits: dict[str, Decimal]
    most_pods: int
    used: dict[str, Decimal] = field(default_factory=dict)
    ports: dict[tuple[str, int], int] = field(default_factory=dict)
    pods: int = 0

    @classmethod
    def of(cls, node: Object) -> Budget:
        """Return the empty budget of a node: its status.allocatable."""
        given = mapping_at(node.body, "status", "allocatable")
        limits = {name: amount(text) for name, text in given.items() if name != "pods"}
        return cls(limits, int(amount(given.get("pods", PODS))))

    def take(self, wanted: Demand, sign: int = 1) -> None:
        """Count a Pod in, or with `sign` -1 out."""
        self.pods += sign
        for name, quantity in wanted.resources.items():
            self.used[name] = self.used.get(name, Decimal(0)) + sign * quantity
        for port in wanted.ports:
            self.ports[port] = self.ports.get(port, 0) + sign

    def short(self, wanted: Demand) -> list[str]:
        """Return why a Pod does not fit, in the scheduler's words; empty if it does."""
        found = ["Too many pods"] if self.pods + 1 > self.most_pods else []
        for name, quantity in wanted.resources.items():
            limit = self.limits.get(name)
            if (limit is None and "/" in name and quantity) or (
                limit is not None and quantity > limit - self.used.get(name, Decimal(0))
            ):
                found.append(f"Insufficient {name}")
        return found

    def has_ports(self, wanted: Demand) -> bool:
        """Whether the ports of the node that a Pod asks for are free."""
        return not any(self.ports.get(port, 0) > 0 for port in wanted.ports)

    def share_left(self, name: str, wanted: Demand) -> Decimal:
        """Return the part of a resource, 0 to 1, that would be left with the Pod."""
        limit = self.limits.get(name)
        if not limit:
            return Decimal(1)
        used = self.used.get(name, Decimal(0)) + wanted.resources.get(name, Decimal(0))
        return max(Decimal(0), 1 - used / limit)
