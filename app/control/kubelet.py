"""The kubelet: for each Pod of its node a namespace, an interface (CNI ADD), and the sockets of its containers."""

from __future__ import annotations

from collections.abc import Mapping

from app.control.cni import AddRequest, CniPlugin
from app.control.ipam.host_local import Address, IpamError
from app.control.naming import netns_link_name
from app.control.sysctls import set_sysctls
from app.core.errors import ManifestError, PodwalkError, raise_problems
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.sockets import Listener
from app.kube.clusterfile import ClusterFile
from app.kube.listens import image_listens, image_name
from app.kube.objects import Node, Pod


def pod_netns_name(pod: Pod) -> str:
    """Return the name of the namespace that a Pod's processes are in; a hostNetwork Pod's is its node's."""
    return pod.node_name if pod.host_network else f"pod/{pod.namespace}/{pod.name}"


def run_pods(cluster: ClusterFile, network: Network, plugin: CniPlugin) -> None:
    """Start every Pod, in file order. Problems (no address, port taken) are told at once, each at its Pod."""
    nodes = {node.name: node for node in cluster.nodes}
    pinned: frozenset[Address] = frozenset(pod.pinned_ip for pod in cluster.pods if pod.pinned_ip)
    problems: list[PodwalkError] = []
    for pod in cluster.pods:
        try:
            netns = _sandbox(pod, network, nodes, plugin, pinned)
            _open_sockets(pod, netns)
        except PodwalkError as error:
            problems.append(error)
    raise_problems(problems)


def _sandbox(
    pod: Pod, network: Network, nodes: Mapping[str, Node], plugin: CniPlugin, pinned: frozenset[Address]
) -> NetNs:
    """Return the namespace of a Pod's processes, made and connected."""
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
        plugin.add(AddRequest(pod, netns, nodes[pod.node_name], node_netns, pinned))
    except IpamError as error:
        raise ManifestError(
            f"Pod {pod.key}: no network for its sandbox on {pod.node_name}: {error}",
            hint="give the node a wider podCIDR, or put the Pod on another node",
            at=pod.pin_mark or pod.mark,
        ) from None
    return netns


def _open_sockets(pod: Pod, netns: NetNs) -> None:
    for listen in pod.listens:
        try:
            netns.sockets.listen(Listener(listen.protocol, listen.port, _process(pod, str(listen))))
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
