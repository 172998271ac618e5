"""Modes of kube-proxy, one file each; the registry finds them. A mode never imports another one.

A mode is fed by Services and EndpointSlices and nothing else, and meets the rest of the node in its tables. What modes
share lies beside this package, in app.control.kubeproxy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from app.control.kubeproxy.servicemap import ProxyServicePort, ServiceName
from app.control.kubeproxy.settings import ProxyNode, ProxySettings
from app.core.registry import Registry
from app.dataplane.netns import NetNs
from app.kube.endpoints import EndpointSlice
from app.kube.services import Service


class ProxyMode(ABC):
    """A way to make Services work. Made once for a cluster and a state of its Services and EndpointSlices."""

    @abstractmethod
    def __init__(
        self, settings: ProxySettings, services: Sequence[Service], slices: Sequence[EndpointSlice]
    ) -> None: ...

    @abstractmethod
    def sync_proxy_rules(self, node: ProxyNode, netns: NetNs) -> None:
        """Write the node's tables, whatever stood in this mode's own chains before."""

    @abstractmethod
    def change(self, services: Mapping[ServiceName, Sequence[ProxyServicePort]]) -> None:
        """Take note of Services whose ports or endpoints are others now; none for one that is gone.

        What was noted before is forgotten: every node has been told of it by `sync_changes`.
        """

    @abstractmethod
    def sync_changes(self, node: ProxyNode, netns: NetNs) -> None:
        """Write what the last `change` changes on a node that was in sync until then (a partial sync)."""


modes: Registry[type[ProxyMode]] = Registry("kube-proxy mode", package="app.control.proxy")
