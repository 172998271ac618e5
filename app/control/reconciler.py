"""What the controllers of the control plane share: index, API server, statuses written when they change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.control.manager import Controller
from app.control.ownership import ObjectIndex, owner_reference, owner_references, status
from app.kube.api import ApiServer
from app.kube.bodies import with_metadata
from app.kube.objects import Key, Object
from app.kube.store import Store


class Reconciler(Controller):
    """A controller that reads the store and writes through the API server."""

    @property
    def store(self) -> Store:
        """The objects."""
        return self.live.store

    @property
    def api(self) -> ApiServer:
        """Where everything is written."""
        return self.live.api

    @property
    def index(self) -> ObjectIndex:
        """The objects by owner, label and node."""
        return self.live.index

    @property
    def now(self) -> datetime:
        """The model's present."""
        return self.live.now

    @property
    def version(self) -> tuple[int, int]:
        """Kubernetes' version, as texts depend on it: (1, 34)."""
        return self.live.spec.version_numbers

    def find(self, key: Key) -> Object | None:
        """Return the object of a key as it is now."""
        return self.store.get(key.kind, key.name, key.namespace)

    def adopt(self, found: Object, owner: Object) -> None:
        """Make `owner` the controller of an object that has none."""
        references = [*owner_references(found), owner_reference(owner)]
        self.api.update(with_metadata(found.body, ownerReferences=references))

    def write_status(self, given: Object, made: Mapping[str, Any]) -> Object:
        """Write `status` unless it says so already; return the object as it is then."""
        current = self.find(given.key)
        if current is None or status(current) == made:
            return current or given
        return self.api.put_status(current, made)
