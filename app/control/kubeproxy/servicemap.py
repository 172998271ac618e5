"""From Services and EndpointSlices to service ports with their endpoints: the only thing that a proxy mode is fed.

Source: Kubernetes pkg/proxy/serviceport.go, endpoint.go, endpointslicecache.go, servicechangetracker.go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from app.kube.endpoints import HEADLESS_LABEL, EndpointSlice
from app.kube.services import TOPOLOGY_MODE, Service

OTHER_PROXY = "service.kubernetes.io/service-proxy-name"
"""A Service or slice with this label is another proxy's."""


@dataclass(frozen=True, slots=True)
class ProxyEndpoint:
    """One address and port behind a service port; `text` is IP:port, and the order of endpoints is that of the text."""

    address: IPv4Address
    port: int
    text: str
    node_name: str = ""
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    zones: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()

    @property
    def is_draining(self) -> bool:
        """Whether it still answers though its Pod is going away: used where nothing is ready."""
        return self.serving and self.terminating


@dataclass(frozen=True, slots=True)
class ProxyServicePort:
    """One port of a Service. `name` is NAMESPACE/NAME or NAMESPACE/NAME:PORT, `protocol` in small letters.

    `endpoints` are in the order of their texts; where two slices name one address, both are there (`has_doubles`).
    """

    name: str
    protocol: str
    cluster_ip: IPv4Address
    port: int
    node_port: int = 0
    external_ips: tuple[IPv4Address, ...] = ()
    load_balancer_ips: tuple[IPv4Address, ...] = ()
    source_ranges: tuple[IPv4Network, ...] = ()
    is_internal_local: bool = False
    is_external_local: bool = False
    affinity_seconds: int = 0
    health_check_node_port: int = 0
    topology_mode: str = ""
    endpoints: tuple[ProxyEndpoint, ...] = field(default=(), repr=False)
    has_doubles: bool = False

    @property
    def identity(self) -> tuple[object, ...]:
        """Everything but the endpoints, as a key."""
        return (
            self.name, self.protocol, self.cluster_ip, self.port, self.node_port, self.external_ips,
            self.load_balancer_ips, self.source_ranges, self.is_internal_local, self.is_external_local,
            self.affinity_seconds, self.health_check_node_port,
        )  # fmt: skip

    @property
    def is_externally_accessible(self) -> bool:
        """Whether anything but the ClusterIP leads to it."""
        return bool(self.node_port or self.load_balancer_ips or self.external_ips)

    @property
    def uses_cluster_endpoints(self) -> bool:
        """Whether endpoints anywhere may be used; Local external traffic too needs them for the node's own clients."""
        return not self.is_internal_local or self.is_externally_accessible

    @property
    def uses_local_endpoints(self) -> bool:
        """Whether some traffic may only go to endpoints of the node itself."""
        return self.is_internal_local or (self.is_external_local and self.is_externally_accessible)


ServiceName = str
"""NAMESPACE/NAME."""


def service_of(port: ProxyServicePort) -> ServiceName:
    """Return the Service that a service port is of."""
    return port.name.partition(":")[0]


PortKey = tuple[str, str, str, str]
"""Namespace, Service, port name, protocol."""


def service_ports(services: Iterable[Service], slices: Iterable[EndpointSlice]) -> tuple[ProxyServicePort, ...]:
    """Return every service port that a proxy handles, by namespace, name and port name.

    kube-proxy's own order is that of a Go map: none. Left out: headless Services, ExternalName, those without an
    IPv4 address, and those that are labelled as another proxy's.
    """
    endpoints = _endpoints(slices)
    found = [
        port
        for service in services
        if service.cluster_ip and service.type != "ExternalName" and OTHER_PROXY not in service.metadata.labels
        for port in _ports(service, service.cluster_ip, endpoints)
    ]
    return tuple(sorted(found, key=lambda port: (service_of(port), port.name, port.protocol)))


def _ports(
    service: Service, cluster_ip: IPv4Address, endpoints: Mapping[PortKey, Sequence[ProxyEndpoint]]
) -> Iterable[ProxyServicePort]:
    key = f"{service.namespace}/{service.name}"
    is_external = service.type in ("NodePort", "LoadBalancer") or bool(service.external_ips)
    for port in service.ports:
        behind = endpoints.get((service.namespace, service.name, port.name, port.protocol), ())
        yield ProxyServicePort(
            f"{key}:{port.name}" if port.name else key,
            port.protocol.lower(),
            cluster_ip,
            port.port,
            node_port=port.node_port,
            external_ips=service.external_ips,
            load_balancer_ips=service.load_balancer_ips if service.type == "LoadBalancer" else (),
            source_ranges=service.source_ranges if service.type == "LoadBalancer" else (),
            is_internal_local=service.internal_policy == "Local",
            is_external_local=service.external_policy == "Local" and is_external,
            affinity_seconds=service.affinity_seconds,
            health_check_node_port=service.health_check_node_port if service.needs_health_check else 0,
            topology_mode=service.metadata.annotations.get(TOPOLOGY_MODE, ""),
            endpoints=tuple(sorted(behind, key=lambda endpoint: endpoint.text)),
            has_doubles=len({endpoint.text for endpoint in behind}) < len(behind),
        )


def _endpoints(slices: Iterable[EndpointSlice]) -> Mapping[PortKey, Sequence[ProxyEndpoint]]:
    found: dict[PortKey, list[ProxyEndpoint]] = defaultdict(list)
    for each in slices:
        labels = each.metadata.labels
        if not each.service_name or each.address_type != "IPv4" or HEADLESS_LABEL in labels or OTHER_PROXY in labels:
            continue
        for port in each.ports:
            if port.port is not None:
                found[each.namespace, each.service_name, port.name, port.protocol] += [
                    ProxyEndpoint(
                        endpoint.address,
                        port.port,
                        f"{endpoint.address}:{port.port}",
                        endpoint.node_name,
                        endpoint.ready,
                        endpoint.serving,
                        endpoint.terminating,
                        endpoint.zones,
                        endpoint.nodes,
                    )
                    for endpoint in each.endpoints
                ]
    return found
