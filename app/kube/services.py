"""Service manifests: which address and ports, which Pods, which traffic policy. Source: k8s.io/api core/v1 types.go.

IPv6 addresses and ranges (a dual-stack dump) are passed over: the model is IPv4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StrictStr, ValidationError

from app.core.errors import Mark
from app.kube import fields
from app.kube.explain import explain
from app.kube.manifest import Raw, Reading, check_annotations, check_fields
from app.kube.objects import Metadata, Object
from app.kube.pods import Loose, MetadataModel
from app.kube.selectors import Selector
from app.kube.values import of_text, parse_address

ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]
Policy = Literal["Cluster", "Local"]

HEADLESS = "None"
AFFINITY_SECONDS = 10800
"""Default of sessionAffinityConfig.clientIP.timeoutSeconds (core/v1 DefaultClientIPServiceAffinitySeconds)."""
PROTOCOLS = ("TCP", "UDP", "SCTP")
TOPOLOGY_MODE = "service.kubernetes.io/topology-mode"

_PORT_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class ServicePort:
    """One port of a Service. `node_port` 0: none (yet). `target_port` is a number or the name of a container port."""

    name: str
    protocol: str
    port: int
    target_port: int | str
    node_port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Object):
    """A Service, as far as the network acts on it.

    `cluster_ip` is None while none is allocated, for a headless Service and for ExternalName. `affinity_seconds` 0 is
    sessionAffinity None. `load_balancer_ips` are those of the status that packets are sent to (ipMode VIP).
    """

    type: ServiceType = "ClusterIP"
    cluster_ip: IPv4Address | None = None
    cluster_ip_text: str = ""
    selector: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[ServicePort, ...] = ()
    external_ips: tuple[IPv4Address, ...] = ()
    load_balancer_ips: tuple[IPv4Address, ...] = ()
    source_ranges: tuple[IPv4Network, ...] = ()
    external_policy: Policy = "Cluster"
    internal_policy: Policy = "Cluster"
    affinity_seconds: int = 0
    health_check_node_port: int = 0
    publish_not_ready: bool = False
    allocate_node_ports: bool = True
    traffic_distribution: str = ""
    external_name: str = ""

    @property
    def is_headless(self) -> bool:
        """Whether the Service asks for no address: clusterIP None."""
        return self.cluster_ip_text == HEADLESS

    @property
    def needs_cluster_ip(self) -> bool:
        """Whether an address is to be allocated."""
        return self.type != "ExternalName" and not self.cluster_ip_text

    @property
    def needs_node_ports(self) -> bool:
        """Whether its ports are to be opened on every node. Source: registry/core/service/storage, needsNodePort()."""
        return self.type == "NodePort" or (self.type == "LoadBalancer" and self.allocate_node_ports)

    @property
    def needs_health_check(self) -> bool:
        """Whether kube-proxy answers a load balancer's probes. Source: api/service/util.go, NeedsHealthCheck()."""
        return self.type == "LoadBalancer" and self.external_policy == "Local"

    @property
    def pod_selector(self) -> Selector | None:
        """The selector; None: the endpoints are somebody else's business."""
        return Selector.equal(self.selector) if self.selector else None


def parse_policy(value: object) -> object:
    """Take an empty policy for the default, as the API server does."""
    return value or "Cluster"


def parse_protocol(text: str) -> str:
    """Return a protocol in capitals; ValueError says what is legal."""
    if text.upper() not in PROTOCOLS:
        raise ValueError(f"'{text}' is not a protocol; legal: {', '.join(PROTOCOLS)}")
    return text.upper()


def parse_port_name(text: str) -> str:
    """Return the name of a port; a DNS label in Kubernetes, here anything that a rule's comment can hold."""
    if text and (len(text) > 63 or not _PORT_NAME.fullmatch(text)):
        raise ValueError(f"'{text[:60]}' is not a port name: letters, digits and '-'")
    return text


def _optional_address(text: str) -> IPv4Address | None:
    return None if ":" in text else parse_address(text)


def _source_range(text: str) -> IPv4Network | None:
    """Return a range; blanks around it are allowed. Source: api/service/util.go, GetLoadBalancerSourceRanges()."""
    found = ip_network(text.strip(), strict=False) if "/" in text else None
    if found is None:
        raise ValueError(f"'{text}' has no prefix length, e.g. {text.strip()}/32")
    return found if isinstance(found, IPv4Network) else None


def _cluster_ip(text: str) -> str:
    if text not in ("", HEADLESS) and ":" not in text:
        parse_address(text)
    return text


Protocol = Annotated[str, BeforeValidator(of_text(parse_protocol))]
PortName = Annotated[str, BeforeValidator(of_text(parse_port_name))]
PortNumber = Annotated[StrictInt, Field(ge=1, le=65535)]
OptionalAddress = Annotated[IPv4Address | None, BeforeValidator(of_text(_optional_address))]
PolicyText = Annotated[Policy, BeforeValidator(parse_policy)]


class PortModel(Loose):
    """One of `spec.ports`."""

    name: PortName = ""
    protocol: Protocol = "TCP"
    port: PortNumber
    targetPort: PortNumber | StrictStr | None = None  # noqa: N815  (Kubernetes' name)
    nodePort: Annotated[StrictInt, Field(ge=0, le=65535)] = 0  # noqa: N815


class ClientIpModel(Loose):
    """`spec.sessionAffinityConfig.clientIP`."""

    timeoutSeconds: Annotated[StrictInt, Field(ge=1, le=86400)] = AFFINITY_SECONDS  # noqa: N815


class AffinityModel(Loose):
    """`spec.sessionAffinityConfig`."""

    clientIP: ClientIpModel = ClientIpModel()  # noqa: N815


class ServiceSpecModel(Loose):
    """`spec`."""

    type: ServiceType = "ClusterIP"
    clusterIP: Annotated[str, BeforeValidator(of_text(_cluster_ip))] = ""  # noqa: N815
    clusterIPs: tuple[Annotated[str, BeforeValidator(of_text(_cluster_ip))], ...] = ()  # noqa: N815
    selector: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    ports: tuple[PortModel, ...] = ()
    externalIPs: tuple[OptionalAddress, ...] = ()  # noqa: N815
    loadBalancerSourceRanges: tuple[  # noqa: N815
        Annotated[IPv4Network | None, BeforeValidator(of_text(_source_range))], ...
    ] = ()
    externalTrafficPolicy: PolicyText = "Cluster"  # noqa: N815
    internalTrafficPolicy: PolicyText = "Cluster"  # noqa: N815
    sessionAffinity: Literal["None", "ClientIP"] = "None"  # noqa: N815
    sessionAffinityConfig: AffinityModel = AffinityModel()  # noqa: N815
    healthCheckNodePort: Annotated[StrictInt, Field(ge=0, le=65535)] = 0  # noqa: N815
    publishNotReadyAddresses: StrictBool = False  # noqa: N815
    allocateLoadBalancerNodePorts: StrictBool = True  # noqa: N815
    trafficDistribution: StrictStr = ""  # noqa: N815
    externalName: StrictStr = ""  # noqa: N815


class IngressModel(Loose):
    """One of `status.loadBalancer.ingress`."""

    ip: OptionalAddress = None
    ipMode: Literal["VIP", "Proxy"] = "VIP"  # noqa: N815


class LoadBalancerModel(Loose):
    """`status.loadBalancer`."""

    ingress: tuple[IngressModel, ...] = ()


class ServiceStatusModel(Loose):
    """`status`."""

    loadBalancer: LoadBalancerModel = LoadBalancerModel()  # noqa: N815


class ServiceModel(Loose):
    """The whole Service."""

    metadata: MetadataModel
    spec: ServiceSpecModel = ServiceSpecModel()
    status: ServiceStatusModel = ServiceStatusModel()


def parse_service(raw: Raw, reading: Reading) -> Service | None:
    """Return the Service of a manifest; None when something is wrong (the problems are recorded)."""
    before = len(reading.problems)
    reading.slips.clear()
    check_fields(raw, (), fields.TOP, reading)
    check_fields(raw, ("metadata",), fields.METADATA, reading)
    check_fields(raw, ("spec",), fields.SERVICE_SPEC, reading)
    check_annotations(raw, reading)
    ports = raw.get("spec", "ports")
    for index in range(len(ports) if isinstance(ports, list) else 0):
        check_fields(raw, ("spec", "ports", index), fields.SERVICE_PORT, reading)
    try:
        model = ServiceModel.model_validate(raw.data)
    except ValidationError as error:
        reading.problems += explain(error, ServiceModel, raw.document, raw.base, reading.slips)
        return None
    _check_ports(raw, model, reading)
    return _service(raw.data, raw.mark(), model) if len(reading.problems) == before else None


def service_of(body: Mapping[str, Any], mark: Mark) -> Service:
    """Return the Service of a body that the API server has checked."""
    return _service(body, mark, ServiceModel.model_validate(body))


def _check_ports(raw: Raw, model: ServiceModel, reading: Reading) -> None:
    """Several ports must be told apart by their names; one port, one protocol, once."""
    seen: set[tuple[str, str]] = set()
    for index, port in enumerate(model.spec.ports):
        at = raw.mark("spec", "ports", index)
        if not (port.name or reading.is_dump) and len(model.spec.ports) > 1 and _names_needed(model):
            reading.wrong(f"spec.ports[{index}]: a name is required", at, "a Service of several ports names each")
        if (port.name, port.protocol) in seen and port.name:
            reading.wrong(f"spec.ports[{index}].name: '{port.name}' is given twice", at, "rename one")
        seen.add((port.name, port.protocol))


def _names_needed(model: ServiceModel) -> bool:
    """Whether ports without a name would be the same one: dumps of tests name TCP and UDP of one port alike."""
    keys = [(port.name, port.protocol) for port in model.spec.ports]
    return len(set(keys)) < len(keys)


def _service(body: Mapping[str, Any], mark: Mark, model: ServiceModel) -> Service:
    spec, metadata = model.spec, model.metadata
    text = spec.clusterIP or next(iter(spec.clusterIPs), "")
    addresses = [_address(given) for given in (spec.clusterIPs or (text,))]
    ports = tuple(
        ServicePort(
            port.name,
            port.protocol,
            port.port,
            port.port if port.targetPort is None else port.targetPort,
            port.nodePort,
        )
        for port in spec.ports
    )
    return Service(
        "Service",
        str(body["apiVersion"]),
        Metadata(metadata.name, metadata.namespace, metadata.labels, metadata.annotations),
        body,
        mark,
        type=spec.type,
        cluster_ip=next((address for address in addresses if address), None),
        cluster_ip_text=text,
        selector=spec.selector,
        ports=ports,
        external_ips=tuple(address for address in spec.externalIPs if address),
        load_balancer_ips=tuple(
            entry.ip for entry in model.status.loadBalancer.ingress if entry.ip and entry.ipMode == "VIP"
        ),
        source_ranges=tuple(found for found in spec.loadBalancerSourceRanges if found),
        external_policy=spec.externalTrafficPolicy,
        internal_policy=spec.internalTrafficPolicy,
        affinity_seconds=spec.sessionAffinityConfig.clientIP.timeoutSeconds
        if spec.sessionAffinity == "ClientIP"
        else 0,
        health_check_node_port=spec.healthCheckNodePort,
        publish_not_ready=spec.publishNotReadyAddresses,
        allocate_node_ports=spec.allocateLoadBalancerNodePorts,
        traffic_distribution=spec.trafficDistribution,
        external_name=spec.externalName,
    )


def _address(text: Any) -> IPv4Address | None:
    return None if text in ("", HEADLESS) or ":" in text else parse_address(text)
