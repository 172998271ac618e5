"""What the controllers of the control plane share: index, API server, statuses written when they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.control.manager import Controller
from app.control.ownership import ObjectIndex, status
from app.kube.api import ApiServer
from app.kube.objects import Key, Object
from app.kube.store import Store

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster


class Reconciler(Controller):
    """A controller that reads the store and writes through the API server."""

    def __init__(self, live: LiveCluster) -> None:
        super().__init__(live)
        self._drawn: Counter[Key] = Counter()

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

    def draw(self, owner: Key) -> tuple[int, str, int]:
        """Return what the next derived name of an owner's Pods is made of: seed, namespace, how many there were."""
        self._drawn[owner] += 1
        return self.live.rng.seed, owner.namespace, self._drawn[owner]

    def find(self, key: Key) -> Object | None:
        """Return the object of a key as it is now."""
        return self.store.get(key.kind, key.name, key.namespace)

    def write_status(self, given: Object, made: Mapping[str, Any]) -> Object:
        """Write `status` unless it says so already; return the object as it is then."""
        current = self.find(given.key)
        if current is None or status(current) == made:
            return current or given
        return self.api.put_status(current, made)
