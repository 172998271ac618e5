"""The table of Services. Source: printService() and getServiceExternalIP() of printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.table import NONE, TABLES, Body, Table, View, columns
from app.kube.tables.text import format_labels, load_balancer, name

__all__ = ["cells", "port_text"]


def cells(body: Body, view: View) -> Sequence[str]:
    """Return NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE and, wide, SELECTOR."""
    spec = mapping_at(body, "spec")
    cluster_ips = list_at(spec, "clusterIPs") or [spec.get("clusterIP")]
    return (
        name(body),
        str(spec.get("type") or ""),
        str(cluster_ips[0] or NONE),
        _external_ip(body, view),
        ",".join(port_text(port) for port in list_at(spec, "ports")) or NONE,
        view.age(body),
        format_labels(mapping_at(spec, "selector")),
    )


def port_text(port: Body) -> str:
    """Return `80/TCP`, or `80:30080/TCP` with a node port."""
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port', 0)}{node_port}/{port.get('protocol') or ''}"


def _external_ip(body: Body, view: View) -> str:
    spec = mapping_at(body, "spec")
    external = ",".join(map(str, list_at(spec, "externalIPs")))
    kind = spec.get("type")
    if kind in ("ClusterIP", "NodePort"):
        return external or NONE
    if kind == "LoadBalancer":
        return ",".join(part for part in (load_balancer(body, view), external) if part) or "<pending>"
    return str(spec.get("externalName") or "") if kind == "ExternalName" else "<unknown>"


TABLES.register("Service")(Table(columns("NAME,TYPE,CLUSTER-IP,EXTERNAL-IP,PORT(S),AGE", wide="SELECTOR"), cells))
