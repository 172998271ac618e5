"""A cluster that lives: its objects, its controllers, its machines and its network, from a cluster file.

    the file's objects -> ClusterIPs, ports -> controllers come to rest -> underlay, CNI -> Pods -> kube-proxy -> watch

At time 0 everything that the file holds is up and ready; what changes later takes its time on the virtual clock.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from app.control.addons import addon_bodies
from app.control.cni import plugins
from app.control.endpointslices import api_servers_endpoints, cluster_endpoint_slices
from app.control.kubelet import Kubelet
from app.control.manager import Manager
from app.control.nodefiles import write_node_files
from app.control.ownership import ObjectIndex
from app.control.proxies import Proxies
from app.control.services import KUBERNETES, cluster_services
from app.control.underlay import build_underlay
from app.core.clock import Clock
from app.core.garbage import collector_paused
from app.core.rng import Rng
from app.dataplane.network import Network
from app.kube.api import ApiServer
from app.kube.clusterfile import ClusterFile
from app.kube.objects import Key, Pod
from app.kube.services import Service
from app.kube.typed import typed_object
from app.workloads.hostpages import serve_hosts
from app.workloads.hosts import prepare_host
from app.workloads.machine import Machine, World

__all__ = ["LiveCluster"]


class LiveCluster:
    """One cluster. The cluster file is not changed: `file` is it, over a store of this cluster's own.

    `machines` are by name: node/NAME, ext/NAME, pod/NAMESPACE/NAME. ManifestError or Problems: an unknown CNI plugin or
    option, or addon, no address for a Pod or Service, a port taken twice.
    """

    @collector_paused()
    def __init__(self, file: ClusterFile, clock: Clock, rng: Rng) -> None:
        self.file = replace(file, store=file.store.copy())
        self.spec = file.spec
        self.store = self.file.store
        self.clock = clock
        self.rng = rng
        self.network = Network(clock, rng)
        self.world = World(self.spec, self.store, clock, self.network, rng)
        plugin = plugins.get(self.spec.cni.plugin, at=file.marks["spec", "cni", "plugin"])
        self._addon_services: set[Key] = set()
        self._install_addons()
        services = cluster_services(self.file)
        for service in services:
            self.store.apply(service)
        self.api = ApiServer(self.spec, self.store, lambda: self.now)
        services = tuple(self._kept(service) for service in services)
        self.index = ObjectIndex(self.store)
        self.manager = Manager(self)
        self.manager.bring_up()
        self.plugin = plugin(self.file)
        build_underlay(self.file, self.network)
        self._make_hosts()
        serve_hosts(self.world)
        for node in self.file.nodes:
            self.plugin.start_node(node, self.network.namespaces[node.name])
        write_node_files(self)
        self.kubelet = Kubelet(self)
        self.kubelet.bring_up()
        addresses = self.kubelet.addresses
        for each in cluster_endpoint_slices(self.file, services, self.index, addresses, self._addon_services):
            if self.store.get(each.kind, each.name, each.namespace) is not each:
                self.api.adopt(each)
        self._add_api_servers_endpoints()
        self.kubelet.watch()
        self.manager.finish()
        self.proxies = Proxies(self)
        self.proxies.bring_up()
        for node in self.file.nodes:
            self.plugin.settle_node(self.network.namespaces[node.name])
        self.proxies.watch()

    def _add_api_servers_endpoints(self) -> None:
        body = api_servers_endpoints(self.file)
        known = self.store.get("Endpoints", KUBERNETES.name, KUBERNETES.namespace)
        if self.spec.controllers == "all" and known is None and body["subsets"][0]["addresses"]:
            self.api.create(body)

    @property
    def machines(self) -> dict[str, Machine]:
        """Every host and Pod, by name."""
        return self.world.machines

    @property
    def now(self) -> datetime:
        """The model's present."""
        return self.spec.clock + timedelta(microseconds=self.clock.now_us)

    def _kept(self, service: Service) -> Service:
        """Return a Service as the API server has it."""
        found = self.store.get(service.kind, service.name, service.namespace)
        return found if isinstance(found, Service) else service

    def _install_addons(self) -> None:
        """Create the addons' objects, after those of the file; one that the file has itself stays as it is."""
        for body in addon_bodies(self.spec, self.file.marks):
            made = typed_object(body)
            if isinstance(made, Pod) and not made.node_name and self.file.nodes:
                place = min(self.file.nodes, key=lambda node: not node.is_control_plane)
                made = typed_object({**body, "spec": {**body["spec"], "nodeName": place.name}})
            if self.store.get(made.kind, made.name, made.namespace) is None:
                self.store.apply(made)
                self._addon_services.add(made.key)

    def _make_hosts(self) -> None:
        """Give every node and outside host its machine."""
        nodes = {node.name for node in self.file.nodes}
        for netns in self.network.namespaces.values():
            if netns.is_tapped:
                name = f"node/{netns.name}" if netns.name in nodes else netns.name
                machine = self.machines[name] = Machine(name, netns, netns.name.rpartition("/")[2])
                prepare_host(machine, self.world)
