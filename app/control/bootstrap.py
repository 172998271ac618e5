"""From a cluster file to a data plane: every namespace, device and table as the real programs would have left them."""

from __future__ import annotations

from app.control.cluster import LiveCluster
from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.network import Network
from app.kube.clusterfile import ClusterFile

__all__ = ["program"]


def program(cluster: ClusterFile, clock: Clock, rng: Rng) -> Network:
    """Return the network of a cluster before any traffic: caches are cold. The cluster file is not changed.

    ManifestError or Problems: an unknown CNI plugin or option, no address for a Pod or Service, a port taken twice.
    """
    return LiveCluster(cluster, clock, rng).network
