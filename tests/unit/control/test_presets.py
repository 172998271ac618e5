"""The cluster files that come with podwalk build."""

from pathlib import Path

import pytest

from app.control.cluster import LiveCluster
from app.core.clock import Clock
from app.core.rng import Rng
from app.kube.clusterfile import load_cluster

CLUSTERS = Path(__file__).parents[3] / "lessons" / "clusters"


@pytest.mark.parametrize("name", sorted(path.name for path in CLUSTERS.glob("*.yaml")))
def test_a_preset_builds_without_a_note(name: str) -> None:
    cluster = load_cluster([str(CLUSTERS / name)])
    assert (cluster.notes, cluster.unacted) == ((), ())
    assert {"k8s-node-11", "k8s-node-12", "ext/gateway"} <= set(
        LiveCluster(cluster, Clock(), Rng(0)).network.namespaces
    )


def test_the_tutorial_has_the_addresses_that_it_prints() -> None:
    network = LiveCluster(load_cluster([str(CLUSTERS / "tutorial.yaml")]), Clock(), Rng(0)).network
    addresses = {
        name: str(netns.interfaces["eth0"].addresses[0].interface)
        for name, netns in network.namespaces.items()
        if name.startswith(("pod/", "ext/client"))
    }
    assert addresses == {
        "ext/client": "10.0.0.200/24",
        "pod/default/my-nginx-1": "10.2.2.48/24",
        "pod/default/my-nginx-2": "10.2.2.49/24",
        "pod/default/my-nginx-13": "10.2.1.35/24",
    }
