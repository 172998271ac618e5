"""Kubernetes objects as immutable values: Node and Pod typed, every other kind as it was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any, NamedTuple, Self

from app.core.errors import Mark
from app.kube.clusterspec import CONTROL_PLANE, Taint
from app.kube.listens import Listen


class Key(NamedTuple):
    """What identifies an object in the store. `namespace` is "" for cluster-scoped kinds."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Metadata:
    """`metadata` of an object; `namespace` is "" for cluster-scoped kinds."""

    name: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Object:
    """An object of any kind. `body` is the manifest as plain data, never changed; `mark` is where it stands in a file.

    `resource_version` is 0 until the store has it.
    """

    kind: str
    api_version: str
    metadata: Metadata
    body: Mapping[str, Any]
    mark: Mark
    resource_version: int = 0

    @property
    def key(self) -> Key:
        """Kind, namespace and name."""
        return Key(self.kind, self.metadata.namespace, self.metadata.name)

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """`metadata.namespace`; "" for cluster-scoped kinds."""
        return self.metadata.namespace

    def with_version(self, resource_version: int) -> Self:
        """Return the object as the store keeps it."""
        return replace(self, resource_version=resource_version)


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a Pod: its name, its image reference."""

    name: str
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod(Object):
    """A Pod on its node.

    `pinned_ip` is the annotation podwalk.dev/ip (None: host-local chooses); `listens` are the sockets that its
    containers open; a `host_network` Pod has no namespace of its own.
    """

    node_name: str = ""
    host_network: bool = False
    containers: tuple[Container, ...] = ()
    pinned_ip: IPv4Address | None = None
    pin_mark: Mark | None = None
    listens: tuple[Listen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Object):
    """A node, everything filled in. `addresses` are further addresses of `interface`."""

    ip: IPv4Address
    pod_cidr: IPv4Network
    pod_cidr_given: bool = False
    interface: str
    addresses: tuple[IPv4Interface, ...] = ()
    roles: tuple[str, ...] = ()
    taints: tuple[Taint, ...] = ()

    @property
    def is_control_plane(self) -> bool:
        """Whether the API server runs here."""
        return CONTROL_PLANE in self.roles
