"""What the API server gives a Service: a ClusterIP, node ports, a health check port.

Order, so that the same requests always give the same cluster (a real API server draws at random):

    ClusterIP   the next free address of serviceCIDR from its second on; dnsServiceIP only to who asks for it
    nodePort    the next free port from 30000 on; healthCheckNodePort likewise, after the node ports

Source: Kubernetes pkg/registry/core/service (ipallocator, portallocator, storage/alloc.go, storage/storage.go).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.clusterspec import ClusterSpec
from app.kube.objects import Key
from app.kube.services import Service, ServicePort
from app.kube.status import Cause

NODE_PORTS = range(30000, 32768)
"""kube-apiserver's --service-node-port-range."""
PORT_RANGE = f"{NODE_PORTS.start}-{NODE_PORTS.stop - 1}"


class RangeFullError(Exception):
    """No address or port is left; the text says which."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a Service cannot have what it asks for; `owner` is the Service that has it (None: nobody can have it)."""

    cause: Cause
    owner: Key | None = None


class Allocator:
    """Who has which address and port. `take` what is asked for, then `fill` the rest, `release` what is gone."""

    def __init__(self, spec: ClusterSpec) -> None:
        self.network = spec.service_cidr
        self._kept_back = (spec.dns_service_ip, spec.service_cidr.network_address + 1)
        self._addresses: dict[IPv4Address, Key] = {}
        self._ports: dict[int, Key] = {}
        self._next_address = self._free_addresses()
        self._next_port = self._free_ports()

    def take(self, service: Service) -> list[Refusal]:
        """Take what a Service names; return why it cannot be had."""
        refusals: list[Refusal] = []
        if service.cluster_ip:
            refusals += self._take_address(service, service.cluster_ip)
        taken: set[tuple[int, str]] = set()
        for index, port in enumerate(service.ports):
            if port.node_port:
                field = f"spec.ports[{index}].nodePort"
                refusals += self._take_port(service, port.node_port, field, port.protocol, taken)
        if service.health_check_node_port:
            refusals += self._take_port(service, service.health_check_node_port, "spec.healthCheckNodePort", "", taken)
        return refusals

    def release(self, service: Service) -> None:
        """Give back what a Service has."""
        if service.cluster_ip and self._addresses.get(service.cluster_ip) == service.key:
            del self._addresses[service.cluster_ip]
        for number in (*(port.node_port for port in service.ports), service.health_check_node_port):
            if number and self._ports.get(number) == service.key:
                del self._ports[number]

    def fill(self, service: Service) -> Service:
        """Return a Service with what it did not ask for by name. RangeFullError: nothing is left."""
        if service.type == "ExternalName":
            return service
        address = service.cluster_ip
        if service.needs_cluster_ip:
            address = self._address(service.key)
        ports = self._filled_ports(service)
        check = service.health_check_node_port or (self._port(service.key) if service.needs_health_check else 0)
        text = service.cluster_ip_text or str(address)
        filled = replace(service, cluster_ip=address, cluster_ip_text=text, ports=ports, health_check_node_port=check)
        return replace(filled, body=_filled_body(filled))

    def _filled_ports(self, service: Service) -> tuple[ServicePort, ...]:
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
                is_free = shared and (port.protocol, shared) not in used
                node_port = shared if is_free else self._port(service.key)
            by_number.setdefault(port.port, node_port)
            used.add((port.protocol, node_port))
            found.append(replace(port, node_port=node_port))
        return tuple(found)

    def _address(self, key: Key) -> IPv4Address:
        address = next(self._next_address, None)
        if address is None:
            self._next_address = self._free_addresses()
            address = next(self._next_address, None)
        if address is None:
            raise RangeFullError(f"no address is left in serviceCIDR {self.network}")
        self._addresses[address] = key
        return address

    def _port(self, key: Key) -> int:
        port = next(self._next_port, None)
        if port is None:
            self._next_port = self._free_ports()
            port = next(self._next_port, None)
        if port is None:
            raise RangeFullError(f"no node port is left in {PORT_RANGE}")
        self._ports[port] = key
        return port

    def _free_addresses(self) -> Iterator[IPv4Address]:
        for address in self.network.hosts():
            if address not in self._addresses and address not in self._kept_back:
                yield address

    def _free_ports(self) -> Iterator[int]:
        return (port for port in NODE_PORTS if port not in self._ports)

    def _take_address(self, service: Service, address: IPv4Address) -> Iterator[Refusal]:
        owner = self._addresses.get(address)
        if address not in self.network:
            why = f"the provided IP ({address}) is not in the valid range. The range of valid IPs is {self.network}"
        elif owner is not None and owner != service.key:
            why = "provided IP is already allocated"
        else:
            self._addresses[address] = service.key
            return
        text = f'Invalid value: ["{address}"]: failed to allocate IP {address}: {why}'
        yield Refusal(Cause("spec.clusterIPs", text), owner)

    def _take_port(
        self, service: Service, port: int, field: str, protocol: str, taken: set[tuple[int, str]]
    ) -> Iterator[Refusal]:
        owner = self._ports.get(port)
        if service.type in ("ClusterIP", "ExternalName"):
            text = f"Forbidden: may not be used when `type` is '{service.type}'"
            yield Refusal(Cause(field, text, "FieldValueForbidden"))
        elif port not in NODE_PORTS:
            why = f"provided port is not in the valid range. The range of valid ports is {PORT_RANGE}"
            yield Refusal(Cause(field, f"Invalid value: {port}: {why}"))
        elif (owner is not None and owner != service.key) or (port, protocol) in taken:
            yield Refusal(Cause(field, f"Invalid value: {port}: provided port is already allocated"), owner)
        else:
            self._ports[port] = service.key
            taken.add((port, protocol))


def _filled_body(service: Service) -> dict[str, Any]:
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


def carried(body: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return a changed Service's body with what it has been given before, or without what its new type cannot have.

    Source: storage/storage.go, patchAllocatedValues(); strategy.go, dropTypeDependentFields().
    """
    old, spec = mapping_at(before, "spec"), dict(mapping_at(body, "spec"))
    had, wants = str(old.get("type", "ClusterIP")), str(spec.get("type", "ClusterIP"))
    if "ExternalName" not in (had, wants):
        _carry(spec, old, "clusterIP", "clusterIPs")
    elif wants == "ExternalName":
        _drop(spec, old, "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy")
    ports = list_at(old, "ports")
    if wants in ("NodePort", "LoadBalancer"):
        _each_port(spec, lambda port: _with_node_port(port, ports))
    elif had in ("NodePort", "LoadBalancer"):
        numbers = {mapping_at(port).get("nodePort") for port in ports}
        _each_port(spec, lambda port: _without_node_port(port, numbers))
        _drop(spec, old, "externalTrafficPolicy")
    if wants != "LoadBalancer" and had == "LoadBalancer":
        _drop(spec, old, "healthCheckNodePort", "allocateLoadBalancerNodePorts", "loadBalancerClass")
    elif wants == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local":
        _carry(spec, old, "healthCheckNodePort")
    return {**body, "spec": spec}


def _carry(spec: dict[str, Any], old: Mapping[str, Any], *names: str) -> None:
    if not spec.get(names[0]):
        for name in names:
            if name in old:
                spec[name] = old[name]


def _drop(spec: dict[str, Any], old: Mapping[str, Any], *names: str) -> None:
    """Take out what the change left as it was."""
    for name in names:
        if spec.get(name) == old.get(name):
            spec.pop(name, None)


def _each_port(spec: dict[str, Any], change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    if isinstance(ports := spec.get("ports"), list):
        spec["ports"] = [change(port) if isinstance(port, Mapping) else port for port in ports]


def _with_node_port(port: Mapping[str, Any], old: list[Any]) -> Mapping[str, Any]:
    if port.get("nodePort"):
        return port
    for each in old:
        was = mapping_at(each)
        if was.get("nodePort") and (was.get("port"), was.get("protocol")) == (port.get("port"), port.get("protocol")):
            return {**port, "nodePort": was["nodePort"]}
    return port


def _without_node_port(port: Mapping[str, Any], old: set[Any]) -> Mapping[str, Any]:
    if port.get("nodePort") in old:
        return {name: value for name, value in port.items() if name != "nodePort"}
    return port
