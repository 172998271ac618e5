"""What the control plane costs, and how it grows: a Deployment of many replicas, one endpoint among many Services.

Run by `make bench`; nothing here asserts a time. With benchmarks switched off the sizes are small: only the code is tried.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from app.control.cluster import LiveCluster
from app.control.ownership import status
from app.core.clock import Clock
from app.core.rng import Rng
from app.kube.clusterfile import load_cluster, load_cluster_text
from app.kube.endpoints import EndpointSlice
from tests.bench.largecluster import Size, write
from tests.bench.test_walk import note

NODES = 12
SECOND_US = 1_000_000
DEPLOYMENT: Mapping[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "nginx"}]},
        },
    },
}


def apply(replicas: int) -> float:
    """Return the CPU seconds from the API write until every Pod runs and is ready."""
    names = "".join(f"{{name: n{number}}}, " for number in range(NODES))
    text = f"apiVersion: podwalk.dev/v1\nkind: Cluster\nspec: {{addons: [], nodes: [{names}]}}\n"
    live = LiveCluster(load_cluster_text(text), Clock(), Rng(0))
    begun = time.process_time()
    live.api.create({**DEPLOYMENT, "spec": {**DEPLOYMENT["spec"], "replicas": replicas}})
    live.clock.run_until(30 * SECOND_US)
    spent = time.process_time() - begun
    assert status(live.api.get("Deployment", "web", "default"))["availableReplicas"] == replicas
    return spent


def test_applying_a_deployment_of_a_thousand_replicas(
    benchmark: BenchmarkFixture, request: pytest.FixtureRequest
) -> None:
    """The ratio is to a tenth of the replicas: 10 is linear, 100 would be quadratic."""
    most = 1_000 if request.config.getoption("benchmark_enable") else 40
    small, large = apply(most // 10), apply(most)
    benchmark.pedantic(lambda: None, rounds=1)
    note(benchmark, large * 1000, f"ms until {most:,} replicas are ready; as ratio to a tenth of them", small * 1000)


def change(services: int, nodes: int, mode: str, folder: Path) -> float:
    """Return the median CPU milliseconds of one Pod's readiness: API, slice, Endpoints, the rules of every node."""
    folder.mkdir()
    size = Size(nodes, services * 2, services)
    live = LiveCluster(load_cluster(write(size, mode, folder)), Clock(), Rng(0))
    spent = []
    for turn in range(8):
        pod = live.api.get("Pod", "p7", "default")
        value = "False" if turn % 2 == 0 else "True"
        conditions = [
            {**each, "status": value} if each["type"] == "Ready" else each for each in status(pod)["conditions"]
        ]
        begun = time.process_time()
        live.api.put_status(pod, {**status(pod), "conditions": conditions})
        live.clock.run_until(live.clock.now_us + 3 * SECOND_US)
        spent.append((time.process_time() - begun) * 1000)
        (found,) = (each for each in live.store.typed(EndpointSlice) if each.service_name == "svc7")
        assert {e.target: e.ready for e in found.endpoints}["default/p7"] is (value == "True")
    return median(spent[2:])


@pytest.mark.parametrize("mode", ["iptables", "nftables"])
def test_one_endpoint_among_ten_thousand_services(
    benchmark: BenchmarkFixture, request: pytest.FixtureRequest, mode: str, tmp_path: Path
) -> None:
    """A node a hundred Services, at least twelve; each has two Pods. The ratio is to a hundred Services on as many nodes."""
    most = 10_000 if request.config.getoption("benchmark_enable") else 200
    nodes = max(NODES, most // 100)
    small, large = change(100, nodes, mode, tmp_path / "small"), change(most, nodes, mode, tmp_path / "large")
    benchmark.pedantic(lambda: None, rounds=1)
    note(benchmark, large, f"ms with {most:,} Services on {nodes} nodes; as ratio to 100 Services", small)
