"""A network card and its wire to a switch port. The switch is a bridge in a namespace of its own.

Simplified: no queues, no offloads, no loss (docs/fidelity.md).
"""

from __future__ import annotations

from typing import ClassVar

from app.dataplane.interface import Interface
from app.dataplane.link import receive
from app.dataplane.packet import Packet

__all__ = ["Nic"]

#: Time a frame takes on the wire, one way.
WIRE_US = 3


class Nic(Interface):
    """A host's network card, or a switch's port: the two ends of a wire are the same kind of thing."""

    kind: ClassVar[str] = "nic"
    qdisc: ClassVar[str] = "fq_codel"

    @property
    def has_carrier(self) -> bool:
        """The carrier is the other end of the wire being up."""
        return self.peer is not None and self.peer.up

    def transmit(self, packet: Packet) -> None:
        """Send the frame over the wire."""
        peer = self.peer
        assert peer is not None
        bare = packet.with_skb(None)
        self.netns.clock.after(WIRE_US, lambda: receive(peer, bare))
