"""What the control plane does while packets are on their way, as hops on the same time axis.

A rolling update and a request meet there: which came first, the EndpointSlice, a node's rules, or the packet.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.control.cluster import LiveCluster
from app.control.manager import Action
from app.dataplane.hop import Hop, Param
from app.dataplane.packet import NO_PACKET

__all__ = ["ControlHops"]

#: Hops of the control plane on one page: a walk is about packets.
MOST = 1_000


class ControlHops:
    """Writes a hop for each action of a controller and each sync of a kube-proxy, while a page has packets."""

    def __init__(self, live: LiveCluster) -> None:
        self.live = live
        nodes = live.file.nodes
        first = next((node for node in nodes if node.is_control_plane), nodes[0] if nodes else None)
        self._home = first.name if first is not None else ""
        self._page: list[Hop] = []
        self._count = 0
        live.manager.on_action.append(self._wrote)
        live.proxies.on_sync.append(self._synced)

    def _wrote(self, action: Action) -> None:
        key = action.key
        params: dict[str, Param] = {"controller": action.controller, "kind": key.kind, "object": str(key)}
        self._record(self._home, "control", params)

    def _synced(self, node: str, services: Sequence[str]) -> None:
        self._record(node, "control-proxy", {"node": node, "services": ", ".join(services[:5])})

    def _record(self, netns: str, code: str, params: dict[str, Param]) -> None:
        """Put a hop on the page; the budget of a walk is for packets alone."""
        page = self.live.network.hops
        if page is not self._page:
            self._page, self._count = page, 0
        if not page or not netns or self._count >= MOST:
            return
        self._count += 1
        page.append(
            Hop(self.live.clock.now_us, NO_PACKET, "control", netns, "", "control plane", code, params, (), None)
        )
