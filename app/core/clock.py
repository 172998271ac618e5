"""Virtual time and its event queue. Nothing below the web ever reads a wall clock.

A clock is a heap of (time, sequence, action): events of one instant run in the order in which they were
scheduled, so the same cluster and the same commands give the same walk on every machine.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

from msgspec import Struct

__all__ = ["Clock", "Timer"]

Action = Callable[[], None]


class Timer(Struct):
    """One scheduled action; `cancel()` makes it do nothing when its time comes. A lasting one outlives the flow."""

    due_us: int
    action: Action | None
    is_lasting: bool = False

    def cancel(self) -> None:
        """Forget the action; a timer that has already run is not affected."""
        self.action = None


class Clock:
    """Virtual time in microseconds since the cluster started, and what is still to happen."""

    __slots__ = ("_queue", "_sequence", "now_us")

    def __init__(self, now_us: int = 0) -> None:
        self.now_us = now_us
        self._queue: list[tuple[int, int, Timer]] = []
        self._sequence = 0

    def after(self, delay_us: int, action: Action, *, lasting: bool = False) -> Timer:
        """Schedule `action` `delay_us` microseconds from now (0: after all that is due now).

        What the control plane and the programs in Pods are about is `lasting`: it goes on when a flow is over.
        """
        due_us = self.now_us + delay_us
        timer = Timer(due_us, action, lasting)
        self._sequence += 1
        heapq.heappush(self._queue, (due_us, self._sequence, timer))
        return timer

    def next_due_us(self) -> int | None:
        """Return when the next event is due; None when nothing is left to happen."""
        while self._queue and self._queue[0][2].action is None:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def run_next(self) -> bool:
        """Run the next event and move the time to it; False when nothing is left to happen."""
        while self._queue:
            due_us, _, timer = heapq.heappop(self._queue)
            action = timer.action
            if action is None:
                continue
            self.now_us = due_us
            timer.action = None
            action()
            return True
        return False

    def forget(self) -> None:
        """Drop every pending event that is not lasting: the flow they belong to is over."""
        kept = [entry for entry in self._queue if entry[2].is_lasting and entry[2].action is not None]
        heapq.heapify(kept)
        self._queue = kept

    def run_until(self, due_us: int) -> None:
        """Run every event that is due until then, and move the time there."""
        while (next_us := self.next_due_us()) is not None and next_us <= due_us:
            self.run_next()
        self.now_us = max(self.now_us, due_us)
