"""Packet sockets for ARP: a program that reads the questions of a link and answers some of them itself.

The kernel does not know such an address: it is on no interface, `ip addr` does not show it, the kernel's own ARP stays
silent. Sources: packet(7); metallb internal/layer2/arp.go and github.com/mdlayher/arp (SOCK_RAW, ETH_P_ARP).
"""

from __future__ import annotations

from ipaddress import IPv4Address

from msgspec import Struct

from app.dataplane.hop import Evidence, Text
from app.dataplane.sockets import ss_row

__all__ = ["ArpSocket"]


class ArpSocket(Struct):
    """A raw socket of a program on one device, and the addresses that the program answers for."""

    device: str
    process: str
    addresses: set[IPv4Address]

    def row(self) -> str:
        """Return the line of `ss -0 -l`."""
        return ss_row("p_raw", "UNCONN", 0, 0, f"arp:{self.device}", "*")

    def evidence(self) -> Evidence:
        """Return the socket as evidence."""
        return Text("ss -0 -l", self.row())
