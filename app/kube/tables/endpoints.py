"""The tables of Endpoints and EndpointSlices. Source: formatEndpoints(), formatDiscoveryEndpoints() of printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.bodies import list_at
from app.kube.tables.table import NONE, TABLES, Body, Table, View, columns
from app.kube.tables.text import name, with_more

__all__ = ["cells", "format_endpoints", "slice_cells"]


def cells(body: Body, view: View) -> Sequence[str]:
    """Return NAME ENDPOINTS AGE."""
    return name(body), format_endpoints(body), view.age(body)


def format_endpoints(body: Body) -> str:
    """Return the sockets of all subsets: `10.2.1.3:80,10.2.1.4:80`; a subset without ports shows addresses."""
    texts: list[str] = []
    for subset in list_at(body, "subsets"):
        addresses = [str(address.get("ip", "")) for address in list_at(subset, "addresses")]
        ports = [str(port.get("port", 0)) for port in list_at(subset, "ports")]
        if not ports:
            texts += addresses
        texts += [f"[{a}]:{port}" if ":" in a else f"{a}:{port}" for port in ports for a in addresses]
    return with_more(texts, "" if list_at(body, "subsets") else NONE)


def slice_cells(body: Body, view: View) -> Sequence[str]:
    """Return NAME ADDRESSTYPE PORTS ENDPOINTS AGE of an EndpointSlice."""
    ports = [str(port.get("port") or port.get("name") or "*") for port in list_at(body, "ports")]
    addresses = [str(address) for endpoint in list_at(body, "endpoints") for address in list_at(endpoint, "addresses")]
    return (
        name(body),
        str(body.get("addressType") or ""),
        with_more(ports, "<unset>"),
        with_more(addresses, "<unset>"),
        view.age(body),
    )


TABLES.register("Endpoints")(Table(columns("NAME,ENDPOINTS,AGE"), cells))
TABLES.register("EndpointSlice")(Table(columns("NAME,ADDRESSTYPE,PORTS,ENDPOINTS,AGE"), slice_cells))
