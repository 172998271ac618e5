"""Tunnels in tunnels: a device that sends by way of another one, and so on, until the kernel calls it a dead loop.

Source: Linux net/core/dev.c, __dev_queue_xmit() ("Dead loop on virtual device"), net/core/dev.h (XMIT_RECURSION_LIMIT).
Simplified: only tunnels are counted; a device below them that has a queue ends the count as in the kernel.
"""

from __future__ import annotations

from app.dataplane.interface import Interface
from app.dataplane.ip import send_local
from app.dataplane.packet import Packet

__all__ = ["is_dead_loop", "send_nested"]

XMIT_RECURSION_LIMIT = 8


def is_dead_loop(dev: Interface, packet: Packet) -> bool:
    """Whether so many devices are sending already, one by way of the other, that this one must not: told as a drop."""
    netns = dev.netns
    if netns.network.nesting <= XMIT_RECURSION_LIMIT:
        return False
    params: dict[str, str | int] = {"iface": dev.name, "depth": netns.network.nesting}
    netns.hop(packet, "drop", dev.name, "tunnel", "drop-dead-loop", params, dev.link_evidence())
    return True


def send_nested(dev: Interface, wrapped: Packet) -> None:
    """Send what `dev` has wrapped; whatever takes it on before this returns is one deeper."""
    network = dev.netns.network
    network.nesting += 1
    try:
        send_local(dev.netns, wrapped)
    finally:
        network.nesting -= 1
