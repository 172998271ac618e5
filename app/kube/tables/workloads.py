"""The tables of Deployments, ReplicaSets, DaemonSets, StatefulSets. Source: printDeployment() ... of printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.bodies import mapping_at
from app.kube.tables.table import TABLES, Body, Table, View, columns
from app.kube.tables.text import containers, format_labels, format_selector, name, number

__all__ = ["daemon_set", "deployment", "replica_set", "stateful_set"]

WIDE = "CONTAINERS,IMAGES,SELECTOR"


def _desired(body: Body) -> str:
    return number(body, "spec", "replicas", default=1)


def _selector(body: Body) -> str:
    return format_selector(mapping_at(body, "spec", "selector"))


def deployment(body: Body, view: View) -> Sequence[str]:
    """Return NAME READY UP-TO-DATE AVAILABLE AGE and, wide, CONTAINERS IMAGES SELECTOR."""
    return (
        name(body),
        f"{number(body, 'status', 'readyReplicas')}/{_desired(body)}",
        number(body, "status", "updatedReplicas"),
        number(body, "status", "availableReplicas"),
        view.age(body),
        *containers(body),
        _selector(body),
    )


def replica_set(body: Body, view: View) -> Sequence[str]:
    """Return NAME DESIRED CURRENT READY AGE and, wide, CONTAINERS IMAGES SELECTOR."""
    current, ready = number(body, "status", "replicas"), number(body, "status", "readyReplicas")
    return name(body), _desired(body), current, ready, view.age(body), *containers(body), _selector(body)


def daemon_set(body: Body, view: View) -> Sequence[str]:
    """Return NAME DESIRED CURRENT READY UP-TO-DATE AVAILABLE NODE SELECTOR AGE, wide as a Deployment."""
    return (
        name(body),
        number(body, "status", "desiredNumberScheduled"),
        number(body, "status", "currentNumberScheduled"),
        number(body, "status", "numberReady"),
        number(body, "status", "updatedNumberScheduled"),
        number(body, "status", "numberAvailable"),
        format_labels(mapping_at(body, "spec", "template", "spec", "nodeSelector")),
        view.age(body),
        *containers(body),
        _selector(body),
    )


def stateful_set(body: Body, view: View) -> Sequence[str]:
    """Return NAME READY AGE and, wide, CONTAINERS IMAGES."""
    ready = f"{number(body, 'status', 'readyReplicas')}/{_desired(body)}"
    return name(body), ready, view.age(body), *containers(body)


TABLES.register("Deployment")(Table(columns("NAME,READY,UP-TO-DATE,AVAILABLE,AGE", wide=WIDE), deployment))
TABLES.register("ReplicaSet")(Table(columns("NAME,DESIRED,CURRENT,READY,AGE", wide=WIDE), replica_set))
TABLES.register("DaemonSet")(
    Table(columns("NAME,DESIRED,CURRENT,READY,UP-TO-DATE,AVAILABLE,NODE SELECTOR,AGE", wide=WIDE), daemon_set)
)
TABLES.register("StatefulSet")(Table(columns("NAME,READY,AGE", wide="CONTAINERS,IMAGES"), stateful_set))
