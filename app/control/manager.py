"""The controller manager: watches the store, queues keys, and lets each controller bring the world nearer to the spec.

A controller never calls another one: they meet in the objects. Each key is queued once and reconciled `delay_us` after
its first event; what a reconciliation writes is noted as an action, on the time axis of the packets.
Source: Kubernetes staging/src/k8s.io/client-go/util/workqueue; sample-controller.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from app.core.clock import Timer
from app.core.registry import Registry
from app.kube.objects import Key
from app.kube.status import StatusError
from app.kube.store import Event

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

__all__ = ["Action", "Controller", "Manager", "controllers"]

#: More rounds than any chain of controllers needs to come to rest.
MOST_ROUNDS = 1_000_000
#: A write that was refused is tried again after this, then after twice as long each time, up to 1,000 seconds.
FIRST_RETRY_US, LAST_RETRY_US = 5_000, 1_000_000_000


@dataclass(frozen=True, slots=True)
class Action:
    """A controller has written something: when, who, about which object."""

    t_us: int
    controller: str
    key: Key


class Controller(ABC):
    """One control loop. `kinds` are watched; `delay_us` is the time from an event to the reconciliation.

    One that `needs_network` starts when the Pods of the cluster file have their addresses.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    needs_network: ClassVar[bool] = False
    delay_us: int = 10_000

    def __init__(self, live: LiveCluster) -> None:
        self.live = live

    @abstractmethod
    def keys(self, event: Event) -> Iterable[Key]:
        """Return what is to be reconciled because of an event."""

    @abstractmethod
    def reconcile(self, key: Key) -> None:
        """Bring one object nearer to what its spec asks for. Reads the store, writes through the API server."""

    def again(self, key: Key, after_us: int) -> None:
        """Ask for another look at a key later."""
        self.live.manager.enqueue(self, key, after_us)


controllers: Registry[type[Controller]] = Registry("controller", package="app.control.controllers")


class Manager:
    """All controllers of a cluster and their queues."""

    def __init__(self, live: LiveCluster) -> None:
        self.live = live
        names = controllers.names() if live.spec.controllers == "all" else ()
        self.controllers = [controllers.get(name)(live) for name in names]
        self.on_action: list[Callable[[Action], None]] = []
        self._queued: dict[tuple[str, Key], Timer] = {}
        self._failures: Counter[tuple[str, Key]] = Counter()
        self.is_bringing_up = False

    def bring_up(self) -> None:
        """Start the controllers that need no network; reconcile until nothing changes any more, in no time."""
        self.is_bringing_up = True
        self._start([each for each in self.controllers if not each.needs_network])

    def finish(self) -> None:
        """Start the others, let all come to rest in no time; from now on everything takes its time."""
        self._start([each for each in self.controllers if each.needs_network])
        self.is_bringing_up = False

    def _start(self, started: Iterable[Controller]) -> None:
        """Let controllers watch the store, each the events of its kinds; what is there already has just come."""
        for controller in started:
            for kind in controller.kinds:
                self.live.store.watch(partial(self._take, controller), kind)
            for kind in controller.kinds:
                for found in self.live.store.list(kind):
                    self._take(controller, Event("ADDED", found))
        self.settle()

    def _take(self, controller: Controller, event: Event) -> None:
        for key in controller.keys(event):
            self.enqueue(controller, key, 0 if self.is_bringing_up else controller.delay_us)

    def enqueue(self, controller: Controller, key: Key, after_us: int) -> None:
        """Queue a key, unless it is queued for an earlier moment already."""
        place = (controller.name, key)
        due_us = self.live.clock.now_us + after_us
        waiting = self._queued.get(place)
        if waiting is not None:
            if waiting.due_us <= due_us:
                return
            waiting.cancel()
        self._queued[place] = self.live.clock.after(after_us, lambda: self._run(controller, key), lasting=True)

    def is_waiting(self, controller: str) -> bool:
        """Whether a controller has keys in its queue."""
        return any(name == controller for name, _ in self._queued)

    def settle(self) -> None:
        """Run what is due now, and what that makes due, until nothing is."""
        clock = self.live.clock
        for _ in range(MOST_ROUNDS):
            due_us = clock.next_due_us()
            if due_us is None or due_us > clock.now_us:
                return
            clock.run_next()

    def _run(self, controller: Controller, key: Key) -> None:
        place = (controller.name, key)
        self._queued.pop(place, None)
        before = self.live.store.resource_version
        try:
            controller.reconcile(key)
            self._failures.pop(place, None)
        except StatusError:
            self._failures[place] += 1
            self.enqueue(controller, key, min(FIRST_RETRY_US << self._failures[place] - 1, LAST_RETRY_US))
        if self.live.store.resource_version != before:
            action = Action(self.live.clock.now_us, controller.name, key)
            for tell in self.on_action:
                tell(action)
