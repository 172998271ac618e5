"""Long computations beside the event loop, so that one visitor's big cluster does not freeze the others.

A greenlet that computes lets nobody else run; a native thread shares the interpreter every few milliseconds. The
caller waits, in order, for its own answer only. What runs here must not touch sockets or the database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import gevent
from gevent import monkey

T = TypeVar("T")


def compute_aside(act: Callable[[], T]) -> T:
    """Return `act()`, computed in gevent's pool of native threads; without gevent (unit tests) right here."""
    if not monkey.is_module_patched("socket"):
        return act()
    result: T = gevent.get_hub().threadpool.apply(act)
    return result
