"""kube-proxy on every node: what it has seen of Services and EndpointSlices, and the rules that it wrote from that.

    event -> (lag of the node) -> partial sync: only the chains of Services that have changed

Nodes with the same lag see the same at the same time; they share a view. Source: Kubernetes pkg/proxy/config,
pkg/util/async/bounded_frequency_runner.go (minSyncPeriod).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from app.control.kubeproxy.conntrackcleanup import clean_stale_entries
from app.control.kubeproxy.servicemap import ProxyServicePort, ServiceName, service_ports
from app.control.kubeproxy.settings import ProxyNode, ProxySettings
from app.control.nodefirewall import ensure_node_firewall
from app.control.proxy import ProxyMode, modes
from app.core.clock import Timer
from app.kube.endpoints import EndpointSlice
from app.kube.objects import Key, Node
from app.kube.services import Service
from app.kube.store import Event

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

__all__ = ["Proxies", "View"]

MIN_SYNC_US = 1_000_000
"""minSyncPeriod of both modes: after a sync the next one comes no sooner."""


@dataclass
class View:
    """Nodes that are equally late. `seen` is the resourceVersion at their last sync, `changed` what came since."""

    lag_us: int
    nodes: list[Node]
    proxy: ProxyMode
    seen: int = 0
    synced_us: int = -MIN_SYNC_US
    changed: set[ServiceName] = field(default_factory=set)
    timer: Timer | None = None


class Proxies:
    """The kube-proxies of all nodes."""

    def __init__(self, live: LiveCluster) -> None:
        self.live = live
        self.settings = ProxySettings.of(live.spec)
        self.mode = modes.get(live.spec.kube_proxy.mode, at=live.file.marks["spec", "kubeProxy", "mode"])
        self.views: list[View] = []
        #: Who is told that a node's rules of these Services were written.
        self.on_sync: list[Callable[[str, Sequence[ServiceName]], None]] = []
        self._slices: dict[ServiceName, dict[str, EndpointSlice]] = defaultdict(dict)
        self._owner: dict[Key, ServiceName] = {}

    def bring_up(self) -> None:
        """Write the rules of every node, as kubelet and kube-proxy have left them."""
        store = self.live.store
        slices = store.typed(EndpointSlice)
        for each in slices:
            self._slices[_service(each)][each.name] = each
            self._owner[each.key] = _service(each)
        by_lag: dict[int, list[Node]] = defaultdict(list)
        for node in self.live.file.nodes:
            by_lag[self.live.spec.lag.proxy_us(node.name)].append(node)
        services = store.typed(Service)
        for lag_us, nodes in by_lag.items():
            view = View(lag_us, nodes, self.mode(self.settings, services, slices), store.resource_version)
            self.views.append(view)
            for node in nodes:
                netns = self.live.network.namespaces[node.name]
                ensure_node_firewall(netns, self.settings.version)
                view.proxy.sync_proxy_rules(ProxyNode.of(node, netns), netns)

    def watch(self) -> None:
        """From now on follow what happens to Services and EndpointSlices."""
        self.live.store.watch(self._on_service, "Service")
        self.live.store.watch(self._on_slice, "EndpointSlice")

    def view_of(self, node: str) -> View:
        """Return what a node has seen."""
        return next(view for view in self.views if any(each.name == node for each in view.nodes))

    def _on_service(self, event: Event) -> None:
        self._changed(f"{event.object.namespace}/{event.object.name}")

    def _on_slice(self, event: Event) -> None:
        found = event.object
        assert isinstance(found, EndpointSlice)
        name = _service(found)
        before = self._owner.pop(found.key, name)
        self._slices[before].pop(found.name, None)
        if event.type != "DELETED":
            self._slices[name][found.name] = found
            self._owner[found.key] = name
        if before != name:
            self._changed(before)
        self._changed(name)

    def _changed(self, name: ServiceName) -> None:
        clock = self.live.clock
        for view in self.views:
            view.changed.add(name)
            if view.timer is None:
                due_us = max(clock.now_us + view.lag_us, view.synced_us + MIN_SYNC_US)
                view.timer = clock.after(due_us - clock.now_us, partial(self._sync, view), lasting=True)

    def _sync(self, view: View) -> None:
        """Bring the nodes of a view up to date."""
        clock, names = self.live.clock, sorted(view.changed)
        view.timer, view.synced_us, view.seen = None, clock.now_us, self.live.store.resource_version
        view.changed.clear()
        ports = {name: self._ports(name) for name in names}
        view.proxy.change(ports)
        for node in view.nodes:
            netns = self.live.network.namespaces[node.name]
            view.proxy.sync_changes(ProxyNode.of(node, netns), netns)
            clean_stale_entries(netns, chain.from_iterable(ports.values()))
            for tell in self.on_sync:
                tell(node.name, names)

    def _ports(self, name: ServiceName) -> tuple[ProxyServicePort, ...]:
        namespace, _, service = name.partition("/")
        found = self.live.store.get("Service", service, namespace)
        return service_ports([found], self._slices[name].values()) if isinstance(found, Service) else ()


def _service(of: EndpointSlice) -> ServiceName:
    return f"{of.namespace}/{of.service_name}"
