"""The endpointslice controller on the time axis: a Pod becomes ready, or is deleted, and the slices follow a lag later.

What stands in a slice is decided by app.control.endpointslices, as at time 0. A Service for which the cluster file
gives slices keeps those. Source: Kubernetes pkg/controller/endpointslice/endpointslice_controller.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, cast

from app.control.endpointslices import SELECTING, ZONE_LABEL, Ports, service_endpoints
from app.control.manager import controllers
from app.control.ownership import is_deleted, status
from app.control.podstate import is_terminal
from app.control.reconciler import Reconciler
from app.control.slicing import as_served, slice_changes
from app.kube.endpoints import MANAGED_BY, SERVICE_NAME, Endpoint, EndpointSlice
from app.kube.objects import Key, Object, Pod
from app.kube.selectors import Selector
from app.kube.services import Service
from app.kube.store import Event

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster


@controllers.register("endpointslice")
class EndpointSliceController(Reconciler):
    """Keeps the slices of Services with a selector."""

    name = "endpointslice"
    kinds = ("Service", "Pod", "EndpointSlice")
    needs_network = True

    def __init__(self, live: LiveCluster) -> None:
        super().__init__(live)
        self.delay_us = live.spec.lag.endpoint_slice
        self._given = {_service_of(each) for each in live.store.list("EndpointSlice")}

    def keys(self, event: Event) -> Iterable[Key]:
        """A Service itself, that of a slice, and every one that selects a Pod, or did."""
        given = event.object
        if given.kind == "Service":
            return (given.key,)
        if given.kind == "EndpointSlice":
            return (_service_of(given),)
        return self.index.services_touched(event)

    def reconcile(self, key: Key) -> None:
        """Write what differs between a Service's slices and its Pods."""
        found = self.find(key)
        if not isinstance(found, Service) or key in self._given or is_deleted(found):
            return
        existing = self._existing(key)
        if not found.pod_selector or found.type == "ExternalName":
            return
        changes = slice_changes(found, self._wanted(found), existing, SELECTING)
        for body in changes.created:
            self.api.create(as_served(body, self.version), key.namespace)
        for body in changes.updated:
            self.api.update(as_served(body, self.version))
        for each in changes.deleted:
            self.api.delete("EndpointSlice", each.name, each.namespace)

    def _existing(self, key: Key) -> list[EndpointSlice]:
        wanted = Selector.equal({SERVICE_NAME: key.name, MANAGED_BY: SELECTING})
        found = self.index.selected("EndpointSlice", key.namespace, wanted)
        return [each for each in found if isinstance(each, EndpointSlice) and not is_deleted(each)]

    def _wanted(self, service: Service) -> Iterator[tuple[Endpoint, Ports]]:
        pods = self.index.selected("Pod", service.namespace, cast("Selector", service.pod_selector))
        placed = [(pod, address) for pod in pods if (address := _address(pod)) and isinstance(pod, Pod)]
        return service_endpoints(service, placed, self._zones(pod for pod, _ in placed))

    def _zones(self, pods: Iterable[Pod]) -> dict[str, str]:
        nodes = {name: self.store.get("Node", name) for name in {pod.node_name for pod in pods}}
        return {name: node.metadata.labels.get(ZONE_LABEL, "") for name, node in nodes.items() if node}


def _service_of(given: Object) -> Key:
    return Key("Service", given.namespace, given.metadata.labels.get(SERVICE_NAME, ""))


def _address(pod: Object) -> IPv4Address | None:
    """Return the address of a Pod that can be an endpoint: it has one, a node, and has not ended."""
    text = status(pod).get("podIP")
    return IPv4Address(str(text)) if text and ":" not in str(text) and not is_terminal(pod) else None
