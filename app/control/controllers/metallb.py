"""metallb: gives Services of type LoadBalancer an address of its pool, and lets one node answer ARP for each.

    controller   the first free address of the pool -> status.loadBalancer
    speakers     of the nodes that may, the one whose hash of NODE#ADDRESS is lowest announces it

Acts while its Pods run: without a controller there are no new addresses, without a speaker nobody answers.
Source: metallb v0.12 controller/service.go, speaker/layer2_controller.go (ShouldAnnounce), internal/layer2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from app.control.addresspool import Pool, parse_pools
from app.control.manager import controllers
from app.control.ownership import is_deleted, spec, status
from app.control.podstate import is_active, is_ready
from app.control.reconciler import Reconciler
from app.dataplane.arp import arp_announce
from app.dataplane.packetsockets import ArpSocket
from app.kube.bodies import list_at, value_at
from app.kube.endpoints import SERVICE_NAME, EndpointSlice
from app.kube.objects import Key, Node, Object
from app.kube.selectors import Selector
from app.kube.services import Service
from app.kube.store import Event

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

NAMESPACE, CONFIG = "metallb-system", "config"
POOL_ANNOTATION = "metallb.universe.tf/address-pool"
CONTROLLER, SPEAKER = "metallb-controller", "metallb-speaker"


@controllers.register("metallb")
class MetalLb(Reconciler):
    """Allocates, and announces by ARP."""

    name = "metallb"
    kinds = ("Service", "EndpointSlice", "ConfigMap", "Pod")
    needs_network = True

    def __init__(self, live: LiveCluster) -> None:
        super().__init__(live)
        self._announced: dict[Key, tuple[str, IPv4Address]] = {}

    def keys(self, event: Event) -> Iterable[Key]:
        """A Service itself, that of a slice; all of type LoadBalancer when metallb itself changes."""
        given = event.object
        if given.kind == "Service":
            return (given.key,)
        if given.kind == "EndpointSlice":
            return (Key("Service", given.namespace, given.metadata.labels.get(SERVICE_NAME, "")),)
        if given.namespace != NAMESPACE:
            return ()
        return [each.key for each in self.store.typed(Service) if each.type == "LoadBalancer"]

    def reconcile(self, key: Key) -> None:
        """Give a Service its address, or take it back; let the right node announce it."""
        service = self.find(key)
        if not isinstance(service, Service) or service.type != "LoadBalancer" or is_deleted(service):
            self._silence(key)
            if isinstance(service, Service) and status(service).get("loadBalancer") and not is_deleted(service):
                self.write_status(service, {**status(service), "loadBalancer": {}})
            return
        pools = self._pools()
        address = _address(service)
        if address is None and pools and self._pods("controller"):
            address = self._allocate(service, pools)
        if address is None or not any(address in pool for pool in pools):
            self._silence(key)
            return
        self._announce(service, address)

    # -- the controller

    def _pools(self) -> tuple[Pool, ...]:
        config = self.store.get("ConfigMap", CONFIG, NAMESPACE)
        text = value_at(config.body, "data", "config") if config is not None else None
        return parse_pools(text) if isinstance(text, str) else ()

    def _allocate(self, service: Service, pools: tuple[Pool, ...]) -> IPv4Address | None:
        if spec(service).get("loadBalancerClass"):
            return None
        used = {found for each in self.store.typed(Service) if (found := _address(each)) is not None}
        address, why = _choose(service, pools, used)
        if address is None:
            text = f'Failed to allocate IP for "{service.key}": {why}'
            self.api.record_event(service, "Warning", "AllocationFailed", text, CONTROLLER)
            return None
        entry: dict[str, Any] = {"ip": str(address), **({"ipMode": "VIP"} if self.version >= (1, 30) else {})}
        self.write_status(service, {**status(service), "loadBalancer": {"ingress": [entry]}})
        self.api.record_event(service, "Normal", "IPAllocated", f'Assigned IP ["{address}"]', CONTROLLER)
        return address

    # -- the speakers

    def _pods(self, component: str) -> list[Object]:
        wanted = Selector.equal({"app": "metallb", "component": component})
        found = self.index.selected("Pod", NAMESPACE, wanted)
        return [pod for pod in found if is_active(pod) and is_ready(pod)]

    def _announce(self, service: Service, address: IPv4Address) -> None:
        speakers = {str(spec(pod).get("nodeName")) for pod in self._pods("speaker")}
        ready = self._nodes_with_endpoints(service)
        usable = (speakers & ready if service.external_policy == "Local" else speakers) if ready else set()
        owner = min(usable, key=lambda node: hashlib.sha256(f"{node}#{address}".encode()).digest(), default="")
        if self._announced.get(service.key) == (owner, address):
            return
        self._silence(service.key)
        node = self.store.get("Node", owner)
        if not isinstance(node, Node):
            return
        self._announced[service.key] = (owner, address)
        netns = self.live.network.namespaces[owner]
        socket = next((each for each in netns.arp_sockets if each.process == "speaker"), None)
        if socket is None:
            socket = ArpSocket(node.interface, "speaker", set())
            netns.arp_sockets.append(socket)
        socket.addresses.add(address)
        if not self.live.manager.is_bringing_up:
            arp_announce(socket, netns.interfaces[node.interface], address)
        text = f'announcing from node "{owner}"'
        self.api.record_event(service, "Normal", "nodeAssigned", text, SPEAKER)

    def _nodes_with_endpoints(self, service: Service) -> set[str]:
        """Return the nodes that have a ready endpoint of a Service; "" stands for one without a node."""
        wanted = Selector.equal({SERVICE_NAME: service.name})
        found = self.index.selected("EndpointSlice", service.namespace, wanted)
        slices = [each for each in found if isinstance(each, EndpointSlice)]
        return {endpoint.node_name for each in slices for endpoint in each.endpoints if endpoint.ready}

    def _silence(self, key: Key) -> None:
        """Stop answering for a Service's address."""
        if key not in self._announced:
            return
        owner, address = self._announced.pop(key)
        for socket in self.live.network.namespaces[owner].arp_sockets:
            if socket.process == "speaker":
                socket.addresses.discard(address)


def _address(service: Service) -> IPv4Address | None:
    """Return the address that a Service has."""
    ingress = list_at(service.body, "status", "loadBalancer", "ingress")
    text = value_at(ingress[0], "ip") if ingress and isinstance(ingress[0], Mapping) else None
    return _parsed(text)


def _parsed(text: object) -> IPv4Address | None:
    try:
        return IPv4Address(str(text)) if text else None
    except ValueError:
        return None


def _choose(service: Service, pools: tuple[Pool, ...], used: set[IPv4Address]) -> tuple[IPv4Address | None, str]:
    """Return the address that a Service gets, or why there is none."""
    asked = _parsed(spec(service).get("loadBalancerIP"))
    if asked is not None:
        if not any(asked in pool for pool in pools):
            return None, f'"{asked}" is not allowed in config'
        if asked in used:
            return None, f'can\'t change sharing key for "{service.key}", address also in use by another service'
        return asked, ""
    name = service.metadata.annotations.get(POOL_ANNOTATION)
    if name is not None:
        pool = next((each for each in pools if each.name == name), None)
        if pool is None:
            return None, f'unknown pool "{name}"'
        found = pool.free(used)
        return found, "" if found else f'no available IPs in pool "{name}"'
    for pool in pools:
        if pool.auto_assign and (found := pool.free(used)) is not None:
            return found, ""
    return None, "no available IPs"
