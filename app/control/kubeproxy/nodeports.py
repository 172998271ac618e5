"""The sockets by which an old kube-proxy kept others from taking a node port; its rules did the work even then.

`netstat -tunlp | grep 30120` showed them. Source: Kubernetes 1.19, pkg/proxy/iptables/proxier.go ("Hold the local port
open so no other process can open it"), pkg/proxy/util/port.go; removed by kubernetes PR 108496 (1.24).
"""

from __future__ import annotations

from collections.abc import Iterable

from app.control.kubeproxy.servicemap import ProxyServicePort
from app.control.kubeproxy.settings import ProxyNode, ProxySettings
from app.dataplane.netns import NetNs
from app.dataplane.sockets import ANY, Listener

__all__ = ["hold_node_ports"]

PROCESS = "kube-proxy"


def hold_node_ports(settings: ProxySettings, ports: Iterable[ProxyServicePort], node: ProxyNode, netns: NetNs) -> None:
    """Open a socket for each node port that has none yet and close those of ports that are gone.

    A port that another program has is left to it (kube-proxy only logs that).
    """
    addresses = (ANY,) if settings.answers_everywhere else node.node_port_addresses(settings)
    wanted = [
        Listener(port.protocol, port.node_port, PROCESS, address, is_served=False)
        for port in ports
        if port.node_port and port.protocol in ("tcp", "udp")
        for address in addresses
    ]
    sockets = netns.sockets
    sockets.listeners = [o for o in sockets.listeners if o.process != PROCESS or o.is_served or o in wanted]
    taken = {(o.proto, o.port, o.address) for o in sockets.listeners}
    for listener in wanted:
        if (listener.proto, listener.port, listener.address) not in taken:
            sockets.listen(listener)
