"""Who owns whom: ownerReferences, and the lists that controllers would otherwise search all objects for.

Source: apimachinery pkg/apis/meta/v1 (OwnerReference, NewControllerRef, IsControlledBy), client-go informers' indexers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.objects import Key, Object
from app.kube.selectors import Selector
from app.kube.store import Event, Store

Body = Mapping[str, Any]


def metadata(given: Object) -> Body:
    """Return `metadata` of an object as plain data."""
    return mapping_at(given.body, "metadata")


def uid(given: Object) -> str:
    """Return `metadata.uid`; an object that never went through the API server has none and is known by its key."""
    return str(metadata(given).get("uid") or f"{given.kind}/{given.key}")


def is_deleted(given: Object) -> bool:
    """Whether deletion has been asked for: `metadata.deletionTimestamp` is set."""
    return bool(metadata(given).get("deletionTimestamp"))


def owner_reference(owner: Object) -> dict[str, Any]:
    """Return the reference that a controller writes into what it makes."""
    return {
        "apiVersion": owner.api_version,
        "kind": owner.kind,
        "name": owner.name,
        "uid": uid(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owner_references(given: Object) -> tuple[Body, ...]:
    """Return every ownerReference of an object."""
    return tuple(each for each in list_at(given.body, "metadata", "ownerReferences") if isinstance(each, Mapping))


def controller_of(given: Object) -> Body | None:
    """Return the ownerReference with `controller: true`, if there is one."""
    return next((reference for reference in owner_references(given) if reference.get("controller")), None)


def is_controlled_by(given: Object, owner: Object) -> bool:
    """Whether `owner` is the object's controller."""
    reference = controller_of(given)
    return reference is not None and reference.get("uid") == uid(owner)


def controller_key(given: Object, kind: str) -> Key | None:
    """Return the key of an object's controller if that is of `kind`."""
    reference = controller_of(given)
    if reference is None or reference.get("kind") != kind:
        return None
    return Key(kind, given.namespace, str(reference.get("name", "")))


def spec(given: Object) -> Body:
    """Return `spec` of an object as plain data."""
    return mapping_at(given.body, "spec")


def status(given: Object) -> Body:
    """Return `status` of an object as plain data."""
    return mapping_at(given.body, "status")


def spec_replicas(owner: Object) -> int:
    """Return spec.replicas, 1 where it is left out."""
    given = spec(owner).get("replicas")
    return given if isinstance(given, int) else 1


def selector_of(owner: Object) -> Selector:
    """Return spec.selector of a workload."""
    return Selector.of(mapping_at(owner.body, "spec", "selector"))


class ObjectIndex:
    """What lies in a store, by owner, by label and by node; kept up to date by a watch.

    Every list is in the order in which its objects came.
    """

    KINDS = ("Pod", "ReplicaSet", "EndpointSlice", "Endpoints", "Service", "Ingress", "ConfigMap", "Secret")

    def __init__(self, store: Store) -> None:
        self._objects: dict[Key, Object] = {}
        self._owned: defaultdict[str, dict[Key, Object]] = defaultdict(dict)
        self._labelled: defaultdict[tuple[str, str, str, str], dict[Key, Object]] = defaultdict(dict)
        self._on_node: defaultdict[str, dict[Key, Object]] = defaultdict(dict)
        self._in_namespace: defaultdict[tuple[str, str], dict[Key, Object]] = defaultdict(dict)
        self._selecting: defaultdict[tuple[str, str, str], dict[Key, Selector]] = defaultdict(dict)
        self._services_before: dict[Key, tuple[Key, ...]] = {}
        for found in store:
            self._put(found)
        self.stop = store.watch(self._on_event)

    def owned(self, owner: Object, kind: str = "") -> tuple[Object, ...]:
        """Return the objects that name `owner` in an ownerReference, of one kind or of all."""
        found = self._owned.get(uid(owner), {}).values()
        return tuple(each for each in found if not kind or each.kind == kind)

    def controlled(self, owner: Object, kind: str) -> tuple[Object, ...]:
        """Return the objects of a kind whose controller is `owner`."""
        return tuple(each for each in self.owned(owner, kind) if is_controlled_by(each, owner))

    def selected(self, kind: str, namespace: str, selector: Selector) -> tuple[Object, ...]:
        """Return the objects of a namespace that a selector selects, looking only at those with one of its labels."""
        lists = [
            [self._labelled.get((kind, namespace, term.key, value), {}) for value in term.values]
            for term in selector.requirements
            if term.operator == "In"
        ]
        if not lists:
            candidates: Iterable[Object] = self._in_namespace.get((kind, namespace), {}).values()
        else:
            best = min(lists, key=lambda found: sum(map(len, found)))
            candidates = (each for found in best for each in found.values())
        return tuple(each for each in candidates if selector.matches(each.metadata.labels))

    def orphans(self, kind: str, namespace: str, selector: Selector) -> tuple[Object, ...]:
        """Return the objects that a selector selects and that have no controller: they can be adopted."""
        found = self.selected(kind, namespace, selector)
        return tuple(each for each in found if controller_of(each) is None and not is_deleted(each))

    def on_node(self, node: str) -> tuple[Object, ...]:
        """Return the Pods whose spec.nodeName is `node`; "" has those that wait for one."""
        return tuple(self._on_node.get(node, {}).values())

    def in_namespace(self, kind: str, namespace: str) -> tuple[Object, ...]:
        """Return the objects of a kind in a namespace."""
        return tuple(self._in_namespace.get((kind, namespace), {}).values())

    def services_of(self, pod: Object) -> tuple[Key, ...]:
        """Return the Services whose selector selects a Pod."""
        terms = ((pod.namespace, name, value) for name, value in pod.metadata.labels.items())
        found = (pair for term in terms for pair in self._selecting.get(term, {}).items())
        return tuple(key for key, selector in found if selector.matches(pod.metadata.labels))

    def services_touched(self, event: Event) -> tuple[Key, ...]:
        """Return the Services that an event of a Pod matters to: those that select it now, and that did before."""
        pod = event.object
        return tuple(dict.fromkeys((*self.services_of(pod), *self._services_before.get(pod.key, ()))))

    def _on_event(self, event: Event) -> None:
        given = event.object
        if given.kind == "Pod":
            # Held against the selectors of now: a Service may have come since the Pod's last event.
            old = self._objects.get(given.key)
            self._services_before[given.key] = self.services_of(old) if old is not None else ()
        self._drop(given.key, keep_place=event.type == "MODIFIED", new=given)
        if event.type != "DELETED":
            self._put(given)

    def _put(self, given: Object) -> None:
        self._objects[given.key] = given
        for place in self._places(given):
            place[given.key] = given
        if (term := _service_term(given)) is not None:
            self._selecting[term][given.key] = Selector.equal(mapping_at(given.body, "spec", "selector"))

    def _drop(self, key: Key, *, keep_place: bool, new: Object) -> None:
        """Take the former state of an object out; where the new one belongs too, its place in the order is kept."""
        old = self._objects.pop(key, None)
        if old is None:
            return
        if (term := _service_term(old)) is not None:
            self._selecting[term].pop(key, None)
        kept = {id(place) for place in self._places(new)} if keep_place else set()
        for place in self._places(old):
            if id(place) not in kept:
                place.pop(key, None)

    def _places(self, given: Object) -> Iterator[dict[Key, Object]]:
        for reference in owner_references(given):
            yield self._owned[str(reference.get("uid", ""))]
        if given.kind not in self.KINDS:
            return
        yield self._in_namespace[given.kind, given.namespace]
        for name, value in given.metadata.labels.items():
            yield self._labelled[given.kind, given.namespace, name, value]
        if given.kind == "Pod":
            yield self._on_node[str(spec(given).get("nodeName") or "")]


def _service_term(given: Object) -> tuple[str, str, str] | None:
    """Return one label that a Service's selector asks for: Pods without it need not be held against the selector."""
    selector = mapping_at(given.body, "spec", "selector") if given.kind == "Service" else {}
    return (given.namespace, *min((str(name), str(value)) for name, value in selector.items())) if selector else None
