"""What a hop and a cluster cost, beside the floor: the same number of bare Python calls.

`make bench` prints the figures; nothing here asserts a time, so a busy machine breaks no test.
"""

import timeit
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from app.core import assets
from app.dataplane.walk import walk
from app.kube.clusterfile import ClusterFile, load_cluster, load_cluster_text
from app.sim.flows import new_flow
from app.sim.request import TraceRequest, parse_destination
from app.sim.simulator import Simulator, netns_of
from app.sim.trace import Trace, to_json

Setup = Callable[[], tuple[tuple[Simulator, TraceRequest], dict[str, object]]]

SENDER = "pod/default/my-nginx-1"
RECEIVER = ("default", "my-nginx-13")
#: A web server on another node than the sender's, behind a ClusterIP.
SERVICE = """
apiVersion: v1
kind: Pod
metadata: {name: page, labels: {app: page}}
spec: {nodeName: k8s-node-11, containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: page}
spec: {clusterIP: 10.1.0.80, selector: {app: page}, ports: [{port: 80}]}
"""


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


def note_per_hop(benchmark: BenchmarkFixture, hops: int) -> None:
    """Keep microseconds a hop, beside one bare call."""
    whole = best_us(benchmark)
    note(benchmark, whole / hops, f"us a hop ({hops} hops, {whole:.0f} us)", floor_us(hops) / hops)


def send(simulator: Simulator, request: TraceRequest) -> int:
    """Walk one flow to its end and write nothing down but its hops; return how many there were."""
    network = simulator.network
    network.start_record()
    flow = new_flow(netns_of(network, request.from_), parse_destination(request.to), request)
    flow.start()
    for _ in walk(network):
        pass
    assert flow.learned == "echo-reply"
    return len(network.hops)


@pytest.fixture
def fresh(cluster: ClusterFile, ping: TraceRequest) -> Setup:
    """A cluster with cold caches for every round; its building is not counted."""
    return lambda: ((Simulator(cluster), ping), {})


def test_walk_of_a_cross_node_ping(benchmark: BenchmarkFixture, fresh: Setup) -> None:
    """Request and reply with ARP on every link: the tables are asked, the hops recorded, no text made."""
    note_per_hop(benchmark, benchmark.pedantic(send, setup=fresh, rounds=200, warmup_rounds=20))


def test_trace_of_a_cross_node_ping(benchmark: BenchmarkFixture, fresh: Setup) -> None:
    """The same walk with the evidence of every hop in the words of its tool."""
    trace: Trace = benchmark.pedantic(Simulator.trace, setup=fresh, rounds=200, warmup_rounds=20)
    assert trace.verdict.outcome == "delivered"
    note_per_hop(benchmark, len(trace.hops))


def test_trace_of_a_cross_node_ping_with_warm_caches(
    benchmark: BenchmarkFixture, cluster: ClusterFile, ping: TraceRequest
) -> None:
    """The same once every neighbour is known."""
    simulator = Simulator(cluster)
    simulator.trace(ping)
    trace: Trace = benchmark(simulator.trace, ping)
    assert trace.verdict.outcome == "delivered"
    note_per_hop(benchmark, len(trace.hops))


def test_trace_of_a_page_from_a_remote_cluster_ip(benchmark: BenchmarkFixture, paths: list[Path]) -> None:
    """A Pod asks a ClusterIP over HTTP whose only endpoint is on another node: handshake, request, page, FIN; warm."""
    text = "\n---\n".join([*(path.read_text() for path in paths), SERVICE])
    simulator = Simulator(load_cluster_text(text))
    question = TraceRequest(SENDER, "http://10.1.0.80/", sport=40_000)
    simulator.trace(question)
    trace: Trace = benchmark(simulator.trace, question)
    assert trace.verdict.http_status == 200
    note_per_hop(benchmark, len(trace.hops))


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
