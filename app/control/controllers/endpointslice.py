"""The endpointslice controller on the time axis: a Pod becomes ready, or is deleted, and the slices follow a lag later.

What stands in a slice is decided by app.control.endpointslices, as at time 0. A Service for which the cluster file
gives slices keeps those. Source: Kubernetes pkg/controller/endpointslice/endpointslice_controller.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from app.control.endpointslices import SELECTING, Ports, service_endpoints
from app.control.manager import controllers
from app.control.ownership import is_deleted
from app.control.podstate import is_terminal, pod_ip
from app.control.reconciler import Reconciler
from app.control.slicing import managed_slices, slice_changes
from app.kube.clusterspec import ZONE_LABEL
from app.kube.endpoints import SERVICE_NAME, Endpoint
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
        if not found.pod_selector or found.type == "ExternalName":
            return
        existing = managed_slices(self.index, key, SELECTING)
        slice_changes(found, self._wanted(found), existing, SELECTING).write(self.api)

    def _wanted(self, service: Service) -> Iterator[tuple[Endpoint, Ports]]:
        pods = self.index.selected("Pod", service.namespace, cast("Selector", service.pod_selector))
        placed = [
            (pod, address)
            for pod in pods
            if isinstance(pod, Pod) and not is_terminal(pod) and (address := pod_ip(pod)) is not None
        ]
        return service_endpoints(service, placed, self._zones(pod for pod, _ in placed))

    def _zones(self, pods: Iterable[Pod]) -> dict[str, str]:
        nodes = {name: self.store.get("Node", name) for name in {pod.node_name for pod in pods}}
        return {name: node.metadata.labels.get(ZONE_LABEL, "") for name, node in nodes.items() if node}


def _service_of(given: Object) -> Key:
    return Key("Service", given.namespace, given.metadata.labels.get(SERVICE_NAME, ""))
