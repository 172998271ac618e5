"""Network namespaces, and what captures in them. Sources: setns(2), packet(7); linux/if_packet.h (tpacket2_hdr, sockaddr_ll).

A capture is a ring, as tcpdump has it, and no plain packet socket: that one shares a packet's bytes with the stack, and shows
what was rewritten after the tap.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

CLONE_NEWNET = 0x40000000
ETH_P_ALL, SOL_PACKET, PACKET_OUTGOING = 0x0003, 263, 4
PACKET_RX_RING, PACKET_VERSION, TPACKET_V2, TP_STATUS_USER = 5, 10, 1, 1
BLOCK, SLOT, SLOTS = 4096 * 16, 2048, 512
LIBC = ctypes.CDLL(None, use_errno=True)


def call(name: str, *args: int) -> None:
    """Call a function of the C library; OSError where it fails."""
    if getattr(LIBC, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


class Namespace:
    """A network namespace, by its open file."""

    def __init__(self) -> None:
        call("unshare", CLONE_NEWNET)
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def enter(self) -> None:
        """Make this process's next sockets and children the namespace's."""
        call("setns", self.fd, CLONE_NEWNET)

    def connections(self) -> list[str]:
        """Return the connection table, a line an entry."""
        self.enter()
        return Path("/proc/self/net/nf_conntrack").read_text().splitlines()


class Tap:
    """A socket that captures on every interface of a namespace, those to come included."""

    def __init__(self, namespace: Namespace, name: str) -> None:
        namespace.enter()
        self.namespace, self.name = namespace, name
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        size = SLOT * SLOTS
        self.socket.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("IIII", BLOCK, size // BLOCK, SLOT, SLOTS))
        self.ring = mmap.mmap(self.socket.fileno(), size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self.slot = 0
        self.latest = 0
        self.interfaces: dict[int, str] = {}

    def frames(self) -> Iterator[tuple[int, str, str, str, str]]:
        """Yield what was captured: (nanoseconds, namespace, interface, direction, bytes in hex)."""
        while True:
            at = self.slot * SLOT
            status, _, length, start, _, seconds, nanoseconds = struct.unpack_from("IIIHHII", self.ring, at)
            if not status & TP_STATUS_USER:
                return
            index, _, kind = struct.unpack_from("iHB", self.ring, at + 32 + 4)
            # A frame that a bridge hands up keeps the time at which its port received it; the ring's order is right.
            self.latest = max(self.latest, seconds * 10**9 + nanoseconds)
            direction = "tx" if kind == PACKET_OUTGOING else "rx"
            yield (
                self.latest,
                self.name,
                self._interface(index),
                direction,
                self.ring[at + start : at + start + length].hex(),
            )
            struct.pack_into("I", self.ring, at, 0)
            self.slot = (self.slot + 1) % SLOTS

    def _interface(self, index: int) -> str:
        if index not in self.interfaces:
            self.namespace.enter()
            self.interfaces[index] = socket.if_indextoname(index)
        return self.interfaces[index]
