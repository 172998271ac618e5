"""The table of Pods. Source: printPod() of pkg/printers/internalversion/printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.age import ago, nanoseconds
from app.kube.tables.podstatus import PodStatus, pod_status
from app.kube.tables.table import NONE, TABLES, Body, Table, View, columns
from app.kube.tables.text import name

__all__ = ["cells"]

RESTARTS_WITH_AGE = (1, 23)
"""Since then RESTARTS tells when the last restart was: `1 (5m ago)`."""


def cells(body: Body, view: View) -> Sequence[str]:
    """Return NAME READY STATUS RESTARTS AGE and, wide, IP, NODE, NOMINATED NODE, READINESS GATES."""
    spec, status = mapping_at(body, "spec"), mapping_at(body, "status")
    found = pod_status(body)
    addresses = [entry.get("ip") for entry in list_at(status, "podIPs")] or [status.get("podIP")]
    return (
        name(body),
        f"{found.ready}/{found.total}",
        found.reason,
        _restarts(found, view),
        view.age(body),
        addresses[0] or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _gates(spec, status),
    )


def _restarts(found: PodStatus, view: View) -> str:
    if not found.restarts or nanoseconds(found.last_restart) is None or view.version < RESTARTS_WITH_AGE:
        return str(found.restarts)
    return f"{found.restarts} ({ago(found.last_restart, view.now)})"


def _gates(spec: Body, status: Body) -> str:
    gates = [gate.get("conditionType") for gate in list_at(spec, "readinessGates")]
    true = {c.get("type") for c in list_at(status, "conditions") if c.get("status") == "True"}
    return f"{sum(gate in true for gate in gates)}/{len(gates)}" if gates else NONE


TABLES.register("Pod")(
    Table(columns("NAME,READY,STATUS,RESTARTS,AGE", wide="IP,NODE,NOMINATED NODE,READINESS GATES"), cells)
)
