"""The garbage collector: what becomes of the objects that an object owned.

    Background   the owner goes at once, then what only it owned
    Foreground   what blocks goes first; then the finalizer foregroundDeletion, and with it the owner
    Orphan       the references are taken away, then the finalizer orphan

Source: Kubernetes pkg/controller/garbagecollector/garbagecollector.go (attemptToDeleteItem, orphanDependents).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.control.manager import controllers
from app.control.ownership import is_deleted, metadata, owner_references, uid
from app.control.reconciler import Reconciler
from app.kube.bodies import list_at, with_metadata
from app.kube.deletion import FOREGROUND, ORPHAN, Propagation
from app.kube.objects import Key, Object
from app.kube.scheme import CLUSTER_SCOPED, KINDS
from app.kube.store import Event
from app.kube.typed import API_MARK


@controllers.register("garbagecollector")
class GarbageCollector(Reconciler):
    """Deletes what nobody owns any more."""

    name = "garbagecollector"
    kinds = tuple(kind.kind for kind in KINDS if kind.kind != "Event")

    def keys(self, event: Event) -> Iterable[Key]:
        """What a deleted object owned and whom it belonged to; one that is being deleted, or has no owner left."""
        given = event.object
        if event.type == "DELETED":
            owned = [each.key for each in self.index.owned(given)]
            return [*owned, *(_owner_key(given, reference) for reference in owner_references(given))]
        if is_deleted(given) and metadata(given).get("finalizers"):
            return (given.key,)
        # What a cluster file holds stays, though its owner may stand in no file.
        return (given.key,) if owner_references(given) and given.mark == API_MARK and event.type == "ADDED" else ()

    def reconcile(self, key: Key) -> None:
        """Finish the deletion of an object, or delete one whose owners are gone."""
        found = self.find(key)
        if found is None:
            return
        finalizers = list_at(found.body, "metadata", "finalizers") if is_deleted(found) else []
        if ORPHAN in finalizers:
            self._orphan(found)
        elif FOREGROUND in finalizers:
            self._delete_foreground(found)
        elif owner_references(found) and not is_deleted(found):
            self._delete_unowned(found)

    def _orphan(self, owner: Object) -> None:
        for each in self.index.owned(owner):
            self._keep_references(each, [one for one in owner_references(each) if one.get("uid") != uid(owner)])
        self.api.finalize(owner.kind, owner.name, owner.namespace, ORPHAN)

    def _delete_foreground(self, owner: Object) -> None:
        left = self.index.owned(owner)
        blocking = [each for each in left if _blocks(each, owner)]
        for each in left:
            if not is_deleted(each):
                how: Propagation = "Foreground" if self.index.owned(each) else "Background"
                self.api.delete(each.kind, each.name, each.namespace, propagation=how)
        if not any(self.find(each.key) for each in blocking):
            self.api.finalize(owner.kind, owner.name, owner.namespace, FOREGROUND)

    def _delete_unowned(self, found: Object) -> None:
        references = owner_references(found)
        solid = [each for each in references if self._is_there(found, each)]
        if solid and len(solid) < len(references):
            self._keep_references(found, solid)
        elif not solid:
            self.api.delete(found.kind, found.name, found.namespace)

    def _is_there(self, found: Object, reference: Mapping[str, Any]) -> bool:
        owner = self.find(_owner_key(found, reference))
        return owner is not None and uid(owner) == reference.get("uid")

    def _keep_references(self, found: Object, kept: list[Mapping[str, Any]]) -> None:
        references = [dict(each) for each in kept]
        self.api.update(with_metadata(found.body, ownerReferences=references or None))


def _owner_key(found: Object, reference: Mapping[str, Any]) -> Key:
    kind = str(reference.get("kind", ""))
    namespace = "" if kind in CLUSTER_SCOPED else found.namespace
    return Key(kind, namespace, str(reference.get("name", "")))


def _blocks(found: Object, owner: Object) -> bool:
    return any(each.get("uid") == uid(owner) and each.get("blockOwnerDeletion") for each in owner_references(found))
