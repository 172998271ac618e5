"""What CoreDNS's informers keep of Services, EndpointSlices and Namespaces, by the keys that queries ask for.

Source: CoreDNS plugin/kubernetes/controller.go (indexes), object/service.go, object/endpoint.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from app.kube.endpoints import SERVICE_NAME
from app.kube.objects import Object
from app.kube.store import Event, Store

__all__ = ["DnsIndex", "EndpointAddress", "ServiceView"]

#: They exist in every cluster.
BUILT_IN_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
#: What stands for "no ports": an address record is made, a SRV record is not.
NO_PORT = ("", "", -1)
Port = tuple[str, str, int]


class ServiceView(Struct, frozen=True):
    """A Service as CoreDNS keeps it; a port is (name, protocol, number)."""

    namespace: str
    name: str
    cluster_ips: tuple[str, ...]
    external_name: str
    ports: tuple[Port, ...]

    @property
    def is_headless(self) -> bool:
        """Whether clusterIP is None."""
        return self.cluster_ips[:1] == ("None",)


class EndpointAddress(Struct, frozen=True):
    """One ready address of an EndpointSlice; `slice_name` is the object it stands in."""

    ip: str
    hostname: str
    ports: tuple[Port, ...]
    slice_name: str

    @property
    def label(self) -> str:
        """Its name below the Service: the hostname, else its address with dashes. Source: endpointHostname()."""
        return self.hostname or self.ip.replace(".", "-").replace(":", "-")


Place = tuple[str, str]


class DnsIndex:
    """The objects of a store by what is asked for. It follows the store's events."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._services: dict[Place, ServiceView] = {}
        self._place_of_slice: dict[Place, Place] = {}
        self._slices: dict[Place, dict[str, tuple[EndpointAddress, ...]]] = {}
        self._service_of_ip: dict[str, dict[Place, None]] = {}
        self._slices_of_ip: dict[str, dict[tuple[str, str, str], None]] = {}
        self.changes = 0
        for kind in ("Service", "EndpointSlice"):
            for found in store.list(kind):
                self._add(found)
        self._stop = store.watch(self._on_event)

    def close(self) -> None:
        """End the watch."""
        self._stop()

    def service(self, namespace: str, name: str) -> ServiceView | None:
        """Return a Service."""
        return self._services.get((namespace, name))

    def endpoints(self, namespace: str, service: str) -> Iterator[EndpointAddress]:
        """Yield the ready addresses of a Service's slices."""
        for addresses in self._slices.get((namespace, service), {}).values():
            yield from addresses

    def slice_names(self, namespace: str, service: str) -> tuple[str, ...]:
        """Return the names of a Service's slices."""
        return tuple(self._slices.get((namespace, service), ()))

    def services_with(self, ip: str) -> tuple[Place, ...]:
        """Return the Services that have the ClusterIP."""
        return tuple(self._service_of_ip.get(ip, ()))

    def endpoints_with(self, ip: str) -> Iterator[tuple[str, str, EndpointAddress]]:
        """Yield (namespace, Service, address) for each slice that has the address."""
        for namespace, service, name in self._slices_of_ip.get(ip, ()):
            for address in self._slices[namespace, service][name]:
                if address.ip == ip:
                    yield namespace, service, address

    def has_namespace(self, name: str) -> bool:
        """Whether the namespace exists: a Namespace object, one that always exists, or one that a Service is in."""
        if name in BUILT_IN_NAMESPACES or self.store.get("Namespace", name) is not None:
            return True
        return any(namespace == name for namespace, _ in self._services)

    # --- following the store ------------------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        if event.object.kind not in ("Service", "EndpointSlice"):
            return
        self.changes += 1
        self._remove(event.object)
        if event.type != "DELETED":
            self._add(event.object)

    def _add(self, found: Object) -> None:
        if found.kind == "Service":
            view = _service_view(found)
            place = (view.namespace, view.name)
            self._services[place] = view
            for ip in view.cluster_ips:
                self._service_of_ip.setdefault(ip, {})[place] = None
            return
        service = found.metadata.labels.get(SERVICE_NAME, "")
        if not service:
            return
        addresses = tuple(_addresses(found))
        self._place_of_slice[found.namespace, found.name] = (found.namespace, service)
        self._slices.setdefault((found.namespace, service), {})[found.name] = addresses
        for address in addresses:
            self._slices_of_ip.setdefault(address.ip, {})[found.namespace, service, found.name] = None

    def _remove(self, found: Object) -> None:
        """Take out what was kept of an object's last state."""
        if found.kind == "Service":
            view = self._services.pop((found.namespace, found.name), None)
            for ip in view.cluster_ips if view else ():
                self._service_of_ip.get(ip, {}).pop((found.namespace, found.name), None)
            return
        place = self._place_of_slice.pop((found.namespace, found.name), None)
        for address in self._slices[place].pop(found.name) if place else ():
            self._slices_of_ip.get(address.ip, {}).pop((*place, found.name), None)  # type: ignore[misc]


def _service_view(found: Object) -> ServiceView:
    spec = found.body.get("spec") or {}
    ips = tuple(spec.get("clusterIPs") or ()) or tuple(filter(None, [spec.get("clusterIP")]))
    external = str(spec.get("externalName", "")) if spec.get("type") == "ExternalName" else ""
    ports = tuple(
        (str(port.get("name", "")), str(port.get("protocol") or "TCP"), int(port["port"]))
        for port in spec.get("ports") or ()
    )
    return ServiceView(found.namespace, found.name, () if external else ips, external, ports or (NO_PORT,))


def _addresses(found: Object) -> Iterator[EndpointAddress]:
    """Yield the addresses that are ready; what does not say is ready. Source: endpointsliceReady()."""
    body = found.body
    if body.get("addressType") == "FQDN":
        return
    ports = tuple(_slice_ports(body)) or (NO_PORT,)
    for endpoint in body.get("endpoints") or ():
        if (endpoint.get("conditions") or {}).get("ready") is False:
            continue
        for ip in endpoint.get("addresses") or ():
            yield EndpointAddress(str(ip), str(endpoint.get("hostname") or ""), ports, found.name)


def _slice_ports(body: Any) -> Iterator[Port]:
    for port in body.get("ports") or ():
        yield str(port.get("name") or ""), str(port.get("protocol") or "TCP"), int(port.get("port") or -1)
