"""EndpointSlices and Endpoints: which addresses stand behind a Service, and in which state each is.

Source: k8s.io/api discovery/v1 types.go, core/v1 types.go. IPv6 addresses are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, ValidationError

from app.core.errors import Mark
from app.kube import fields
from app.kube.explain import explain
from app.kube.manifest import Raw, Reading, check_fields
from app.kube.objects import Metadata, Object
from app.kube.pods import Loose, MetadataModel
from app.kube.services import OptionalAddress, PortName, Protocol

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
HEADLESS_LABEL = "service.kubernetes.io/headless"


@dataclass(frozen=True, slots=True)
class EndpointPort:
    """A port of every endpoint of a slice. `port` None: the endpoints have no port of that name."""

    name: str
    protocol: str
    port: int | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. Only the first address of a manifest counts, as for kube-proxy.

    `zones` and `nodes` are the hints: who shall use it. `target` is NAMESPACE/NAME of its Pod, where known.
    """

    address: IPv4Address
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    node_name: str = ""
    zone: str = ""
    hostname: str = ""
    zones: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSlice(Object):
    """Endpoints with the same ports. `service_name` "" is the slice of no Service."""

    address_type: str = "IPv4"
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()

    @property
    def service_name(self) -> str:
        """The Service, of the same namespace, that the slice belongs to: its label."""
        return self.metadata.labels.get(SERVICE_NAME, "")


@dataclass(frozen=True, slots=True)
class Subset:
    """Addresses with the same ports, of the older Endpoints object."""

    ready: tuple[Endpoint, ...]
    not_ready: tuple[Endpoint, ...]
    ports: tuple[EndpointPort, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints(Object):
    """The older object: what a Service without a selector may be given by hand; mirrored into EndpointSlices."""

    subsets: tuple[Subset, ...] = ()


class SlicePortModel(Loose):
    """One of `ports`; of a subset too."""

    name: PortName = ""
    protocol: Protocol = "TCP"
    port: Annotated[StrictInt, Field(ge=1, le=65535)] | None = None


class ConditionsModel(Loose):
    """`endpoints[].conditions`. What is left out counts as ready and serving, and as not terminating."""

    ready: StrictBool = True
    serving: StrictBool = True
    terminating: StrictBool = False


class NamedModel(Loose):
    """One hint, or the reference to a Pod."""

    name: StrictStr = ""
    namespace: StrictStr = ""
    kind: StrictStr = ""


class HintsModel(Loose):
    """`endpoints[].hints`."""

    forZones: tuple[NamedModel, ...] = ()  # noqa: N815  (Kubernetes' name)
    forNodes: tuple[NamedModel, ...] = ()  # noqa: N815


class EndpointModel(Loose):
    """One of `endpoints`."""

    addresses: tuple[OptionalAddress, ...] = ()
    conditions: ConditionsModel = ConditionsModel()
    nodeName: StrictStr = ""  # noqa: N815
    zone: StrictStr = ""
    hostname: StrictStr = ""
    hints: HintsModel = HintsModel()
    targetRef: NamedModel = NamedModel()  # noqa: N815


class SliceModel(Loose):
    """The whole EndpointSlice."""

    metadata: MetadataModel
    addressType: Literal["IPv4", "IPv6", "FQDN"] = "IPv4"  # noqa: N815
    endpoints: tuple[EndpointModel, ...] = ()
    ports: tuple[SlicePortModel, ...] = ()


class AddressModel(Loose):
    """One of `subsets[].addresses`."""

    ip: OptionalAddress = None
    nodeName: StrictStr = ""  # noqa: N815
    hostname: StrictStr = ""
    targetRef: NamedModel = NamedModel()  # noqa: N815


class SubsetModel(Loose):
    """One of `subsets`."""

    addresses: tuple[AddressModel, ...] = ()
    notReadyAddresses: tuple[AddressModel, ...] = ()  # noqa: N815
    ports: tuple[SlicePortModel, ...] = ()


class EndpointsModel(Loose):
    """The whole Endpoints."""

    metadata: MetadataModel
    subsets: tuple[SubsetModel, ...] = ()


def parse_endpoint_slice(raw: Raw, reading: Reading) -> EndpointSlice | None:
    """Return the EndpointSlice of a manifest; None when something is wrong (the problems are recorded)."""
    before = len(reading.problems)
    reading.slips.clear()
    check_fields(raw, (), fields.ENDPOINT_SLICE, reading)
    check_fields(raw, ("metadata",), fields.METADATA, reading)
    listed = raw.get("endpoints")
    for index in range(len(listed) if isinstance(listed, list) else 0):
        check_fields(raw, ("endpoints", index), fields.ENDPOINT, reading)
    if raw.get("addressType") == "FQDN":
        return _empty_slice(raw) if len(reading.problems) == before else None
    try:
        model = SliceModel.model_validate(raw.data)
    except ValidationError as error:
        reading.problems += explain(error, SliceModel, raw.document, raw.base, reading.slips)
        return None
    if len(reading.problems) > before:
        return None
    return _endpoint_slice(raw.data, raw.mark(), model)


def endpoint_slice_of(body: Mapping[str, Any], mark: Mark) -> EndpointSlice:
    """Return the EndpointSlice of a body that the API server has checked."""
    names_hosts = body.get("addressType") == "FQDN"
    model = SliceModel.model_validate({**body, "endpoints": []} if names_hosts else body)
    return _endpoint_slice(body, mark, model)


def _endpoint_slice(body: Mapping[str, Any], mark: Mark, model: SliceModel) -> EndpointSlice:
    endpoints = (_endpoint(given) for given in model.endpoints)
    return EndpointSlice(
        "EndpointSlice",
        str(body["apiVersion"]),
        _metadata(model.metadata),
        body,
        mark,
        address_type=model.addressType,
        endpoints=tuple(found for found in endpoints if found),
        ports=_ports(model.ports),
    )


def _empty_slice(raw: Raw) -> EndpointSlice:
    """Return a slice of host names: nobody sends packets to those, kube-proxy passes it over."""
    metadata = MetadataModel.model_validate(raw.get("metadata"))
    return EndpointSlice(
        "EndpointSlice", raw.api_version, _metadata(metadata), raw.data, raw.mark(), address_type="FQDN"
    )


def parse_endpoints(raw: Raw, reading: Reading) -> Endpoints | None:
    """Return the Endpoints of a manifest; None when something is wrong (the problems are recorded)."""
    before = len(reading.problems)
    reading.slips.clear()
    check_fields(raw, (), fields.ENDPOINTS, reading)
    check_fields(raw, ("metadata",), fields.METADATA, reading)
    try:
        model = EndpointsModel.model_validate(raw.data)
    except ValidationError as error:
        reading.problems += explain(error, EndpointsModel, raw.document, raw.base, reading.slips)
        return None
    if len(reading.problems) > before:
        return None
    return _endpoints(raw.data, raw.mark(), model)


def endpoints_of(body: Mapping[str, Any], mark: Mark) -> Endpoints:
    """Return the Endpoints of a body that the API server has checked."""
    return _endpoints(body, mark, EndpointsModel.model_validate(body))


def _endpoints(body: Mapping[str, Any], mark: Mark, model: EndpointsModel) -> Endpoints:
    subsets = tuple(
        Subset(
            _addresses(given.addresses, ready=True),
            _addresses(given.notReadyAddresses, ready=False),
            _ports(given.ports),
        )
        for given in model.subsets
    )
    return Endpoints("Endpoints", str(body["apiVersion"]), _metadata(model.metadata), body, mark, subsets=subsets)


def _metadata(model: MetadataModel) -> Metadata:
    return Metadata(model.name, model.namespace, model.labels, model.annotations)


def _ports(given: tuple[SlicePortModel, ...]) -> tuple[EndpointPort, ...]:
    return tuple(EndpointPort(port.name, port.protocol, port.port) for port in given)


def _target(reference: NamedModel) -> str:
    return f"{reference.namespace}/{reference.name}" if reference.kind == "Pod" else ""


def _endpoint(given: EndpointModel) -> Endpoint | None:
    address = next(iter(given.addresses), None)
    if address is None:
        return None
    conditions, hints = given.conditions, given.hints
    return Endpoint(
        address,
        conditions.ready,
        conditions.serving,
        conditions.terminating,
        given.nodeName,
        given.zone,
        given.hostname,
        frozenset(zone.name for zone in hints.forZones),
        frozenset(node.name for node in hints.forNodes),
        _target(given.targetRef),
    )


def _addresses(given: tuple[AddressModel, ...], *, ready: bool) -> tuple[Endpoint, ...]:
    return tuple(
        Endpoint(
            entry.ip, ready, ready, node_name=entry.nodeName, hostname=entry.hostname, target=_target(entry.targetRef)
        )
        for entry in given
        if entry.ip
    )
