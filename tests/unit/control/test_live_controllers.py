"""Controllers, kubelets and tables together: what a cluster file asks for is up at time 0, and what changes later shows."""

from __future__ import annotations

import json
from typing import Any

from app.control.cluster import LiveCluster
from app.control.ownership import status
from app.core.clock import Clock
from app.core.rng import Rng
from app.kube.clusterfile import load_cluster_text
from app.kube.endpoints import EndpointSlice
from app.kube.objects import Pod
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
