"""The container runtime of every node: sandboxes with their network (CNI ADD, DEL), containers with files and programs.

Source: Kubernetes CRI (RunPodSandbox, CreateContainer, StopPodSandbox); pkg/kubelet/kubelet_pods.go (hosts, mounts).
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from app.control.bridge import POD_INTERFACE
from app.control.cni import AddRequest
from app.control.hostports import forward_host_ports, unforward_host_ports
from app.control.ipam.host_local import Address, IpamError
from app.control.naming import netns_link_name
from app.control.sysctls import set_sysctls
from app.core.errors import ManifestError
from app.dataplane.netns import NetNs
from app.dataplane.sockets import Listener
from app.kube.bodies import list_at, value_at
from app.kube.listens import ANNOTATION, Listen, image_listens, image_name
from app.kube.objects import Pod
from app.workloads.dns.resolvconf import resolv_conf
from app.workloads.images import Image, image_of
from app.workloads.machine import Container, Machine
from app.workloads.volumes import mount

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

__all__ = ["Runtime", "machine_name", "pod_netns_name"]

SHARED = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
"""Files that all containers of a Pod have in common: kubelet and runtime make them once."""
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  (a directory)


def pod_netns_name(pod: Pod) -> str:
    """Return the name of the namespace that a Pod's processes are in; a hostNetwork Pod's is its node's."""
    return pod.node_name if pod.host_network else f"pod/{pod.namespace}/{pod.name}"


def machine_name(pod: Pod) -> str:
    """Return what a Pod is called on the command line."""
    return f"pod/{pod.namespace}/{pod.name}"


class Runtime:
    """Makes and removes what a Pod is on its node."""

    def __init__(self, live: LiveCluster) -> None:
        self.live = live
        self.nodes = {node.name: node for node in live.file.nodes}
        self._pinned: frozenset[Address] = frozenset(pod.pinned_ip for pod in live.file.pods if pod.pinned_ip)

    def run_sandbox(self, pod: Pod) -> Machine:
        """Make a Pod's namespace and files, its containers still waiting. ManifestError: no address for it."""
        machine = Machine(machine_name(pod), self._netns(pod), self._hostname(pod), pod=pod)
        self.live.machines[machine.name] = machine
        self._write_shared(pod, machine)
        for index, part in enumerate(pod.containers):
            spec = pod.body["spec"]["containers"][index]
            container = Container(machine, part.name, part.image, spec)
            container.files.mounted.update(dict.fromkeys(SHARED, machine.files))
            machine.containers[part.name] = container
        return machine

    def address(self, pod: Pod, machine: Machine) -> IPv4Address:
        """Return a Pod's address: that of eth0, or its node's."""
        if pod.host_network:
            return self.nodes[pod.node_name].ip
        return machine.netns.interfaces[POD_INTERFACE].addresses[0].interface.ip

    def start_container(self, container: Container) -> None:
        """Run a container's program. ValueError: a port is taken."""
        container.state, container.started_us, container.exit_code = "running", self.live.clock.now_us, None
        kind = image_of(container.image)
        program = kind(container, self.live.world) if kind is not None else None
        container.program = program
        assert container.machine.pod is not None
        container.files.write(f"{TOKEN_PATH}/namespace", container.machine.pod.namespace)
        mount(container, self.live.store)
        if program is not None:
            program.start()
        self._echo_sockets(container)

    def stop_container(self, container: Container, code: int = 0) -> None:
        """End a container's program: its sockets close, connections that it has are its program's affair."""
        on_exit, container.on_exit = container.on_exit, None
        container.exit(code)
        container.on_exit = on_exit
        if isinstance(container.program, Image):
            container.program.stop()

    def remove_sandbox(self, pod: Pod, machine: Machine) -> None:
        """Delete a Pod's namespace, give its address back, forget its containers."""
        for container in machine.containers.values():
            self.stop_container(container)
        self.live.machines.pop(machine.name, None)
        network = self.live.network
        if pod.host_network:
            network.aliases.pop(machine.name, None)
            return
        unforward_host_ports(network.namespaces[pod.node_name], pod, self.live.spec.cni.plugin)
        self.live.plugin.delete(self._request(pod, machine.netns))
        network.remove_namespace(machine.netns.name)

    # --- the sandbox --------------------------------------------------------------------------------------------------

    def _netns(self, pod: Pod) -> NetNs:
        """Return the namespace of a Pod's processes, made and connected."""
        network = self.live.network
        if pod.host_network:
            network.aliases[machine_name(pod)] = pod.node_name
            return network.namespaces[pod.node_name]
        link_name = netns_link_name(pod.namespace, pod.name)
        netns = network.add_namespace(pod_netns_name(pod), host=pod.node_name, link_name=link_name)
        set_sysctls(netns)
        if image_name(pod.containers[0].image).rpartition("/")[2] == "busybox":
            netns.userland = "busybox"
        try:
            self.live.plugin.add(self._request(pod, netns))
        except IpamError as error:
            network.remove_namespace(netns.name)
            raise ManifestError(
                f"Pod {pod.key}: no network for its sandbox on {pod.node_name}: {error}",
                hint="give the node a wider podCIDR, or put the Pod on another node",
                at=pod.pin_mark or pod.mark,
            ) from None
        host_ports = (netns.interfaces[POD_INTERFACE].addresses[0].interface, self.live.spec.cni.plugin)
        forward_host_ports(network.namespaces[pod.node_name], pod, *host_ports)
        return netns

    def _request(self, pod: Pod, netns: NetNs) -> AddRequest:
        node_netns = self.live.network.namespaces[pod.node_name]
        return AddRequest(pod, netns, self.nodes[pod.node_name], node_netns, self._pinned)

    def _hostname(self, pod: Pod) -> str:
        given = value_at(pod.body, "spec", "hostname")
        return pod.node_name if pod.host_network else str(given) if given else pod.name

    def _write_shared(self, pod: Pod, machine: Machine) -> None:
        address = self.address(pod, machine)
        machine.files.write("/etc/hostname", f"{machine.hostname}\n")
        node = self.live.machines[f"node/{pod.node_name}"].files.read("/etc/resolv.conf") or ""
        machine.files.write("/etc/resolv.conf", resolv_conf(pod.body, self.live.spec, node))
        machine.files.write("/etc/hosts", _hosts(pod, machine.hostname, address, self.live.spec.cluster_domain))

    # --- files and sockets --------------------------------------------------------------------------------------------

    def _echo_sockets(self, container: Container) -> None:
        """Open the sockets that the manifest names and no program has opened: they send back what comes."""
        machine, pod = container.machine, container.machine.pod
        assert pod is not None
        if container is not next(iter(machine.containers.values())):
            return
        opened = {(each.proto, each.port) for part in machine.containers.values() for each in part.listeners}
        for listen in _echoed(pod):
            if (listen.protocol, listen.port) not in opened:
                process = _process(pod, str(listen))
                container.listen(Listener(listen.protocol, listen.port, process, listen.address))


def _hosts(pod: Pod, hostname: str, address: IPv4Address, domain: str) -> str:
    """Return /etc/hosts. Source: kubelet_pods.go, managedHostsFileContent()."""
    lines = [
        "# Kubernetes-managed hosts file.", "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::\tip6-localnet", "fe00::\tip6-mcastprefix", "fe00::1\tip6-allnodes", "fe00::2\tip6-allrouters",
    ]  # fmt: skip
    subdomain = value_at(pod.body, "spec", "subdomain")
    full = f"{hostname}.{subdomain}.{pod.namespace}.svc.{domain}\t" if subdomain else ""
    lines.append(f"{address}\t{full}{hostname}")
    aliases = list_at(pod.body, "spec", "hostAliases")
    if aliases:
        lines += ["", "# Entries added by HostAliases."]
        lines += ["\t".join([str(each.get("ip")), *map(str, each.get("hostnames") or ())]) for each in aliases]
    return "".join(f"{line}\n" for line in lines)


def _echoed(pod: Pod) -> tuple[Listen, ...]:
    """Return the sockets that no program is asked to open: an image that is modelled opens its own."""
    if ANNOTATION in pod.metadata.annotations:
        return pod.listens
    wanted = {each for part in pod.containers if image_of(part.image) is None for each in image_listens(part.image)}
    return tuple(listen for listen in pod.listens if listen in wanted)


def _process(pod: Pod, listen: str) -> str:
    """Return the program behind a socket: the last word of the image that opens it, else of the first image."""
    images = [container.image for container in pod.containers]
    opener = next((image for image in images if listen in map(str, image_listens(image))), images[0])
    return image_name(opener).rpartition("/")[2]
