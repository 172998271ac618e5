"""kube-proxy on every node: what it has seen of Services and EndpointSlices, and the rules that it wrote from that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.control.kubeproxy.settings import ProxyNode, ProxySettings
from app.control.nodefirewall import ensure_node_firewall
from app.control.proxy import modes
from app.kube.endpoints import EndpointSlice
from app.kube.services import Service

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

__all__ = ["Proxies"]


class Proxies:
    """The kube-proxies of all nodes."""

    def __init__(self, live: LiveCluster) -> None:
        self.live = live
        self.settings = ProxySettings.of(live.spec)
        self.mode = modes.get(live.spec.kube_proxy.mode, at=live.file.marks["spec", "kubeProxy", "mode"])

    def bring_up(self) -> None:
        """Write the rules of every node, as kubelet and kube-proxy have left them."""
        store = self.live.store
        proxy = self.mode(self.settings, store.typed(Service), store.typed(EndpointSlice))
        for node in self.live.file.nodes:
            netns = self.live.network.namespaces[node.name]
            ensure_node_firewall(netns, self.settings.version)
            proxy.sync_proxy_rules(ProxyNode.of(node, netns), netns)
