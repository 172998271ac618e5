"""CNI plugins, one file each; the registry finds them. A plugin never imports another one.

What several plugins delegate to (the bridge, host-local) lives beside this package.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from app.control.ipam.host_local import Address
from app.core.errors import ManifestError
from app.core.registry import Registry
from app.dataplane.netns import NetNs
from app.kube.clusterfile import ClusterFile
from app.kube.objects import Node, Pod


@dataclass(frozen=True)
class AddRequest:
    """CNI ADD or DEL: connect the namespace of `pod` to its node, or cut it off.

    `avoid` are addresses that are promised to other Pods.
    """

    pod: Pod
    pod_netns: NetNs
    node: Node
    node_netns: NetNs
    avoid: frozenset[Address] = frozenset()


class CniPlugin(ABC):
    """A network plugin: its daemon on every node, and what it does when a Pod comes.

    Made once for a cluster; the constructor refuses options of `spec.cni` that it does not know (ManifestError with the
    line and the legal values).
    """

    @abstractmethod
    def __init__(self, cluster: ClusterFile) -> None: ...

    @property
    @abstractmethod
    def title(self) -> str:
        """What a reader calls this configuration, e.g. `flannel vxlan`."""

    @abstractmethod
    def start_node(self, node: Node, netns: NetNs) -> None:
        """Do what the plugin's daemon does on a node once: devices, and the routes to every other node."""

    def settle_node(self, netns: NetNs) -> None:  # noqa: B027  (most daemons write their rules once)
        """Do what the daemon does again and again, after kube-proxy has written its rules."""

    @abstractmethod
    def add(self, request: AddRequest) -> None:
        """Give the Pod its interface, address and routes. IpamError: no address for it."""

    @abstractmethod
    def delete(self, request: AddRequest) -> None:
        """Take the Pod's address back (CNI DEL); its interfaces go with its namespace, after this."""


def refuse_options(cluster: ClusterFile, hint: str, **refused: str) -> None:
    """Refuse keys of `spec.cni` that are another plugin's: `refused` maps each, as it is written, to whose it is.

    ManifestError at the first that is given; `hint` says what this plugin has instead.
    """
    given = cluster.spec.cni.model_dump(by_alias=True, exclude_none=True)
    for key, why in refused.items():
        if key in given:
            raise ManifestError(f"spec.cni.{key} {why}", hint=hint, at=cluster.marks["spec", "cni", key])


plugins: Registry[type[CniPlugin]] = Registry("CNI plugin", package="app.control.cni")
