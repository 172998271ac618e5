"""What the API server gives a Service when it is created: a ClusterIP, node ports, and the Service default/kubernetes.

Order, so that the same file always gives the same cluster (a real API server draws at random):

    ClusterIP   the next free address of serviceCIDR from its second on; dnsServiceIP only to who asks for it
    nodePort    the next free port from 30000 on; healthCheckNodePort likewise, after the node ports

What the file asks for is given first, whatever stands before it. Source: Kubernetes pkg/registry/core/service
(ipallocator, portallocator, storage/alloc.go), pkg/controlplane/controller/kubernetesservice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

from app.core.errors import ManifestError, PodwalkError, raise_problems
from app.kube.clusterfile import ClusterFile
from app.kube.objects import Key, Metadata
from app.kube.services import Service, ServicePort

KUBERNETES = Key("Service", "default", "kubernetes")
API_PORT = 443
API_TARGET_PORT = 6443
NODE_PORTS = range(30000, 32768)
"""kube-apiserver's --service-node-port-range."""


def cluster_services(cluster: ClusterFile) -> tuple[Service, ...]:
    """Return every Service with its addresses and ports, in file order, default/kubernetes first.

    `controllers: none` leaves the Services as they are. Problems: an address or port that cannot be had.
    """
    services = [*_kubernetes(cluster), *cluster.store.typed(Service)]
    if cluster.spec.controllers == "none":
        return tuple(services)
    allocator = _Allocator(cluster)
    for service in services:
        allocator.claim(service)
    raise_problems(allocator.problems)
    return tuple(allocator.fill(service) for service in services)


def _kubernetes(cluster: ClusterFile) -> Iterator[Service]:
    """Yield the API server's own Service unless the file gives it."""
    if cluster.store.get(KUBERNETES.kind, KUBERNETES.name, KUBERNETES.namespace) is not None:
        return
    address = cluster.spec.service_cidr.network_address + 1
    labels = {"component": "apiserver", "provider": "kubernetes"}
    port = ServicePort("https", "TCP", API_PORT, API_TARGET_PORT)
    body = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": KUBERNETES.name, "namespace": KUBERNETES.namespace, "labels": labels},
        "spec": {
            "type": "ClusterIP",
            "clusterIP": str(address),
            "clusterIPs": [str(address)],
            "ports": [{"name": "https", "port": API_PORT, "protocol": "TCP", "targetPort": API_TARGET_PORT}],
            "sessionAffinity": "None",
        },
    }
    yield Service(
        "Service",
        "v1",
        Metadata(KUBERNETES.name, KUBERNETES.namespace, labels),
        body,
        cluster.marks["spec", "serviceCIDR"],
        cluster_ip=address,
        cluster_ip_text=str(address),
        ports=(port,),
    )


class _Allocator:
    """Gives out addresses and ports: first `claim` for every Service, then `fill`."""

    def __init__(self, cluster: ClusterFile) -> None:
        self.network = cluster.spec.service_cidr
        self.problems: list[PodwalkError] = []
        self.addresses: dict[IPv4Address, Key] = {}
        self.ports: dict[int, Key] = {}
        self.free_addresses = self._free_addresses(cluster.spec.dns_service_ip)
        self.free_ports = (port for port in NODE_PORTS if port not in self.ports)

    def claim(self, service: Service) -> None:
        """Take what a Service asks for; record why it cannot be had."""
        if service.cluster_ip:
            self._claim_address(service, service.cluster_ip)
        claimed: set[tuple[int, str]] = set()
        for index, port in enumerate(service.ports):
            if port.node_port:
                self._claim_port(service, port.node_port, f"spec.ports[{index}].nodePort", (port.protocol, claimed))
        if service.health_check_node_port:
            self._claim_port(service, service.health_check_node_port, "spec.healthCheckNodePort", ("", claimed))

    def fill(self, service: Service) -> Service:
        """Return the Service with what it did not ask for by name."""
        if service.type == "ExternalName":
            return service
        address = service.cluster_ip
        if service.needs_cluster_ip:
            address = next(self.free_addresses, None)
            if address is None:
                raise ManifestError(
                    f"Service {service.key}: no address is left in serviceCIDR {self.network}",
                    hint="give a wider spec.serviceCIDR",
                    at=service.mark,
                )
            self.addresses[address] = service.key
        ports = self._node_ports(service)
        check = service.health_check_node_port or (self._port(service) if service.needs_health_check else 0)
        text = service.cluster_ip_text or str(address)
        filled = replace(service, cluster_ip=address, cluster_ip_text=text, ports=ports, health_check_node_port=check)
        return replace(filled, body=_body(filled))

    def _node_ports(self, service: Service) -> tuple[ServicePort, ...]:
        """Return the ports with node ports; TCP and UDP of one port number share one."""
        if not service.needs_node_ports:
            return service.ports
        by_number = {port.port: port.node_port for port in service.ports if port.node_port}
        found: list[ServicePort] = []
        used = {(port.protocol, port.node_port) for port in service.ports}
        for port in service.ports:
            node_port = port.node_port
            if not node_port:
                shared = by_number.get(port.port, 0)
                node_port = shared if shared and (port.protocol, shared) not in used else self._port(service)
            by_number.setdefault(port.port, node_port)
            used.add((port.protocol, node_port))
            found.append(replace(port, node_port=node_port))
        return tuple(found)

    def _port(self, service: Service) -> int:
        port = next(self.free_ports, None)
        if port is None:
            raise ManifestError(f"Service {service.key}: no node port is left in {_range()}", at=service.mark)
        self.ports[port] = service.key
        return port

    def _free_addresses(self, dns: IPv4Address) -> Iterator[IPv4Address]:
        for address in self.network.hosts():
            if address not in self.addresses and address not in (dns, self.network.network_address + 1):
                yield address

    def _claim_address(self, service: Service, address: IPv4Address) -> None:
        if address not in self.network:
            why = f"the provided IP ({address}) is not in the valid range. The range of valid IPs is {self.network}"
        elif address in self.addresses:
            why = f"provided IP is already allocated to {self.addresses[address]}"
        else:
            self.addresses[address] = service.key
            return
        self._refuse(service, f'spec.clusterIPs: Invalid value: ["{address}"]: failed to allocate IP {address}: {why}')

    def _claim_port(self, service: Service, port: int, field: str, how: tuple[str, set[tuple[int, str]]]) -> None:
        protocol, claimed = how
        if service.type == "ClusterIP" or (service.type == "ExternalName" and port):
            self._refuse(service, f"{field}: Forbidden: may not be used when `type` is '{service.type}'")
        elif port not in NODE_PORTS:
            why = f"provided port is not in the valid range. The range of valid ports is {_range()}"
            self._refuse(service, f"{field}: Invalid value: {port}: {why}")
        elif self.ports.get(port, service.key) != service.key or (port, protocol) in claimed:
            why = f"provided port is already allocated to {self.ports[port]}"
            self._refuse(service, f"{field}: Invalid value: {port}: {why}")
        else:
            self.ports[port] = service.key
            claimed.add((port, protocol))

    def _refuse(self, service: Service, why: str) -> None:
        hint = "leave it out to get the next free one, or write controllers: none to keep a dump as it is"
        self.problems.append(ManifestError(f"Service {service.key}: {why}", hint=hint, at=service.mark))


def _range() -> str:
    return f"{NODE_PORTS.start}-{NODE_PORTS.stop - 1}"


def _body(service: Service) -> dict[str, Any]:
    """Return the manifest as the API server would show it: with what was allocated."""
    spec = dict(service.body.get("spec", {}))
    given = spec.get("ports") or [{} for _ in service.ports]
    spec["type"] = service.type
    spec["clusterIP"] = service.cluster_ip_text
    spec["clusterIPs"] = spec.get("clusterIPs") or [service.cluster_ip_text]
    spec["ports"] = [
        {
            "protocol": port.protocol,
            "targetPort": port.target_port,
            **entry,
            **({"nodePort": port.node_port} if port.node_port else {}),
        }
        for entry, port in zip(given, service.ports, strict=True)
    ]
    if service.health_check_node_port:
        spec["healthCheckNodePort"] = service.health_check_node_port
    return {**service.body, "spec": spec}
