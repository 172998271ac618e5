"""The `Cluster` document of a cluster file (apiVersion podwalk.dev/v1) and the defaults of what it leaves out.

The smallest cluster file is `{apiVersion: podwalk.dev/v1, kind: Cluster}`. Defaults, field by field:

    metadata.name             podwalk
    kubernetesVersion         1.34
    podCIDR, serviceCIDR      10.2.0.0/16, 10.1.0.0/16 (those of the course)
    dnsServiceIP              the tenth address of serviceCIDR, as kubeadm does
    clusterDomain             cluster.local
    underlay                  subnet 10.0.0.0/24, gateway its first address, mtu 1500, interface ens33
    cni                       plugin flannel; backend, directRouting and encapsulation are the plugin's defaults
    kubeProxy                 mode iptables, clusterCIDR = podCIDR, localhostNodePorts true
    addons                    coredns
    nodes                     k8s-master-10 (control plane), k8s-node-11 and k8s-node-12, unless manifests bring Nodes
    nodes[].ip                the next free address of underlay.subnet, from the tenth
    nodes[].podCIDR           the next free /24 of podCIDR, in file order
    nodes[].interface         underlay.interface
    nodes[].taints            a control plane's: node-role.kubernetes.io/control-plane:NoSchedule, as kubeadm does
    clock                     2026-01-01T00:00:00Z
    controllers               all
    lag                       endpointSlice 50ms, kubeProxy 100ms, kubelet 1s, ingress; nodes: {NAME: {kubeProxy: 5s}}

A key with nothing after it counts as left out, as in Kubernetes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr
from pydantic.alias_generators import to_camel

from app.core.limits import limit
from app.kube.values import (
    Address,
    HostAddress,
    HostRange,
    InterfaceAddress,
    InterfaceName,
    Label,
    Range,
    Socket,
    Subdomain,
    Text,
    Version,
    of_text,
    parse_range,
)

API_GROUP = "podwalk.dev"
API_VERSION = f"{API_GROUP}/v1"
ZONE_LABEL = "topology.kubernetes.io/zone"
CONTROL_PLANE = "control-plane"
MOST_LAG_US = 3_600_000_000


#: Years pass in a cluster that somebody waits in; Python's last one is 9999.
LAST_YEAR = 9000


def parse_clock(text: str) -> datetime:
    """Return an RFC 3339 time in UTC; ValueError says what is wrong."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a time like 2026-01-01T00:00:00Z") from None
    if parsed.tzinfo is None:
        raise ValueError(f"'{text}' has no time zone; add Z for UTC")
    try:
        moment = parsed.astimezone(UTC)
    except OverflowError:
        moment = parsed.replace(tzinfo=UTC)
    if not 1970 <= moment.year <= LAST_YEAR:
        raise ValueError(f"'{text}' lies outside the years 1970 to {LAST_YEAR}")
    return moment


def _cluster_cidr(text: str) -> str:
    if text:
        parse_range(text)
    return text


def _node_port_range(text: str) -> IPv4Network | None:
    return None if ":" in text else parse_range(text)


_DURATION = re.compile(r"([0-9]{1,9})(us|ms|s|m)")
_UNITS_US = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000}


def parse_duration(text: str) -> int:
    """Return a time like `250ms`, `1s`, `2m` in microseconds; ValueError says what is legal."""
    found = _DURATION.fullmatch(text)
    if found is None or int(found[1]) * _UNITS_US[found[2]] > MOST_LAG_US:
        raise ValueError(f"'{text}' is not a time from 0us to 60m, e.g. 250ms, 1s, 2m")
    return int(found[1]) * _UNITS_US[found[2]]


Duration = Annotated[int, BeforeValidator(of_text(parse_duration))]


class Model(BaseModel):
    """Frozen, camelCase on the outside, no key that is not listed."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Underlay(Model):
    """The wire between the nodes: one Ethernet segment and its gateway. `mtu` in bytes."""

    subnet: HostRange = IPv4Network("10.0.0.0/24")
    gateway_given: Address | None = Field(default=None, alias="gateway")
    mtu: Annotated[StrictInt, Field(ge=576, le=65535)] = 1500
    interface: InterfaceName = "ens33"

    @property
    def gateway(self) -> IPv4Address:
        """The gateway's address; the first of the subnet unless given."""
        return self.gateway_given or self.subnet.network_address + 1


class Cni(Model):
    """Which CNI plugin; its options (flannel: the first and the last, calico: the second) are checked by the plugin."""

    plugin: Text = "flannel"
    backend: Text | None = None
    encapsulation: Text | None = None
    direct_routing: StrictBool | None = None


class KubeProxy(Model):
    """kube-proxy's configuration. `cluster_cidr`: None means podCIDR, "" means none.

    An IPv6 range of `node_port_addresses` is None: it says nothing of the IPv4 rules.
    """

    mode: Literal["iptables", "nftables"] = "iptables"
    cluster_cidr: Annotated[str, BeforeValidator(of_text(_cluster_cidr))] | None = Field(
        default=None, alias="clusterCIDR"
    )
    masquerade_all: StrictBool = False
    node_port_addresses: tuple[Annotated[IPv4Network | None, BeforeValidator(of_text(_node_port_range))], ...] = ()
    localhost_node_ports: StrictBool = True


class NodeLag(Model):
    """How late one node is; None: as late as all."""

    kube_proxy: Duration | None = None
    kubelet: Duration | None = None


class Lag(Model):
    """How long the control plane takes, in microseconds (written `100ms`, `1s`): from a change of Pods to the
    EndpointSlice, from that to a node's rules, from a Pod's binding to its running containers.

    `ingress` is from a change of objects to the tables of an ingress controller; without it each takes its own time.
    """

    endpoint_slice: Duration = 50_000
    kube_proxy: Duration = 100_000
    kubelet: Duration = 1_000_000
    ingress: Duration | None = None
    nodes: dict[StrictStr, NodeLag] = Field(default_factory=dict)

    def proxy_us(self, node: str) -> int:
        """Return how late the kube-proxy of a node is."""
        own = self.nodes[node].kube_proxy if node in self.nodes else None
        return self.kube_proxy if own is None else own

    def kubelet_us(self, node: str) -> int:
        """Return how late the kubelet of a node is."""
        own = self.nodes[node].kubelet if node in self.nodes else None
        return self.kubelet if own is None else own


class Taint(Model):
    """A node's taint, as in Node.spec.taints."""

    key: Text
    value: Text = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class NodeSpec(Model):
    """One line of `spec.nodes`. `addresses` are further addresses of the node's interface."""

    name: Subdomain
    ip: Address | None = None
    pod_cidr: Range | None = Field(default=None, alias="podCIDR")
    roles: tuple[Literal["control-plane", "worker"], ...] = ()
    addresses: tuple[InterfaceAddress, ...] = ()
    labels: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    taints: tuple[Taint, ...] | None = None
    interface: InterfaceName | None = None


class ExternalSpec(Model):
    """A host outside the cluster: in the underlay's subnet, or behind the gateway."""

    name: Label
    ip: HostAddress
    listens: tuple[Socket, ...] = ()


DEFAULT_NODES = (
    NodeSpec(name="k8s-master-10", roles=(CONTROL_PLANE,)),
    NodeSpec(name="k8s-node-11"),
    NodeSpec(name="k8s-node-12"),
)


class ClusterSpec(Model):
    """`spec` of the Cluster. `nodes_given` is as written; the Nodes of the store have everything filled in."""

    kubernetes_version: Version = "1.34"
    pod_cidr: HostRange = Field(default=IPv4Network("10.2.0.0/16"), alias="podCIDR")
    service_cidr: HostRange = Field(default=IPv4Network("10.1.0.0/16"), alias="serviceCIDR")
    cluster_domain: Subdomain = "cluster.local"
    dns_given: Address | None = Field(default=None, alias="dnsServiceIP")
    underlay: Underlay = Underlay()
    cni: Cni = Cni()
    kube_proxy: KubeProxy = KubeProxy()
    addons: tuple[Text, ...] = ("coredns",)
    nodes_given: Annotated[tuple[NodeSpec, ...], Field(max_length=limit("cluster.nodes"))] | None = Field(
        default=None, alias="nodes"
    )
    external: Annotated[tuple[ExternalSpec, ...], Field(max_length=limit("cluster.external"))] = ()
    upstream_dns: dict[StrictStr, dict[StrictStr, tuple[Text, ...]]] = Field(default_factory=dict, alias="upstreamDNS")
    clock: Annotated[datetime, BeforeValidator(of_text(parse_clock))] = datetime(2026, 1, 1, tzinfo=UTC)
    controllers: Literal["all", "none"] = "all"
    lag: Lag = Lag()

    @property
    def dns_service_ip(self) -> IPv4Address:
        """Where Pods send their DNS queries."""
        return self.dns_given or self.service_cidr.network_address + 10

    @property
    def version_numbers(self) -> tuple[int, int]:
        """Kubernetes' major and minor version, to compare with: (1, 34)."""
        major, minor = self.kubernetes_version.split(".")[:2]
        return int(major), int(minor)

    @property
    def git_version(self) -> str:
        """Kubernetes' version with its patch, as servers tell it: `v1.34.0`."""
        return f"v{self.kubernetes_version}" + ("" if self.kubernetes_version.count(".") > 1 else ".0")

    @property
    def cluster_cidr(self) -> str:
        """kube-proxy's --cluster-cidr; "" is none."""
        given = self.kube_proxy.cluster_cidr
        return str(self.pod_cidr) if given is None else given


class ClusterMetadata(Model):
    """`metadata` of the Cluster."""

    name: Subdomain = "podwalk"


class ClusterDocument(Model):
    """The whole document."""

    api_version: Text
    kind: Text
    metadata: ClusterMetadata = ClusterMetadata()
    spec: ClusterSpec = ClusterSpec()
