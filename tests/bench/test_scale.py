"""A Service's walk in a small and in a very large cluster: what a trace costs must not grow with what it never touches.

The sender's and the receiver's neighbour tables are warm, their connection tables empty: the same walk every time. Run by
`make bench`; nothing here asserts a time.
"""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from app.control.services import cluster_services
from app.kube.clusterfile import load_cluster
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from app.sim.trace import Trace
from tests.bench.largecluster import LARGE, MIDDLE, TUTORIAL, Size, write
from tests.bench.test_walk import floor_us, note

MODES = ("iptables", "nftables")
ROUNDS = 60


@dataclass
class Place:
    """A built cluster and the question: from Pod p0 to the last Service, whose Pods are all on other nodes."""

    simulator: Simulator
    request: TraceRequest
    load_s: float
    build_s: float

    def forget(self) -> None:
        """Let no node know a connection."""
        for netns in self.simulator.network.tracking():
            netns.conntrack.forget_all()

    def trace(self) -> Trace:
        """Ask once more, with no connection known anywhere."""
        self.forget()
        return self.simulator.trace(self.request)

    def p50_us(self) -> float:
        """Microseconds of CPU that a whole trace with its evidence takes, the median of many."""
        for _ in range(5):
            self.trace()
        spent = []
        for _ in range(ROUNDS):
            self.forget()
            begun = time.process_time()
            self.simulator.trace(self.request)
            spent.append(time.process_time() - begun)
        return median(spent) * 1e6


def build(size: Size, mode: str, folder: Path) -> Place:
    """Load and build a cluster, and take the process's time for both."""
    begun = time.process_time()
    cluster = load_cluster(write(size, mode, folder))
    loaded = time.process_time()
    simulator = Simulator(cluster)
    built = time.process_time()
    last = size.services - 1
    address = next(s.cluster_ip for s in cluster_services(cluster) if s.metadata.name == f"svc{last}")
    there = f"default/p{last + size.services}"
    request = TraceRequest(from_="pod/default/p0", to=f"tcp://{address}:80", pick=(there,))
    return Place(simulator, request, loaded - begun, built - loaded)


@pytest.fixture(scope="module", params=MODES)
def places(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Place]]:
    small = build(TUTORIAL, request.param, tmp_path_factory.mktemp("small"))
    size = LARGE if request.config.getoption("benchmark_enable") else MIDDLE
    large = build(size, request.param, tmp_path_factory.mktemp("large"))
    for place in (small, large):
        for _ in range(3):  # ARP is over, and who never had the address is known
            place.trace()
    gc.collect()
    gc.freeze()
    yield small, large
    gc.unfreeze()


def test_trace_of_a_cluster_ip_in_a_small_cluster(benchmark: BenchmarkFixture, places: tuple[Place, Place]) -> None:
    """From a Pod to a ClusterIP whose Pod is on another node, over TCP: handshake, request, answer, close."""
    small = places[0]
    trace = small.trace()
    assert trace.verdict.outcome == "delivered"
    spent = small.p50_us()
    benchmark.pedantic(small.trace, rounds=1)
    note(benchmark, spent / 1000, f"ms p50 a trace ({len(trace.hops)} hops)", floor_us(len(trace.hops)) / 1000)


def test_the_same_trace_in_a_very_large_cluster(benchmark: BenchmarkFixture, places: tuple[Place, Place]) -> None:
    """1,000 nodes, 30,000 Pods, 10,000 Services: the ratio is to the small cluster's trace, not to the floor."""
    small, large = places
    trace, other = small.trace(), large.trace()
    assert other.verdict.outcome == "delivered"
    assert len(trace.hops) == len(other.hops)
    before, spent = small.p50_us(), large.p50_us()
    benchmark.pedantic(large.trace, rounds=1)
    note(benchmark, spent / 1000, "ms p50 a trace; as ratio to the small cluster's", before / 1000)


def test_building_a_very_large_cluster(benchmark: BenchmarkFixture, places: tuple[Place, Place]) -> None:
    large = places[1]
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    benchmark.pedantic(lambda: None, rounds=1)
    unit = f"s to build it, {large.load_s:.1f} s to load it before, {peak_mib:.0f} MiB at most"
    note(benchmark, large.build_s, unit, floor_us(sum(LARGE)) / 1e6)
