"""The namespace controller: a Namespace that is being deleted goes when all that is in it is gone.

Source: Kubernetes pkg/controller/namespace/deletion/namespaced_resources_deleter.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.control.manager import controllers
from app.control.ownership import is_deleted
from app.control.reconciler import Reconciler
from app.kube.objects import Key
from app.kube.scheme import KINDS
from app.kube.store import Event

NAMESPACED = tuple(kind.kind for kind in KINDS if kind.is_namespaced and kind.kind != "Event")


@controllers.register("namespace")
class NamespaceController(Reconciler):
    """Empties Namespaces."""

    name = "namespace"
    kinds = ("Namespace", *NAMESPACED)

    def keys(self, event: Event) -> Iterable[Key]:
        """A Namespace that is being deleted; that of an object that is gone or new, if it is."""
        given = event.object
        key = given.key if given.kind == "Namespace" else Key("Namespace", "", given.namespace)
        found = self.find(key)
        is_ending = found is not None and is_deleted(found)
        return (key,) if is_ending and (given.kind == "Namespace" or event.type != "MODIFIED") else ()

    def reconcile(self, key: Key) -> None:
        """Delete what is left in a Namespace; Pods take their time. Then let it go."""
        found = self.find(key)
        if found is None or not is_deleted(found):
            return
        for kind in NAMESPACED:
            for each in self.store.list(kind, key.name):
                if not is_deleted(each):
                    self.api.delete(kind, each.name, key.name)
        if any(self.store.list(kind, key.name) for kind in NAMESPACED):
            return
        for each in self.store.list("Event", key.name):
            self.api.delete("Event", each.name, key.name)
        self.api.finalize("Namespace", key.name)
