"""Which endpoints of a service port one node uses: traffic policies, topology hints, terminating ones as a fallback.

Source: Kubernetes pkg/proxy/topology.go, CategorizeEndpoints(); KEP-1669 (terminating), KEP-2433 (hints), KEP-3015
(prefer same zone or node).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.control.kubeproxy.servicemap import ProxyEndpoint, ProxyServicePort

Endpoints = tuple[ProxyEndpoint, ...]
TopologyMode = Literal["", "PreferSameZone", "PreferSameNode"]


@dataclass(frozen=True, slots=True)
class Place:
    """What of a node decides: its name and its label topology.kubernetes.io/zone ("" if it has none)."""

    node_name: str
    zone: str = ""


@dataclass(frozen=True, slots=True)
class VersionRules:
    """What a version of kube-proxy makes of hints and of terminating endpoints.

    `zones`: it reads zone hints (1.24); `annotated_only`: and only where the Service is annotated topology-mode Auto
    (until 1.30); `nodes`: it reads node hints (1.34). `draining`: where nothing is ready, it falls back to endpoints
    that are terminating and still serve (1.26).
    """

    zones: bool = True
    annotated_only: bool = False
    nodes: bool = True
    draining: bool = True

    @classmethod
    def of(cls, version: tuple[int, int]) -> VersionRules:
        """Return the rules of a Kubernetes version."""
        return cls(version >= (1, 24), version < (1, 31), version >= (1, 34), version >= (1, 26))


@dataclass(frozen=True, slots=True)
class Categorized:
    """`cluster` for traffic that may go anywhere, `local` for traffic that must stay; `reachable` is their union.

    `has_any`: the Service has a usable endpoint on some node, perhaps none for this one.
    """

    cluster: Endpoints = ()
    local: Endpoints = ()
    reachable: Endpoints = ()
    has_any: bool = False


def categorize(port: ProxyServicePort, place: Place, version: VersionRules) -> Categorized:
    """Return the endpoints that the node at `place` uses for a service port, in their order."""
    endpoints = _distinct(port, place)
    if not version.draining:
        endpoints = tuple(endpoint for endpoint in endpoints if endpoint.ready)
    mode = _topology_mode(port, endpoints, place, version) if port.uses_cluster_endpoints else ""
    cluster: Endpoints = ()
    if port.uses_cluster_endpoints:
        cluster = _ready_or_draining(endpoints, _near(mode, place))
    local: Endpoints = ()
    if port.uses_local_endpoints:
        local = _ready_or_draining([e for e in endpoints if e.node_name == place.node_name])
    chosen = {endpoint.text for endpoint in (*cluster, *local)}
    has_any = bool(cluster) or (
        port.uses_local_endpoints and any(endpoint.ready or endpoint.is_draining for endpoint in endpoints)
    )
    return Categorized(cluster, local, tuple(e for e in endpoints if e.text in chosen), has_any)


def is_same_everywhere(port: ProxyServicePort) -> bool:
    """Whether every node uses the same endpoints for this service port."""
    has_hints = any(endpoint.zones or endpoint.nodes for endpoint in port.endpoints)
    return not (port.uses_local_endpoints or port.has_doubles or has_hints)


def _distinct(port: ProxyServicePort, place: Place) -> Endpoints:
    """Where several slices name one address, the one that says it is on this node counts, else the first."""
    if not port.has_doubles:
        return port.endpoints
    found: dict[str, ProxyEndpoint] = {}
    for endpoint in port.endpoints:
        if endpoint.text not in found or endpoint.node_name == place.node_name:
            found[endpoint.text] = endpoint
    return tuple(found.values())


def _ready_or_draining(
    endpoints: Sequence[ProxyEndpoint], wanted: Callable[[ProxyEndpoint], bool] | None = None
) -> Endpoints:
    ready = tuple(endpoint for endpoint in endpoints if endpoint.ready and (wanted is None or wanted(endpoint)))
    return ready or tuple(endpoint for endpoint in endpoints if endpoint.is_draining)


def _near(mode: TopologyMode, place: Place) -> Callable[[ProxyEndpoint], bool] | None:
    if mode == "PreferSameNode":
        return lambda endpoint: place.node_name in endpoint.nodes
    if mode == "PreferSameZone":
        return lambda endpoint: place.zone in endpoint.zones
    return None


def _topology_mode(port: ProxyServicePort, endpoints: Endpoints, place: Place, version: VersionRules) -> TopologyMode:
    """Return which hints count: only where every ready endpoint has one and at least one is for this node."""
    ready = [endpoint for endpoint in endpoints if endpoint.ready]
    if not ready or not version.zones or (version.annotated_only and port.topology_mode.lower() != "auto"):
        return ""
    if version.nodes and all(e.nodes for e in ready) and any(place.node_name in e.nodes for e in ready):
        return "PreferSameNode"
    if all(e.zones for e in ready) and any(place.zone in e.zones for e in ready):
        return "PreferSameZone"
    return ""
