"""The endpoints controller: the older object, one per Service, all its addresses in one list of subsets.

Source: Kubernetes pkg/controller/endpoint/endpoints_controller.go, pkg/api/v1/endpoints (RepackSubsets).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, cast

from app.control.endpointslices import Ports, service_endpoints
from app.control.manager import controllers
from app.control.ownership import is_deleted, metadata
from app.control.podstate import is_terminal, pod_ip
from app.control.reconciler import Reconciler
from app.kube.endpoints import HEADLESS_LABEL, Endpoint
from app.kube.objects import Key, Pod
from app.kube.selectors import Selector
from app.kube.services import Service
from app.kube.store import Event

MANAGED_BY = "endpoints.kubernetes.io/managed-by"
MANAGER = "endpoint-controller"
MANAGED_BY_SINCE = (1, 33)


@controllers.register("endpoints")
class EndpointsController(Reconciler):
    """Keeps the Endpoints of Services with a selector."""

    name = "endpoints"
    kinds = ("Service", "Pod")
    needs_network = True

    def keys(self, event: Event) -> Iterable[Key]:
        """A Service itself, and every one that selects a Pod, or did."""
        return (event.object.key,) if event.object.kind == "Service" else self.index.services_touched(event)

    def reconcile(self, key: Key) -> None:
        """Write a Service's Endpoints; those of a Service that is gone go too."""
        service = self.find(key)
        before = self.store.get("Endpoints", key.name, key.namespace)
        if not isinstance(service, Service) or is_deleted(service):
            if before is not None and service is None:
                self.api.delete("Endpoints", key.name, key.namespace)
            return
        if not service.pod_selector or service.type == "ExternalName":
            return
        made = self._body(service)
        if before is None:
            self.api.create(made, key.namespace)
            return
        body = {**before.body, "metadata": {**metadata(before), "labels": made["metadata"]["labels"]}}
        body.pop("subsets", None)
        body |= {"subsets": made["subsets"]} if made["subsets"] else {}
        if not body["metadata"]["labels"]:
            del body["metadata"]["labels"]
        if body != before.body:
            self.api.update(body)

    def _body(self, service: Service) -> dict[str, Any]:
        labels = dict(service.metadata.labels)
        if service.is_headless:
            labels[HEADLESS_LABEL] = ""
        if self.version >= MANAGED_BY_SINCE:
            labels[MANAGED_BY] = MANAGER
        return {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": service.name, "namespace": service.namespace, "labels": labels},
            "subsets": self._subsets(service),
        }

    def _subsets(self, service: Service) -> list[dict[str, Any]]:
        pods = self.index.selected("Pod", service.namespace, cast("Selector", service.pod_selector))
        counted = [
            (pod, address)
            for pod in pods
            if isinstance(pod, Pod) and (address := pod_ip(pod)) is not None
            if not is_terminal(pod) and (not is_deleted(pod) or service.publish_not_ready)
        ]
        uids = {str(pod.key): str(metadata(pod).get("uid", "")) for pod, _ in counted}
        by_ports: defaultdict[Ports, list[Endpoint]] = defaultdict(list)
        for endpoint, ports in service_endpoints(service, counted, {}):
            by_ports[ports].append(endpoint)
        return [_subset(ports, found, uids) for ports, found in by_ports.items()]


def _subset(ports: Ports, endpoints: list[Endpoint], uids: Mapping[str, str]) -> dict[str, Any]:
    found = sorted(endpoints, key=lambda endpoint: endpoint.address)
    subset: dict[str, Any] = {}
    for key, ready in (("addresses", True), ("notReadyAddresses", False)):
        listed = [_address(endpoint, uids) for endpoint in found if endpoint.ready is ready]
        if listed:
            subset[key] = listed
    if ports:
        listed = [{"name": port.name, "port": port.port, "protocol": port.protocol} for port in ports]
        subset["ports"] = [{key: value for key, value in port.items() if value} for port in listed]
    return subset


def _address(endpoint: Endpoint, uids: Mapping[str, str]) -> dict[str, Any]:
    namespace, _, name = endpoint.target.partition("/")
    made: dict[str, Any] = {"ip": str(endpoint.address)}
    if endpoint.hostname:
        made["hostname"] = endpoint.hostname
    made["nodeName"] = endpoint.node_name
    target = {"kind": "Pod", "namespace": namespace, "name": name, "uid": uids.get(endpoint.target, "")}
    return {**made, "targetRef": target}
