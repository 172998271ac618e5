"""What `kubectl get po -A` costs, and how it grows with the number of Pods. Run by `make bench`; nothing asserts a time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from app.kube.api import ApiServer
from app.kube.clusterfile import load_cluster_text
from app.kube.store import Store
from app.kube.typed import typed_object
from app.shell import run
from app.sim.simulator import Simulator
from tests.bench.test_walk import floor_us, note

SMALL, LARGE, MIDDLE = 300, 30_000, 600
COMMANDS = ("get po -A", "get po -A -o wide", "get po -n ns-1 -l app=s1")


def pod(number: int) -> dict[str, Any]:
    running = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": f"web-{number}", "namespace": f"ns-{number % 20}", "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {"app": f"s{number % 100}"},
        },
        "spec": {"nodeName": "k8s-node-11", "containers": [{"name": "c", "image": "nginx"}]},
        "status": {
            "phase": "Running", "podIP": "10.2.1.5", "podIPs": [{"ip": "10.2.1.5"}],
            "containerStatuses": [{"name": "c", "ready": True, "restartCount": 0, "state": running}],
        },
    }  # fmt: skip


def cluster(pods: int) -> Simulator:
    """Return a small cluster whose API server answers from a store of its own: no packet walks to these Pods."""
    simulator = Simulator(load_cluster_text("apiVersion: podwalk.dev/v1\nkind: Cluster\n"))
    store, live = Store(), simulator.live
    live.api = ApiServer(live.spec, store, lambda: live.now)
    for number in range(pods):
        store.apply(typed_object(pod(number)))
    return simulator


def spent_ms(simulator: Simulator, line: str) -> tuple[float, int]:
    """Return milliseconds of CPU of a line, the best of three, and how many lines it printed."""
    best, lines = float("inf"), 0
    for _ in range(3):
        begun = time.process_time()
        result = run(simulator, "node/k8s-master-10", f"kubectl {line}")
        best = min(best, time.process_time() - begun)
        lines = result.stdout.count("\n")
    return best * 1000, lines


@pytest.mark.parametrize("line", COMMANDS)
def test_get_with_thirty_thousand_pods(benchmark: BenchmarkFixture, request: pytest.FixtureRequest, line: str) -> None:
    is_measured = request.config.getoption("benchmark_enable")
    few, _ = spent_ms(cluster(SMALL), line)
    simulator = cluster(LARGE if is_measured else MIDDLE)
    many, lines = spent_ms(simulator, line)
    benchmark.pedantic(run, (simulator, "node/k8s-master-10", f"kubectl {line}"), rounds=1)
    assert lines == (1 + (LARGE if is_measured else MIDDLE) if "-A" in line else lines)
    note(benchmark, many, f"ms for {lines - 1} Pods of 30,000; {SMALL} Pods: {few:.1f} ms", floor_us(lines) / 1000)
