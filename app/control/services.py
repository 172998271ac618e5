"""The Services of a cluster file with their addresses and ports, and the Service default/kubernetes.

What the file asks for is given first, whatever stands before it. Source: Kubernetes
pkg/controlplane/controller/kubernetesservice.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.core.errors import ManifestError, raise_problems
from app.kube.allocation import Allocator, RangeFullError, Refusal
from app.kube.clusterfile import ClusterFile
from app.kube.objects import Key, Metadata
from app.kube.services import Service, ServicePort

KUBERNETES = Key("Service", "default", "kubernetes")
API_PORT = 443
API_TARGET_PORT = 6443


def cluster_services(cluster: ClusterFile) -> tuple[Service, ...]:
    """Return every Service with its addresses and ports, in file order, default/kubernetes first.

    `controllers: none` leaves the Services as they are. Problems: an address or port that cannot be had.
    """
    services = [*_kubernetes(cluster), *cluster.store.typed(Service)]
    if cluster.spec.controllers == "none":
        return tuple(services)
    allocator = Allocator(cluster.spec)
    raise_problems([_problem(service, refusal) for service in services for refusal in allocator.take(service)])
    return tuple(_filled(allocator, service) for service in services)


def _problem(service: Service, refusal: Refusal) -> ManifestError:
    whose = f" to {refusal.owner}" if refusal.owner else ""
    hint = "leave it out to get the next free one, or write controllers: none to keep a dump as it is"
    return ManifestError(f"Service {service.key}: {refusal.cause}{whose}", hint=hint, at=service.mark)


def _filled(allocator: Allocator, service: Service) -> Service:
    try:
        return allocator.fill(service)
    except RangeFullError as error:
        hint = "give a wider spec.serviceCIDR" if "address" in str(error) else ""
        raise ManifestError(f"Service {service.key}: {error}", hint=hint, at=service.mark) from None


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
