"""The table of Pods. Source: printPod() of pkg/printers/internalversion/printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.tables.age import ago, nanoseconds
from app.kube.tables.podstatus import PodStatus, pod_status
from app.kube.tables.table import NONE, TABLES, Body, Table, View, columns, items, mapping

__all__ = ["cells"]

RESTARTS_WITH_AGE = (1, 23)
"""Since then RESTARTS tells when the last restart was: `1 (5m ago)`."""


def cells(body: Body, view: View) -> Sequence[str]:
    """Return NAME READY STATUS RESTARTS AGE and, wide, IP, NODE, NOMINATED NODE, READINESS GATES."""
    spec, status = mapping(body, "spec"), mapping(body, "status")
    found = pod_status(body)
    addresses = [entry.get("ip") for entry in items(status, "podIPs")] or [status.get("podIP")]
    return (
        str(mapping(body, "metadata").get("name", "")),
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
    gates = [gate.get("conditionType") for gate in items(spec, "readinessGates")]
    true = {c.get("type") for c in items(status, "conditions") if c.get("status") == "True"}
    return f"{sum(gate in true for gate in gates)}/{len(gates)}" if gates else NONE


TABLES.register("Pod")(
    Table(columns("NAME,READY,STATUS,RESTARTS,AGE", wide="IP,NODE,NOMINATED NODE,READINESS GATES"), cells)
)
