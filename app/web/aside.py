"""Long computations beside the event loop, so that one visitor's big cluster does not freeze the others.

A greenlet that computes lets nobody else run; a native thread shares the interpreter every few milliseconds. The
caller waits, in order, for its own answer only. What runs here must not touch sockets or the database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import gevent
from gevent import monkey

T = TypeVar("T")


def compute_aside(act: Callable[[], T]) -> T:
    """Return `act()`, computed in gevent's pool of native threads; without gevent (unit tests) right here."""
    if not monkey.is_module_patched("socket"):
        return act()
    result, error = gevent.get_hub().threadpool.apply(_outcome, (act,))
    if error is not None:
        raise error
    return cast("T", result)


def _outcome(act: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """Return the result or the error: gevent prints a traceback for what a thread of its pool raises."""
    try:
        return act(), None
    except Exception as error:
        return None, error
