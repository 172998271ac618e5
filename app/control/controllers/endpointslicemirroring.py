"""The endpointslicemirroring controller: Endpoints that somebody wrote for a Service without a selector, as slices.

Source: Kubernetes pkg/controller/endpointslicemirroring.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.control.endpointslices import MIRRORING, SKIP_MIRROR, mirrored_endpoints
from app.control.manager import controllers
from app.control.reconciler import Reconciler
from app.control.slicing import Changes, managed_slices, slice_changes
from app.kube.endpoints import Endpoints
from app.kube.objects import Key
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
        existing = managed_slices(self.index, key, MIRRORING)
        if (
            isinstance(service, Service)
            and isinstance(given, Endpoints)
            and not service.pod_selector
            and given.metadata.labels.get(SKIP_MIRROR) != "true"
        ):
            changes = slice_changes(service, mirrored_endpoints(given), existing, MIRRORING)
        else:
            changes = Changes(deleted=existing)
        changes.write(self.api)
