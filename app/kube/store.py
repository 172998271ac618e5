"""The objects of a cluster: get, list, watch. What etcd and the API server's cache are to a real one.

Control reads objects here and nowhere else. Events reach watchers at once, in the order in which the watchers came.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from app.core.limits import limit
from app.kube.objects import Key, Object
from app.kube.selectors import Selector
from app.kube.status import StatusError

O = TypeVar("O", bound=Object)  # noqa: E741  (the usual name of a type parameter)
EventType = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True, slots=True)
class Event:
    """What a watch reports; `object` is the new state, or the last one of a deleted object."""

    type: EventType
    object: Object


class Store:
    """Objects by kind, namespace and name, in the order in which they came.

    Every change raises `resource_version` by one and gives it to the changed object.
    """

    def __init__(self) -> None:
        self.resource_version = 0
        self._objects: dict[str, dict[Key, Object]] = {}
        self._watchers: list[tuple[str | None, Callable[[Event], None]]] = []
        self._log: deque[tuple[int, Event]] = deque(maxlen=limit("cluster.watch_events"))

    def copy(self) -> Store:
        """Return a store with the same objects and no watchers."""
        other = Store()
        other.resource_version = self.resource_version
        other._objects = {kind: dict(objects) for kind, objects in self._objects.items()}
        return other

    def apply(self, given: O) -> O:
        """Put an object in, or in place of the one with the same key; return it with its resourceVersion."""
        objects = self._objects.setdefault(given.kind, {})
        event: EventType = "MODIFIED" if given.key in objects else "ADDED"
        self.resource_version += 1
        kept = given.with_version(self.resource_version)
        objects[kept.key] = kept
        self._tell(Event(event, kept))
        return kept

    def delete(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """Take an object out and return its last state; None if there is none."""
        gone = self._objects.get(kind, {}).pop(Key(kind, namespace, name), None)
        if gone is not None:
            self.resource_version += 1
            self._tell(Event("DELETED", gone))
        return gone

    def get(self, kind: str, name: str, namespace: str = "") -> Object | None:
        """Return one object, or None. Cluster-scoped kinds have the namespace ""."""
        return self._objects.get(kind, {}).get(Key(kind, namespace, name))

    def list(self, kind: str, namespace: str | None = None, selector: Selector | None = None) -> tuple[Object, ...]:
        """Return the objects of a kind; `namespace` None means all namespaces."""
        return tuple(
            found
            for found in self._objects.get(kind, {}).values()
            if (namespace is None or found.namespace == namespace)
            and (selector is None or selector.matches(found.metadata.labels))
        )

    def count(self, kind: str) -> int:
        """Return how many objects of a kind there are."""
        return len(self._objects.get(kind, {}))

    def typed(self, kind: type[O], namespace: str | None = None, selector: Selector | None = None) -> tuple[O, ...]:
        """Return the objects of a typed kind: `store.typed(Pod)` is `store.list("Pod")` with its type."""
        return tuple(found for found in self.list(kind.__name__, namespace, selector) if isinstance(found, kind))

    def watch(
        self, on_event: Callable[[Event], None], kind: str | None = None, *, since: int | None = None
    ) -> Callable[[], None]:
        """Call `on_event` for each later change of a kind (None: of all); return the function that ends the watch.

        `since` is a resourceVersion: what has changed after it is told first. StatusError Expired: it is too old.
        """
        if since is not None:
            self._catch_up(on_event, kind, since)
        entry = (kind, on_event)
        self._watchers.append(entry)

        def stop() -> None:
            if entry in self._watchers:
                self._watchers.remove(entry)

        return stop

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds that have objects, in the order in which they came."""
        return tuple(kind for kind, objects in self._objects.items() if objects)

    def __iter__(self) -> Iterator[Object]:
        for objects in self._objects.values():
            yield from objects.values()

    def __len__(self) -> int:
        return sum(len(objects) for objects in self._objects.values())

    def _catch_up(self, on_event: Callable[[Event], None], kind: str | None, since: int) -> None:
        oldest = self._log[0][0] if self._log else self.resource_version + 1
        if since < oldest - 1:
            raise StatusError(410, "Expired", f"too old resource version: {since} ({oldest - 1})")
        for version, event in list(self._log):
            if version > since and kind in (None, event.object.kind):
                on_event(event)

    def _tell(self, event: Event) -> None:
        self._log.append((self.resource_version, event))
        for kind, on_event in list(self._watchers):
            if kind in (None, event.object.kind):
                on_event(event)
