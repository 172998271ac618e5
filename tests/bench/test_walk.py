"""What a hop and a cluster cost, beside the floor: the same number of bare Python calls.

`make bench` prints the figures; nothing here asserts a time, so a busy machine breaks no test.
"""

import timeit
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from app.core import assets
from app.kube.clusterfile import ClusterFile, load_cluster
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from app.sim.trace import Trace, to_json

SENDER = "pod/default/my-nginx-1"
RECEIVER = ("default", "my-nginx-13")


def bare_call(value: int) -> int:
    return value


def floor_us(calls: int) -> float:
    """Microseconds that `calls` calls of an empty function take, the best of many rounds."""
    code = "".join("call(0)\n" for _ in range(calls))
    return min(timeit.repeat(code, globals={"call": bare_call}, number=200, repeat=20)) / 200 * 1e6


def note(benchmark: BenchmarkFixture, figure: float, unit: str, floor: float) -> None:
    """Keep a figure and its ratio to the floor for the summary and the JSON report."""
    benchmark.extra_info.update(
        figure=round(figure, 2), unit=unit, floor=round(floor, 4), ratio=round(figure / floor, 1)
    )


def best_us(benchmark: BenchmarkFixture) -> float:
    """The best round in microseconds; 0 when benchmarks are switched off."""
    return float(benchmark.stats.stats.min) * 1e6 if benchmark.stats else 0.0


@pytest.fixture(scope="module")
def paths() -> list[Path]:
    lessons = assets.lessons_dir()
    return [lessons / "clusters/tutorial-flannel.yaml", *sorted((lessons / "manifests").glob("*.yaml"))]


@pytest.fixture(scope="module")
def cluster(paths: list[Path]) -> ClusterFile:
    return load_cluster([str(path) for path in paths])


@pytest.fixture(scope="module")
def ping(cluster: ClusterFile) -> TraceRequest:
    """A ping to a Pod on another node, at the address that the address manager gave it."""
    network = Simulator(cluster).network
    eth0 = network.namespaces["pod/{}/{}".format(*RECEIVER)].interfaces["eth0"]
    return TraceRequest(from_=SENDER, to=f"icmp://{eth0.addresses[0].interface.ip}")


def test_cross_node_ping_with_cold_caches(
    benchmark: BenchmarkFixture, cluster: ClusterFile, ping: TraceRequest
) -> None:
    """Request and reply with ARP on every link: each round has a fresh cluster, whose building is not counted."""

    def fresh() -> tuple[tuple[Simulator, TraceRequest], dict[str, object]]:
        return (Simulator(cluster), ping), {}

    trace: Trace = benchmark.pedantic(Simulator.trace, setup=fresh, rounds=200, warmup_rounds=20)
    assert trace.verdict.outcome == "delivered"
    hops = len(trace.hops)
    note(
        benchmark,
        best_us(benchmark) / hops,
        f"us a hop ({hops} hops, {best_us(benchmark):.0f} us)",
        floor_us(hops) / hops,
    )


def test_cross_node_ping_with_warm_caches(
    benchmark: BenchmarkFixture, cluster: ClusterFile, ping: TraceRequest
) -> None:
    """The same ping once every neighbour is known."""
    simulator = Simulator(cluster)
    simulator.trace(ping)
    trace: Trace = benchmark(simulator.trace, ping)
    assert trace.verdict.outcome == "delivered"
    hops = len(trace.hops)
    note(
        benchmark,
        best_us(benchmark) / hops,
        f"us a hop ({hops} hops, {best_us(benchmark):.0f} us)",
        floor_us(hops) / hops,
    )


def test_writing_a_trace_as_json(benchmark: BenchmarkFixture, cluster: ClusterFile, ping: TraceRequest) -> None:
    trace = Simulator(cluster).trace(ping)
    text: bytes = benchmark(to_json, trace)
    note(benchmark, best_us(benchmark), f"us a trace ({len(text)} bytes)", floor_us(len(trace.hops)))


def test_loading_the_tutorial_cluster(benchmark: BenchmarkFixture, paths: list[Path]) -> None:
    """From files to typed objects: YAML with marks, checks."""
    loaded: ClusterFile = benchmark(load_cluster, [str(path) for path in paths])
    lines = sum(len(path.read_text().splitlines()) for path in paths)
    assert loaded.spec is not None
    note(benchmark, best_us(benchmark) / 1000, f"ms ({lines} lines of YAML)", floor_us(lines) / 1000)


def test_building_the_tutorial_cluster(benchmark: BenchmarkFixture, cluster: ClusterFile) -> None:
    """From objects to namespaces, devices and tables."""
    simulator: Simulator = benchmark(Simulator, cluster)
    interfaces = sum(len(netns.interfaces) for netns in simulator.network.namespaces.values())
    note(benchmark, best_us(benchmark) / 1000, f"ms ({interfaces} interfaces)", floor_us(interfaces) / 1000)
