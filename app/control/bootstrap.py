"""From a cluster file to a data plane: every namespace, device and table as the real programs would have left them."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address

from app.control.bridge import POD_INTERFACE
from app.control.cni import plugins
from app.control.endpointslices import cluster_endpoint_slices
from app.control.kubelet import pod_netns_name, run_pods
from app.control.kubeproxy.settings import ProxyNode, ProxySettings
from app.control.nodefirewall import ensure_node_firewall
from app.control.proxy import modes
from app.control.services import cluster_services
from app.control.underlay import build_underlay
from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.network import Network
from app.kube.clusterfile import ClusterFile
from app.kube.objects import Key


def program(cluster: ClusterFile, clock: Clock, rng: Rng) -> Network:
    """Return the network of a cluster before any traffic: caches are cold. The cluster file is not changed.

    ManifestError or Problems: an unknown CNI plugin or option, no address for a Pod or Service, a port taken twice.
    """
    cni = cluster.spec.cni
    plugin = plugins.get(cni.plugin, at=cluster.marks["spec", "cni", "plugin"])(cluster)
    network = Network(clock, rng)
    build_underlay(cluster, network)
    for node in cluster.nodes:
        plugin.start_node(node, network.namespaces[node.name])
    run_pods(cluster, network, plugin)
    _run_proxies(cluster, network)
    for node in cluster.nodes:
        plugin.settle_node(network.namespaces[node.name])
    return network


def _run_proxies(cluster: ClusterFile, network: Network) -> None:
    """Do what kubelet and kube-proxy do on every node for the Services that there are."""
    settings = ProxySettings.of(cluster.spec)
    services = cluster_services(cluster)
    slices = cluster_endpoint_slices(cluster, services, _pod_addresses(cluster, network))
    mode = modes.get(cluster.spec.kube_proxy.mode, at=cluster.marks["spec", "kubeProxy", "mode"])
    proxy = mode(settings, services, slices)
    for node in cluster.nodes:
        netns = network.namespaces[node.name]
        ensure_node_firewall(netns, settings.version)
        proxy.sync_proxy_rules(ProxyNode.of(node, netns), netns)


def _pod_addresses(cluster: ClusterFile, network: Network) -> Mapping[Key, IPv4Address]:
    """Return what kubelets report as status.podIP."""
    nodes = {node.name: node.ip for node in cluster.nodes}
    found: dict[Key, IPv4Address] = {}
    for pod in cluster.pods:
        if pod.host_network:
            found[pod.key] = nodes[pod.node_name]
        else:
            interface = network.namespaces[pod_netns_name(pod)].interfaces[POD_INTERFACE]
            found[pod.key] = interface.addresses[0].interface.ip
    return found
