"""The endpointslicemirroring controller: Endpoints that somebody wrote for a Service without a selector, as slices.

Source: Kubernetes pkg/controller/endpointslicemirroring.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.control.endpointslices import MIRRORING, SKIP_MIRROR, mirrored_endpoints
from app.control.manager import controllers
from app.control.ownership import is_deleted
from app.control.reconciler import Reconciler
from app.control.slicing import as_served, slice_changes
from app.kube.endpoints import MANAGED_BY, SERVICE_NAME, Endpoints, EndpointSlice
from app.kube.objects import Key
from app.kube.selectors import Selector
from app.kube.services import Service
from app.kube.store import Event


@controllers.register("endpointslicemirroring")
class EndpointSliceMirroringController(Reconciler):
    """Copies Endpoints into EndpointSlices."""

    name = "endpointslicemirroring"
    kinds = ("Service", "Endpoints")
    needs_network = True

    def keys(self, event: Event) -> Iterable[Key]:
        """The Service of Endpoints: it has their name."""
        return (Key("Service", event.object.namespace, event.object.name),)

    def reconcile(self, key: Key) -> None:
        """Write what differs between the Endpoints and their mirror; without Endpoints there is none."""
        service = self.find(key)
        given = self.store.get("Endpoints", key.name, key.namespace)
        wanted = Selector.equal({SERVICE_NAME: key.name, MANAGED_BY: MIRRORING})
        found = self.index.selected("EndpointSlice", key.namespace, wanted)
        existing = [each for each in found if isinstance(each, EndpointSlice) and not is_deleted(each)]
        is_mirrored = (
            isinstance(service, Service)
            and isinstance(given, Endpoints)
            and not service.pod_selector
            and given.metadata.labels.get(SKIP_MIRROR) != "true"
        )
        if not is_mirrored:
            for each in existing:
                self.api.delete("EndpointSlice", each.name, each.namespace)
            return
        assert isinstance(service, Service)
        assert isinstance(given, Endpoints)
        changes = slice_changes(service, mirrored_endpoints(given), existing, MIRRORING)
        for body in changes.created:
            self.api.create(as_served(body, self.version), key.namespace)
        for body in changes.updated:
            self.api.update(as_served(body, self.version))
        for each in changes.deleted:
            self.api.delete("EndpointSlice", each.name, each.namespace)
