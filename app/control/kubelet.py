"""The kubelet: for each Pod of its node a namespace, an interface (CNI ADD), and the sockets of its containers."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from app.control.bridge import POD_INTERFACE
from app.control.cni import AddRequest
from app.control.ipam.host_local import Address, IpamError
from app.control.naming import netns_link_name
from app.control.sysctls import set_sysctls
from app.core.errors import ManifestError, PodwalkError, raise_problems
from app.dataplane.netns import NetNs
from app.dataplane.sockets import Listener
from app.kube.listens import image_listens, image_name
from app.kube.objects import Key, Pod
from app.workloads.images import image_of
from app.workloads.machine import Container, Machine

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

__all__ = ["Kubelet", "pod_netns_name"]


def pod_netns_name(pod: Pod) -> str:
    """Return the name of the namespace that a Pod's processes are in; a hostNetwork Pod's is its node's."""
    return pod.node_name if pod.host_network else f"pod/{pod.namespace}/{pod.name}"


class Kubelet:
    """The kubelets of all nodes. `addresses` is what they report as status.podIP, by Pod."""

    def __init__(self, live: LiveCluster) -> None:
        self.live = live
        self.nodes = {node.name: node for node in live.file.nodes}
        self.addresses: dict[Key, IPv4Address] = {}
        self._pinned: frozenset[Address] = frozenset(pod.pinned_ip for pod in live.file.pods if pod.pinned_ip)

    def bring_up(self) -> None:
        """Start every Pod, in file order. Problems (no address, port taken) are told at once, each at its Pod."""
        problems: list[PodwalkError] = []
        for pod in self.live.file.pods:
            try:
                self.start_pod(pod)
            except PodwalkError as error:
                problems.append(error)
        raise_problems(problems)

    def start_pod(self, pod: Pod) -> Machine:
        """Make a Pod's sandbox and start its containers. ManifestError: no address, or a port is taken."""
        name = f"pod/{pod.namespace}/{pod.name}"
        machine = Machine(name, self._sandbox(pod), pod.node_name if pod.host_network else pod.name, pod=pod)
        self.live.machines[name] = machine
        if pod.host_network:
            self.addresses[pod.key] = self.nodes[pod.node_name].ip
        else:
            self.addresses[pod.key] = machine.netns.interfaces[POD_INTERFACE].addresses[0].interface.ip
        for index, part in enumerate(pod.containers):
            spec = pod.body["spec"]["containers"][index]
            machine.containers[part.name] = Container(machine, part.name, part.image, spec)
        self._open_sockets(pod, machine)
        return machine

    def _sandbox(self, pod: Pod) -> NetNs:
        """Return the namespace of a Pod's processes, made and connected."""
        network = self.live.network
        node_netns = network.namespaces[pod.node_name]
        if pod.host_network:
            network.aliases[f"pod/{pod.namespace}/{pod.name}"] = node_netns.name
            return node_netns
        link_name = netns_link_name(pod.namespace, pod.name)
        netns = network.add_namespace(pod_netns_name(pod), host=pod.node_name, link_name=link_name)
        set_sysctls(netns)
        if image_name(pod.containers[0].image).rpartition("/")[2] == "busybox":
            netns.userland = "busybox"
        try:
            self.live.plugin.add(AddRequest(pod, netns, self.nodes[pod.node_name], node_netns, self._pinned))
        except IpamError as error:
            raise ManifestError(
                f"Pod {pod.key}: no network for its sandbox on {pod.node_name}: {error}",
                hint="give the node a wider podCIDR, or put the Pod on another node",
                at=pod.pin_mark or pod.mark,
            ) from None
        return netns

    def _open_sockets(self, pod: Pod, machine: Machine) -> None:
        """Start what the containers run; sockets that no image of app.workloads opens echo what comes."""
        clock = self.live.clock
        for container in machine.containers.values():
            kind = image_of(container.image)
            container.state, container.started_us = "running", clock.now_us
            if kind is not None:
                program = kind(container, self.live.world)
                container.program = program
                program.start()
        first = next(iter(machine.containers.values()))
        opened = {(each.proto, each.port) for part in machine.containers.values() for each in part.listeners}
        for listen in pod.listens:
            if (listen.protocol, listen.port) in opened:
                continue
            try:
                first.listen(Listener(listen.protocol, listen.port, _process(pod, str(listen))))
            except ValueError as error:
                raise ManifestError(
                    f"Pod {pod.key}: {listen} on {pod.node_name}: {error}",
                    hint="hostNetwork Pods of one node share its ports; change podwalk.dev/listens, or the node",
                    at=pod.mark,
                ) from None


def _process(pod: Pod, listen: str) -> str:
    """Return the program behind a socket: the last word of the image that opens it, else of the first image."""
    images = [container.image for container in pod.containers]
    opener = next((image for image in images if listen in map(str, image_listens(image))), images[0])
    return image_name(opener).rpartition("/")[2]
