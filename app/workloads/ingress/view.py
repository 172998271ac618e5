"""What an ingress controller has seen of the cluster: the objects of its informers at one moment.

A controller works on a view and not on the store: its view is older than the store by as long as its watches take, and
that is where the 502s of a rolling update come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Literal, NamedTuple

from app.kube.endpoints import EndpointSlice
from app.kube.objects import Object
from app.kube.services import Service, ServicePort
from app.kube.store import Store
from app.workloads.ingress.objects import BackendRef, Ingress, IngressClass

__all__ = ["WATCHED", "Backend", "Server", "View", "Why"]

WATCHED = ("Ingress", "IngressClass", "Service", "EndpointSlice", "Secret", "ConfigMap")
"""The kinds that an ingress controller watches."""

#: Why a backend has no servers.
Why = Literal["", "service", "port", "endpoints"]


class Server(NamedTuple):
    """One endpoint: a Pod's address and port, never the ClusterIP."""

    address: IPv4Address
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


class Backend(NamedTuple):
    """The servers behind a Service's port. `missing` says what is not there when there are none."""

    servers: tuple[Server, ...]
    missing: Why = ""


@dataclass(frozen=True, slots=True)
class View:
    """Objects by what they are asked for. Ingresses are in the order of their age, then of their names."""

    ingresses: tuple[Ingress, ...] = ()
    classes: tuple[IngressClass, ...] = ()
    services: Mapping[tuple[str, str], Service] = field(default_factory=dict)
    slices: Mapping[tuple[str, str], tuple[EndpointSlice, ...]] = field(default_factory=dict)
    secrets: Mapping[tuple[str, str], Object] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store) -> View:
        """Return what the store holds now."""
        return cls.made(
            map(Ingress.of, store.list("Ingress")),
            map(IngressClass.of, store.list("IngressClass")),
            store.typed(Service),
            store.typed(EndpointSlice),
            store.list("Secret"),
        )

    @classmethod
    def made(
        cls,
        ingresses: Iterable[Ingress],
        classes: Iterable[IngressClass] = (),
        services: Iterable[Service] = (),
        slices: Iterable[EndpointSlice] = (),
        secrets: Iterable[Object] = (),
    ) -> View:
        """Return a view of these objects."""
        by_service: dict[tuple[str, str], tuple[EndpointSlice, ...]] = {}
        for each in slices:
            key = each.namespace, each.service_name
            by_service[key] = (*by_service.get(key, ()), each)
        return cls(
            tuple(sorted(ingresses, key=lambda each: (each.created, each.namespace, each.name))),
            tuple(classes),
            {(each.namespace, each.name): each for each in services},
            by_service,
            {(each.namespace, each.name): each for each in secrets},
        )

    def backend(self, ref: BackendRef, *, by_target: bool = False) -> Backend:
        """Return the ready endpoints of a Service's port, in the order of the slices.

        `by_target`: the port may also be named by its targetPort, as ingress-nginx takes it.
        """
        service = self.services.get((ref.namespace, ref.service))
        if service is None:
            return Backend((), "service")
        port = next((each for each in service.ports if _names(ref.port, each, by_target=by_target)), None)
        if port is None:
            return Backend((), "port")
        servers = tuple(dict.fromkeys(self._ready(ref, port)))
        return Backend(servers, "" if servers else "endpoints")

    def _ready(self, ref: BackendRef, port: ServicePort) -> Iterable[Server]:
        for each in self.slices.get((ref.namespace, ref.service), ()):
            if each.address_type != "IPv4":
                continue
            numbers = [found.port for found in each.ports if found.name == port.name and found.protocol == "TCP"]
            for endpoint in each.endpoints:
                if endpoint.ready:
                    yield from (Server(endpoint.address, number) for number in numbers if number is not None)


def _names(wanted: int | str, port: ServicePort, *, by_target: bool) -> bool:
    if port.protocol != "TCP":
        return False
    if wanted in (port.port, port.name):
        return True
    return by_target and str(wanted) in (str(port.port), str(port.target_port))
