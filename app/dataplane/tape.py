"""The tape: every frame that passed a tapped interface, as one capture on all interfaces would have it.

Only the last ones are kept (limits.toml, terminal.captured_frames).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from app.core.limits import limit
from app.dataplane.hop import SIGHTED, Hop
from app.dataplane.packet import Packet

__all__ = ["Frame", "Tape"]


class Frame(Struct, frozen=True, gc=False):
    """One frame at one interface. `t_us` is virtual time since the cluster started, `direction` tx or rx."""

    t_us: int
    netns: str
    interface: str
    direction: str
    packet: Packet


class Tape:
    """The frames, oldest first."""

    __slots__ = ("frames",)

    def __init__(self) -> None:
        self.frames: deque[Frame] = deque(maxlen=limit("terminal.captured_frames"))

    def add(self, hops: Iterable[Hop]) -> None:
        """Add what taps saw at these hops."""
        self.frames.extend(
            Frame(hop.t_us, hop.netns, hop.interface, SIGHTED[hop.kind], hop.packet)
            for hop in hops
            if hop.kind in SIGHTED
        )
