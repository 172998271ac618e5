"""The endpointslice controller: which Pods stand behind a Service, and in which state.

    Service selector + Pods   -> EndpointSlices of at most 100 endpoints, one list of ports each
    Endpoints given by hand   -> mirrored, where the Service has no selector
    default/kubernetes        -> the control-plane nodes' API servers

A Service for which the file gives EndpointSlices keeps exactly those. `controllers: none` makes none at all (but that
of default/kubernetes). Source: Kubernetes staging/src/k8s.io/endpointslice (reconciler.go, utils.go, trafficdist),
pkg/controller/endpointslicemirroring, pkg/controlplane/reconcilers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any

from app.control.conditions import condition
from app.control.ownership import ObjectIndex, is_deleted, owner_reference, spec
from app.control.podstate import is_terminal
from app.control.services import API_TARGET_PORT, KUBERNETES
from app.kube.bodies import derived_suffix, list_at, value_at
from app.kube.clusterfile import ClusterFile
from app.kube.clusterspec import ZONE_LABEL
from app.kube.endpoints import (
    HEADLESS_LABEL,
    MANAGED_BY,
    SERVICE_NAME,
    Endpoint,
    EndpointPort,
    Endpoints,
    EndpointSlice,
)
from app.kube.objects import Key, Metadata, Pod
from app.kube.services import Service

SLICE_ENDPOINTS = 100
"""kube-controller-manager's --max-endpoints-per-slice."""
SELECTING = "endpointslice-controller.k8s.io"
MIRRORING = "endpointslicemirroring-controller.k8s.io"
SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"

Ports = tuple[EndpointPort, ...]


def cluster_endpoint_slices(
    cluster: ClusterFile,
    services: Sequence[Service],
    index: ObjectIndex,
    addresses: Mapping[Key, IPv4Address],
    addons: Collection[Key] = (),
) -> tuple[EndpointSlice, ...]:
    """Return every EndpointSlice: those of the file, then those that the controllers make, in the Services' order.

    `index` is that of the cluster's store. `addresses` are the Pods' own, by key; a Pod without one is no endpoint.
    `addons` are objects of addons: their Services get slices even under `controllers: none`.
    """
    given = cluster.store.typed(EndpointSlice)
    served = {(each.namespace, each.service_name) for each in given}
    missing = [service for service in services if (service.namespace, service.name) not in served]
    return (*given, *_made(cluster, missing, index, addresses, addons))


def _made(
    cluster: ClusterFile,
    services: Sequence[Service],
    index: ObjectIndex,
    addresses: Mapping[Key, IPv4Address],
    addons: Collection[Key],
) -> Iterator[EndpointSlice]:
    acts = cluster.spec.controllers == "all"
    zones = {node.name: node.metadata.labels.get(ZONE_LABEL, "") for node in cluster.nodes}
    mirrored = {each.key: each for each in cluster.store.typed(Endpoints)} if acts else {}
    is_given = cluster.store.get(KUBERNETES.kind, KUBERNETES.name, KUBERNETES.namespace) is not None
    for service in services:
        by_hand = mirrored.get(Key("Endpoints", service.namespace, service.name))
        if (acts or service.key in addons) and service.pod_selector and service.type != "ExternalName":
            pods = [
                (pod, address)
                for pod in index.selected("Pod", service.namespace, service.pod_selector)
                if isinstance(pod, Pod) and (address := addresses.get(pod.key)) and (acts or pod.key in addons)
            ]
            alive = ((pod, address) for pod, address in pods if not is_terminal(pod))
            yield from _slices(service, service_endpoints(service, alive, zones))
        elif by_hand and by_hand.metadata.labels.get(SKIP_MIRROR) != "true":
            yield from _slices(service, mirrored_endpoints(by_hand), MIRRORING)
        elif service.key == KUBERNETES and (acts or not is_given):
            yield _api_servers(cluster, service)


def is_serving(pod: Pod) -> bool:
    """Whether a Pod is ready: its Ready condition where its status is given, else a running Pod is.

    Source: pkg/api/v1/pod/util.go, IsPodReady().
    """
    found = condition(pod, "Ready")
    if found is not None:
        return found.get("status") == "True"
    return value_at(pod.body, "status", "phase") in (None, "Running")


def service_endpoints(
    service: Service, pods: Iterable[tuple[Pod, IPv4Address]], zones: Mapping[str, str]
) -> Iterator[tuple[Endpoint, Ports]]:
    """Yield the Pods that a Service selects as endpoints, each with the ports that it has there.

    `zones` are the nodes' zones by name.
    """
    for pod, address in pods:
        yield _endpoint(service, pod, address, zones.get(pod.node_name, "")), _pod_ports(service, pod)


def _endpoint(service: Service, pod: Pod, address: IPv4Address, zone: str) -> Endpoint:
    """Return a Pod as an endpoint. Source: endpointslice/utils.go, podToEndpoint()."""
    serving = is_serving(pod)
    terminating = is_deleted(pod)
    ready = service.publish_not_ready or (serving and not terminating)
    zones, nodes = _hints(service, pod, zone) if ready else (frozenset[str](), frozenset[str]())
    given = spec(pod)
    hostname = str(given.get("hostname", "")) if given.get("subdomain") == service.name else ""
    return Endpoint(
        address, ready, serving, terminating, pod.node_name, zone, hostname, zones, nodes, f"{pod.namespace}/{pod.name}"
    )


def _hints(service: Service, pod: Pod, zone: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return zone and node hints of trafficDistribution (KEP-3015). topology-mode Auto is not modelled."""
    wanted = service.traffic_distribution
    zones = frozenset([zone]) if zone and wanted in ("PreferClose", "PreferSameZone", "PreferSameNode") else frozenset()
    return zones, frozenset([pod.node_name]) if wanted == "PreferSameNode" else frozenset()


def _pod_ports(service: Service, pod: Pod) -> Ports:
    """Return the Service's ports on a Pod; a named target port that no container of it has is left out.

    Source: pkg/api/v1/pod/util.go, FindPort().
    """
    found = []
    for port in service.ports:
        number = port.target_port if isinstance(port.target_port, int) else _named(pod, port.target_port, port.protocol)
        if number:
            found.append(EndpointPort(port.name, port.protocol, number))
    return tuple(found)


def _named(pod: Pod, name: str, protocol: str) -> int:
    if name.isascii() and name.isdecimal():
        return _in_range(int(name[:6]))
    for container in list_at(pod.body, "spec", "containers"):
        for port in list_at(container, "ports"):
            if isinstance(port, Mapping) and (port.get("name"), port.get("protocol", "TCP")) == (name, protocol):
                return _in_range(port.get("containerPort"))
    return 0


def _in_range(number: object) -> int:
    """Return a port number, 0 for what is none: what the API server would have refused leads nowhere."""
    return number if type(number) is int and 0 < number < 65536 else 0


def mirrored_endpoints(given: Endpoints) -> Iterator[tuple[Endpoint, Ports]]:
    """Yield the endpoints of the older object, each with its ports."""
    for subset in given.subsets:
        for endpoint in (*subset.ready, *subset.not_ready):
            yield endpoint, subset.ports


def _slices(
    service: Service, endpoints: Iterable[tuple[Endpoint, Ports]], manager: str = SELECTING
) -> Iterator[EndpointSlice]:
    """Yield the slices of a Service: endpoints with the same ports together. One without endpoints has one, empty."""
    by_ports: dict[Ports, list[Endpoint]] = defaultdict(list)
    for endpoint, ports in endpoints:
        by_ports[ports].append(endpoint)
    number = 0
    for ports, found in (by_ports or {(): []}).items():
        for start in range(0, max(len(found), 1), SLICE_ENDPOINTS):
            name = slice_name(service, number)
            yield endpoint_slice(service, name, manager, tuple(found[start : start + SLICE_ENDPOINTS]), ports)
            number += 1


def slice_name(service: Service, number: int) -> str:
    """Return the name of a Service's slice: its own, and five letters that are derived, not drawn."""
    return f"{service.name}-{derived_suffix(f'{service.key}/{number}')}"


def endpoint_slice(
    service: Service, name: str, manager: str, endpoints: tuple[Endpoint, ...], ports: Ports
) -> EndpointSlice:
    """Return a slice of a Service as its controller writes it; the Service owns it."""
    labels = {**service.metadata.labels, SERVICE_NAME: service.name, MANAGED_BY: manager}
    if service.is_headless:
        labels[HEADLESS_LABEL] = ""
    metadata = Metadata(name, service.namespace, labels)
    body = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": service.namespace, "labels": labels, **_owned_by(service)},
        "addressType": "IPv4",
        "endpoints": [_endpoint_body(endpoint) for endpoint in endpoints],
        "ports": [{"name": port.name, "port": port.port, "protocol": port.protocol} for port in ports],
    }
    return EndpointSlice(
        "EndpointSlice", "discovery.k8s.io/v1", metadata, body, service.mark, endpoints=endpoints, ports=ports
    )


def _owned_by(service: Service) -> dict[str, Any]:
    has_identity = value_at(service.body, "metadata", "uid") is not None
    return {"ownerReferences": [owner_reference(service)]} if has_identity else {}


def _endpoint_body(endpoint: Endpoint) -> dict[str, Any]:
    body: dict[str, Any] = {"addresses": [str(endpoint.address)]}
    body["conditions"] = {
        "ready": endpoint.ready,
        "serving": endpoint.serving,
        "terminating": endpoint.terminating,
    }
    for key, value in (("nodeName", endpoint.node_name), ("zone", endpoint.zone), ("hostname", endpoint.hostname)):
        body |= {key: value} if value else {}
    hints = {"forZones": endpoint.zones, "forNodes": endpoint.nodes}
    if any(hints.values()):
        body["hints"] = {key: [{"name": name} for name in sorted(names)] for key, names in hints.items() if names}
    if endpoint.target:
        namespace, _, name = endpoint.target.partition("/")
        body["targetRef"] = {"kind": "Pod", "name": name, "namespace": namespace}
    return body


def _api_servers(cluster: ClusterFile, service: Service) -> EndpointSlice:
    """Return the slice that the API servers keep themselves: every control-plane node, without its name.

    Source: pkg/controlplane/reconcilers/endpointsadapter.go. It is named after the Service, without a suffix.
    """
    endpoints = tuple(Endpoint(node.ip) for node in cluster.nodes if node.is_control_plane)
    ports = (EndpointPort("https", "TCP", API_TARGET_PORT),)
    made = endpoint_slice(service, service.name, "", endpoints, ports)
    labels = {SERVICE_NAME: service.name}
    body = {**made.body, "metadata": {"name": service.name, "namespace": service.namespace, "labels": labels}}
    metadata = Metadata(service.name, service.namespace, labels)
    return EndpointSlice("EndpointSlice", made.api_version, metadata, body, made.mark, endpoints=endpoints, ports=ports)


def api_servers_endpoints(cluster: ClusterFile) -> dict[str, Any]:
    """Return the Endpoints that the API servers keep beside their slice; they are not mirrored."""
    addresses = [{"ip": str(node.ip)} for node in cluster.nodes if node.is_control_plane]
    port = {"name": "https", "port": API_TARGET_PORT, "protocol": "TCP"}
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": KUBERNETES.name, "namespace": KUBERNETES.namespace, "labels": {SKIP_MIRROR: "true"}},
        "subsets": [{"addresses": addresses, "ports": [port]}],
    }
