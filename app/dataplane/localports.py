"""Source ports that the kernel chooses: net.ipv4.ip_local_port_range, drawn from the seed.

Source: Linux net/ipv4/inet_connection_sock.c (inet_get_local_port_range), its default.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from app.dataplane.netns import NetNs

__all__ = ["LOCAL_PORTS", "free_udp_port", "local_port"]

LOCAL_PORTS = range(32768, 61000)


def local_port(netns: NetNs) -> int:
    """Return a source port."""
    return netns.network.rng.between(LOCAL_PORTS[0], LOCAL_PORTS[-1])


def free_udp_port(netns: NetNs, address: IPv4Address) -> int:
    """Return a source port that no other UDP socket of that address has."""
    port = local_port(netns)
    while (address, port) in netns.sockets.udp:
        port = LOCAL_PORTS[(port + 1 - LOCAL_PORTS.start) % len(LOCAL_PORTS)]
    return port
