"""What a kube-proxy is told besides Services and EndpointSlices: its configuration, and what it sees of its node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from app.control.kubeproxy.categorize import Place
from app.dataplane.netns import NetNs
from app.kube.clusterspec import ZONE_LABEL, ClusterSpec
from app.kube.objects import Node


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """kube-proxy's configuration, the same on every node. `cluster_cidr` "" is no --cluster-cidr: no local detector.

    `node_port_addresses` empty: NodePorts answer on every address of the node (iptables), or on its primary one
    (nftables). `service_cidr` "" is none known.
    """

    version: tuple[int, int] = (1, 34)
    cluster_cidr: str = ""
    masquerade_all: bool = False
    node_port_addresses: tuple[IPv4Network, ...] = ()
    localhost_node_ports: bool = True
    service_cidr: str = ""

    @classmethod
    def of(cls, spec: ClusterSpec) -> ProxySettings:
        """Return the settings of a cluster file."""
        given = spec.kube_proxy
        return cls(
            spec.version_numbers,
            spec.cluster_cidr,
            given.masquerade_all,
            tuple(network for network in given.node_port_addresses if network),
            given.localhost_node_ports,
            str(spec.service_cidr),
        )

    @property
    def answers_everywhere(self) -> bool:
        """Whether NodePorts answer on every address. Source: pkg/proxy/util/nodeport_addresses.go."""
        return not self.node_port_addresses or self.has_match_all

    @property
    def has_match_all(self) -> bool:
        """Whether a range is 0.0.0.0/0 (NodePortAddresses.MatchAll())."""
        return any(not network.prefixlen for network in self.node_port_addresses)


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """The addresses of all interfaces of a namespace, looked up when they are asked for: a node has many."""

    netns: NetNs

    def __iter__(self) -> Iterator[IPv4Address]:
        for interface in self.netns.interfaces.values():
            yield from (address.interface.ip for address in interface.addresses)


@dataclass(frozen=True, slots=True)
class ProxyNode:
    """The node that a kube-proxy runs on: its name, zone and address; `addresses` are those of all its interfaces."""

    place: Place
    ip: IPv4Address
    addresses: Iterable[IPv4Address]

    @classmethod
    def of(cls, node: Node, netns: NetNs) -> ProxyNode:
        """Return what kube-proxy sees of its node."""
        return cls(Place(node.name, node.metadata.labels.get(ZONE_LABEL, "")), node.ip, OwnAddresses(netns))

    def node_port_addresses(self, settings: ProxySettings) -> tuple[IPv4Address, ...]:
        """Return the addresses that NodePorts answer on where the settings name ranges, in the interfaces' order."""
        return tuple(
            address for address in self.addresses if any(address in network for network in settings.node_port_addresses)
        )
