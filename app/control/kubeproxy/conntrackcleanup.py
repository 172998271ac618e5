"""What kube-proxy does to tracked UDP flows when endpoints change: those that lead to one that is gone are deleted.

TCP is left alone: its connections end by themselves. Source: Kubernetes pkg/proxy/conntrack/cleanup.go
(CleanStaleEntries, isIPPortProtoStale).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from app.control.kubeproxy.servicemap import ProxyServicePort
from app.dataplane.conntrack import Connection
from app.dataplane.netns import NetNs

__all__ = ["clean_stale_entries"]

Place = tuple[IPv4Address | None, int]


def clean_stale_entries(netns: NetNs, ports: Iterable[ProxyServicePort]) -> None:
    """Delete the UDP entries of these service ports whose answer does not come from an endpoint that serves."""
    serving: dict[Place, set[tuple[IPv4Address, int]]] = {}
    for port in ports:
        if port.protocol != "udp":
            continue
        behind = {(each.address, each.port) for each in port.endpoints if each.serving}
        for address in (port.cluster_ip, *port.external_ips, *port.load_balancer_ips):
            serving[address, port.port] = behind
        if port.node_port:
            serving[None, port.node_port] = behind
    if serving:
        now_us = netns.clock.now_us
        for connection in netns.conntrack.connections(now_us):
            if _is_stale(connection, serving):
                netns.conntrack.kill(connection)


def _is_stale(connection: Connection, serving: dict[Place, set[tuple[IPv4Address, int]]]) -> bool:
    original, reply = connection.original, connection.reply
    if original.proto != "udp":
        return False
    behind = serving.get((original.dst, original.dport), serving.get((None, original.dport)))
    return behind is not None and (reply.src, reply.sport) not in behind
