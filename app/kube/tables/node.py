"""The table of Nodes. Source: printNode(), findNodeRoles() and getNodeInternalIP() of printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.table import NONE, TABLES, Body, Table, View, columns
from app.kube.tables.text import name

__all__ = ["cells", "roles"]

ROLE_PREFIX = "node-role.kubernetes.io/"


def cells(body: Body, view: View) -> Sequence[str]:
    """Return NAME STATUS ROLES AGE VERSION and, wide, addresses, operating system, kernel and runtime."""
    info = mapping_at(body, "status", "nodeInfo")
    return (
        name(body),
        _status(body),
        ",".join(roles(body)) or NONE,
        view.age(body),
        str(info.get("kubeletVersion") or ""),
        _address(body, "InternalIP"),
        _address(body, "ExternalIP"),
        str(info.get("osImage") or "<unknown>"),
        str(info.get("kernelVersion") or "<unknown>"),
        str(info.get("containerRuntimeVersion") or "<unknown>"),
    )


def roles(body: Body) -> list[str]:
    """Return the roles that a node's labels name, sorted."""
    labels = mapping_at(body, "metadata", "labels")
    found = {key.removeprefix(ROLE_PREFIX) for key in labels if key.startswith(ROLE_PREFIX)}
    return sorted({*found, str(labels.get("kubernetes.io/role") or "")} - {""})


def _status(body: Body) -> str:
    ready = next((c.get("status") for c in list_at(body, "status", "conditions") if c.get("type") == "Ready"), None)
    text = "Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"
    return f"{text},SchedulingDisabled" if mapping_at(body, "spec").get("unschedulable") else text


def _address(body: Body, kind: str) -> str:
    return next((str(a["address"]) for a in list_at(body, "status", "addresses") if a.get("type") == kind), NONE)


TABLES.register("Node")(
    Table(
        columns(
            "NAME,STATUS,ROLES,AGE,VERSION",
            wide="INTERNAL-IP,EXTERNAL-IP,OS-IMAGE,KERNEL-VERSION,CONTAINER-RUNTIME",
        ),
        cells,
    )
)
