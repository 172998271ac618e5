"""The tables of Endpoints and EndpointSlices. Source: formatEndpoints(), formatDiscoveryEndpoints() of printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.tables.table import NONE, TABLES, Body, Table, View, columns, items
from app.kube.tables.text import name, with_more

__all__ = ["cells", "format_endpoints", "slice_cells"]


def cells(body: Body, view: View) -> Sequence[str]:
    """Return NAME ENDPOINTS AGE."""
    return name(body), format_endpoints(body), view.age(body)


def format_endpoints(body: Body) -> str:
    """Return the sockets of all subsets: `10.2.1.3:80,10.2.1.4:80`; a subset without ports shows addresses."""
    texts: list[str] = []
    for subset in items(body, "subsets"):
        addresses = [str(address.get("ip", "")) for address in items(subset, "addresses")]
        ports = [str(port.get("port", 0)) for port in items(subset, "ports")]
        if not ports:
            texts += addresses
        texts += [f"[{a}]:{port}" if ":" in a else f"{a}:{port}" for port in ports for a in addresses]
    return with_more(texts, "" if items(body, "subsets") else NONE)


def slice_cells(body: Body, view: View) -> Sequence[str]:
    """Return NAME ADDRESSTYPE PORTS ENDPOINTS AGE of an EndpointSlice."""
    ports = [str(port.get("port") or port.get("name") or "*") for port in items(body, "ports")]
    addresses = [str(address) for endpoint in items(body, "endpoints") for address in items(endpoint, "addresses")]
    return (
        name(body),
        str(body.get("addressType") or ""),
        with_more(ports, "<unset>"),
        with_more(addresses, "<unset>"),
        view.age(body),
    )


TABLES.register("Endpoints")(Table(columns("NAME,ENDPOINTS,AGE"), cells))
TABLES.register("EndpointSlice")(Table(columns("NAME,ADDRESSTYPE,PORTS,ENDPOINTS,AGE"), slice_cells))
