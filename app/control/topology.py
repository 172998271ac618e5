"""The graph of a network: namespaces, interfaces, and what joins them; the stage is laid out from it.

    ("netns", NAME) --contains-- ("if", "NETNS:IFACE") --veth|port|wire|tunnel-- ("if", ...)

Built from the Network alone, at the moment of the call. The walk itself runs on the tables, never on this graph: an
edge says that a frame could pass here, not that a route leads here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import networkx as nx

from app.dataplane.devices.ipip import IpipDevice
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.interface import Interface
from app.dataplane.network import Network

Vertex: TypeAlias = tuple[Literal["netns", "if"], str]
EdgeKind: TypeAlias = Literal["contains", "veth", "port", "wire", "tunnel"]


def netns_vertex(name: str) -> Vertex:
    """Return the vertex of a namespace."""
    return ("netns", name)


def interface_vertex(interface: Interface) -> Vertex:
    """Return the vertex of an interface; its name is `NETNS:NAME`."""
    return ("if", interface.id)


def topology(network: Network, *, only_up: bool = False) -> nx.Graph[Vertex]:
    """Return the graph; every edge has `kind`, every interface `device` (its kind of device).

    `is_way` is False for edges that say where an interface lies but not that a frame can pass: a bridge port gives its
    frames to the bridge, not to the host; the switch between the nodes is no host at all.
    With `only_up`, interfaces that are down and edges to them are left out: what a packet can use now.
    """
    graph: nx.Graph[Vertex] = nx.Graph()
    for netns in network.namespaces.values():
        graph.add_node(netns_vertex(netns.name))
        for interface in netns.interfaces.values():
            if interface.up or not only_up:
                graph.add_node(interface_vertex(interface), device=interface.kind)
                is_way = interface.port is None and netns.is_tapped
                graph.add_edge(netns_vertex(netns.name), interface_vertex(interface), kind="contains", is_way=is_way)
    for one, other, kind in _links(network):
        if one in graph and other in graph:
            graph.add_edge(one, other, kind=kind, is_way=True)
    return graph


def _links(network: Network) -> Iterator[tuple[Vertex, Vertex, EdgeKind]]:
    devices: dict[tuple[object, int], VxlanDevice] = {}
    for netns in network.namespaces.values():
        for interface in netns.interfaces.values():
            if interface.master is not None:
                yield interface_vertex(interface.master), interface_vertex(interface), "port"
            if interface.peer is not None:
                kind: EdgeKind = "veth" if interface.kind == "veth" else "wire"
                yield interface_vertex(interface), interface_vertex(interface.peer), kind
            if isinstance(interface, VxlanDevice):
                devices[interface.local, interface.vni] = interface
    yield from _tunnels(devices)
    yield from _ipip_tunnels(network)


def _tunnels(devices: dict[tuple[object, int], VxlanDevice]) -> Iterator[tuple[Vertex, Vertex, EdgeKind]]:
    """Yield a tunnel for every VTEP that another one's FDB names."""
    for (_, vni), device in devices.items():
        for entry in device.fdb.entries():
            other = devices.get((entry.dst, vni))
            if other is not None:
                yield interface_vertex(device), interface_vertex(other), "tunnel"


def _ipip_tunnels(network: Network) -> Iterator[tuple[Vertex, Vertex, EdgeKind]]:
    """Yield a tunnel for every host with such a device that is the next hop of a route into another one's."""
    devices = [i for ns in network.namespaces.values() for i in ns.interfaces.values() if isinstance(i, IpipDevice)]
    owners = {a.interface.ip: d for d in devices for i in d.netns.interfaces.values() for a in i.addresses}
    for device in devices:
        for route in device.netns.fib.routes:
            other = owners.get(route.via) if route.via is not None and route.dev == device.name else None
            if other is not None:
                yield interface_vertex(device), interface_vertex(other), "tunnel"


def is_connected(graph: nx.Graph[Vertex], a: Vertex, b: Vertex) -> bool:
    """Say whether cables, bridges, tunnels and hosts join two vertices; a vertex that is not there joins nothing."""
    return a in graph and b in graph and nx.has_path(_ways(graph), a, b)


def path(graph: nx.Graph[Vertex], a: Vertex, b: Vertex) -> list[Vertex]:
    """Return a way from `a` to `b` with the fewest edges, both ends included; empty if there is none."""
    return nx.shortest_path(_ways(graph), a, b) if is_connected(graph, a, b) else []


def _ways(graph: nx.Graph[Vertex]) -> nx.Graph[Vertex]:
    """Return the view of the graph that a frame has."""
    return nx.subgraph_view(graph, filter_edge=lambda one, other: bool(graph.edges[one, other]["is_way"]))
