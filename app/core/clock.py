"""Virtual time and its event queues. Nothing below the web ever reads a wall clock.

A clock holds heaps of (time, sequence, action): events of one instant run in the order in which they were
scheduled, so the same cluster and the same commands give the same walk on every machine.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

from msgspec import Struct

__all__ = ["Clock", "Timer"]

Action = Callable[[], None]


class Timer(Struct):
    """One scheduled action; `cancel()` makes it do nothing when its time comes."""

    due_us: int
    action: Action | None

    def cancel(self) -> None:
        """Forget the action; a timer that has already run is not affected."""
        self.action = None


Queue = list[tuple[int, int, Timer]]


class Clock:
    """Virtual time in microseconds since the cluster started, and what is still to happen.

    What belongs to a flow passes with it; what the control plane and the programs in Pods are about is lasting.
    """

    __slots__ = ("_lasting", "_queue", "_sequence", "now_us")

    def __init__(self, now_us: int = 0) -> None:
        self.now_us = now_us
        self._queue: Queue = []
        self._lasting: Queue = []
        self._sequence = 0

    def after(self, delay_us: int, action: Action, *, lasting: bool = False) -> Timer:
        """Schedule `action` `delay_us` microseconds from now (0: after all that is due now)."""
        due_us = self.now_us + delay_us
        timer = Timer(due_us, action)
        self._sequence += 1
        heapq.heappush(self._lasting if lasting else self._queue, (due_us, self._sequence, timer))
        return timer

    def next_due_us(self) -> int | None:
        """Return when the next event is due; None when nothing is left to happen."""
        queue = self._first()
        return queue[0][0] if queue else None

    def is_passing(self) -> bool:
        """Whether something that belongs to a flow is still to happen."""
        return bool(_trimmed(self._queue))

    def run_next(self) -> bool:
        """Run the next event and move the time to it; False when nothing is left to happen."""
        queue = self._first()
        if not queue:
            return False
        due_us, _, timer = heapq.heappop(queue)
        action = timer.action
        assert action is not None
        self.now_us = due_us
        timer.action = None
        action()
        return True

    def run_until(self, due_us: int) -> None:
        """Run every event that is due until then, and move the time there."""
        while (next_us := self.next_due_us()) is not None and next_us <= due_us:
            self.run_next()
        self.now_us = max(self.now_us, due_us)

    def forget(self) -> None:
        """Drop every pending event that is not lasting: the flow they belong to is over."""
        self._queue.clear()

    def _first(self) -> Queue:
        """Return the queue that the next event is in; an empty one when nothing is left to happen."""
        passing = _trimmed(self._queue)
        if not self._lasting:
            return passing
        lasting = _trimmed(self._lasting)
        if passing and lasting:
            return passing if passing[0] < lasting[0] else lasting
        return passing or lasting


def _trimmed(queue: Queue) -> Queue:
    """Return the queue without cancelled events at its head."""
    while queue and queue[0][2].action is None:
        heapq.heappop(queue)
    return queue
