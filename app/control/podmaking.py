"""What controllers that make Pods share: names for them, the Pods made and deleted, an Event about each.

Source: Kubernetes pkg/controller/controller_utils.go (RealPodControl).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from app.control.reconciler import Reconciler
from app.kube.bodies import generated_name
from app.kube.objects import Key, Object

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster


class PodMaker(Reconciler):
    """A controller that makes the Pods of its objects. `component` is its name in Events, which say the texts."""

    component: ClassVar[str]
    created_text: ClassVar[str] = "Created pod: {pod}"
    deleted_text: ClassVar[str] = "Deleted pod: {pod}"

    def __init__(self, live: LiveCluster) -> None:
        super().__init__(live)
        self._drawn: Counter[Key] = Counter()

    def free_name(self, owner: Object) -> str:
        """Return a name for a Pod that no Pod has: five letters follow the owner's, derived where others are drawn."""
        prefix = f"{owner.name}-"
        while True:
            self._drawn[owner.key] += 1
            seed = f"{prefix}/{self.live.rng.seed}/{owner.namespace}/{self._drawn[owner.key]}"
            name = generated_name(prefix, seed)
            if self.store.get("Pod", name, owner.namespace) is None:
                return name

    def create_pod(self, owner: Object, body: dict[str, Any]) -> None:
        """Make a Pod. StatusError: the API server refuses it."""
        self.api.create(body, owner.namespace)
        self.tell(owner, "SuccessfulCreate", self.created_text.format(pod=body["metadata"]["name"], owner=owner.name))

    def delete_pod(self, owner: Object, pod: Object) -> None:
        """Delete a Pod, or begin to."""
        self.api.delete("Pod", pod.name, pod.namespace)
        self.tell(owner, "SuccessfulDelete", self.deleted_text.format(pod=pod.name, owner=owner.name))

    def tell(self, owner: Object, reason: str, text: str) -> None:
        """Record an Event of type Normal."""
        self.api.record_event(owner, "Normal", reason, text, self.component)
