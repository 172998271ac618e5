"""Controllers, kubelets and tables together: what a cluster file asks for is up at time 0, and what changes later shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.control.cluster import LiveCluster
from app.control.ownership import status
from app.core.clock import Clock
from app.core.errors import PodwalkError
from app.core.limits import all_limits, limit
from app.core.rng import Rng
from app.kube.clusterfile import load_cluster_text
from app.kube.endpoints import EndpointSlice
from app.kube.objects import Pod
from app.shell import run
from app.sim.simulator import Simulator
from tests.unit.control.controlplane import HEAD, workload

SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
}


def live(*documents: dict[str, Any], **cluster: Any) -> LiveCluster:
    text = "\n---\n".join(json.dumps(each) for each in ({**HEAD, "spec": {"addons": [], **cluster}}, *documents))
    return LiveCluster(load_cluster_text(text), Clock(), Rng(0))


def endpoints(world: LiveCluster) -> set[str]:
    found = world.store.typed(EndpointSlice)
    return {str(endpoint.address) for each in found if each.service_name == "web" for endpoint in each.endpoints}


def addresses(world: LiveCluster) -> set[str]:
    return {str(status(pod)["podIP"]) for pod in world.store.typed(Pod)}


def test_a_deployment_of_the_file_is_up_and_ready_at_time_0() -> None:
    world = live(workload("Deployment"), SERVICE)
    assert world.clock.now_us == 0
    assert status(world.api.get("Deployment", "web", "default"))["availableReplicas"] == 3
    assert endpoints(world) == addresses(world)
    assert len(addresses(world)) == 3
    assert world.clock.next_due_us() is None


def test_pods_that_come_later_get_an_address_and_become_endpoints() -> None:
    world = live(workload("Deployment"), SERVICE)
    world.api.patch("Deployment", "web", "default", {"spec": {"replicas": 5}}, "merge")
    world.clock.run_until(10_000_000)
    assert len(endpoints(world)) == 5
    assert endpoints(world) == addresses(world)
    world.api.patch("Deployment", "web", "default", {"spec": {"replicas": 1}}, "merge")
    world.clock.run_until(60_000_000)
    assert len(endpoints(world)) == 1
    assert endpoints(world) == addresses(world)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"addons": ["coredn"]}, "unknown addon 'coredn'; did you mean 'coredns'"),
        ({"lag": {"nodes": {"k8s-node-13": {"kubeProxy": "5s"}}}}, "there is no node 'k8s-node-13'; did you mean"),
        ({"clock": "9999-12-31T23:59:59Z"}, "lies outside the years 1970 to 9000"),
        ({"clock": "0001-01-01T00:00:00+10:00"}, "lies outside the years 1970 to 9000"),
    ],
)
def test_what_a_cluster_cannot_be_is_told_with_its_place(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(PodwalkError, match=r"cluster\.yaml:") as caught:
        live(**spec)
    assert said in str(caught.value)


@pytest.mark.parametrize("replicas", [5_000, 2**31 - 1])
def test_more_pods_than_nodes_can_run_are_refused_as_by_a_quota(replicas: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(all_limits(), "cluster.waiting_pods", 20)
    sim = Simulator(
        load_cluster_text(json.dumps({**HEAD, "spec": {"addons": []}}) + "\n---\n" + json.dumps(workload("Deployment")))
    )
    most = 3 * 110 + limit("cluster.waiting_pods")
    assert run(sim, "node/k8s-master-10", f"kubectl scale deploy web --replicas={replicas}").exit_code == 0
    assert run(sim, "node/k8s-master-10", "kubectl get po --no-headers | wc -l").stdout == f"{most}\n"
    told = run(sim, "node/k8s-master-10", "kubectl describe rs").stdout
    assert f"is forbidden: exceeded quota: podwalk, requested: pods=1, used: pods={most}, limited: pods={most}" in told
    assert run(sim, "node/k8s-master-10", "kubectl scale deploy web --replicas=1").exit_code == 0
    run(sim, "node/k8s-master-10", "sleep 60")
    assert run(sim, "node/k8s-master-10", "kubectl get po --no-headers | wc -l").stdout == "1\n"
