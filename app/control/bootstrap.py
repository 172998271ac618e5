"""From a cluster file to a data plane: every namespace, device and table as the real programs would have left them."""

from __future__ import annotations

from app.control.cni import plugins
from app.control.kubelet import run_pods
from app.control.underlay import build_underlay
from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.network import Network
from app.kube.clusterfile import ClusterFile


def program(cluster: ClusterFile, clock: Clock, rng: Rng) -> Network:
    """Return the network of a cluster before any traffic: caches are cold. The cluster file is not changed.

    ManifestError or Problems: an unknown CNI plugin or option, no address for a Pod, a port taken twice.
    """
    cni = cluster.spec.cni
    plugin = plugins.get(cni.plugin, at=cluster.marks["spec", "cni", "plugin"])(cluster)
    network = Network(clock, rng)
    build_underlay(cluster, network)
    for node in cluster.nodes:
        plugin.start_node(node, network.namespaces[node.name])
    run_pods(cluster, network, plugin)
    return network
