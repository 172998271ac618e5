"""The loopback device: what is sent comes straight back. Source: Linux drivers/net/loopback.c."""

from __future__ import annotations

from typing import ClassVar

from app.dataplane.headers import ZERO_MAC
from app.dataplane.interface import Interface
from app.dataplane.link import receive
from app.dataplane.packet import Packet

__all__ = ["Loopback"]


class Loopback(Interface):
    """`lo`. A capture on it shows every packet twice: once going out, once coming in."""

    kind: ClassVar[str] = "loopback"
    has_arp: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__("lo", ZERO_MAC, 65536)

    def transmit(self, packet: Packet) -> None:
        """Hand the frame back to the same namespace's stack."""
        self.netns.clock.after(0, lambda: receive(self, packet))
