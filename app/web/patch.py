"""Makes the standard library cooperative. Imported first by `podwalk serve`, before sockets and threads are in use."""

import gevent
from gevent import monkey


def patch_standard_library() -> None:
    """Replace sockets, locks, sleeps and threads by gevent's. A second call does nothing.

    Source: gevent.monkey, "patching should be done as early as possible". Signals stay: the server has its own.
    """
    if not monkey.is_module_patched("socket"):
        monkey.patch_all(signal=False)
    gevent.config.track_greenlet_tree = False  # ten frames a greenlet, kept for debuggers only
