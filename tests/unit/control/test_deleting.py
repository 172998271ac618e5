"""Deleting: what goes with what, and in which order; namespaces, nodes that are lost."""

from __future__ import annotations

from typing import Any

import pytest

from app.control.ownership import owner_references, spec
from tests.unit.control.controlplane import ControlPlane, workload

SPACE: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}


def kinds(world: ControlPlane, namespace: str = "default") -> dict[str, int]:
    names = ("Deployment", "ReplicaSet", "Pod", "EndpointSlice", "Endpoints", "ConfigMap")
    counts = {name: len(world.store.list(name, namespace)) for name in names}
    return {name: count for name, count in counts.items() if count}


def deployed() -> ControlPlane:
    world = ControlPlane(workload("Deployment"))
    world.run(5)
    return world


def test_in_the_background_the_owner_goes_first() -> None:
    world = deployed()
    world.api.delete("Deployment", "web", "default")
    assert kinds(world) == {"ReplicaSet": 1, "Pod": 3}
    world.run(10)
    assert kinds(world) == {}


def test_in_the_foreground_the_owner_goes_last() -> None:
    world = deployed()
    world.api.delete("Deployment", "web", "default", propagation="Foreground")

    def look() -> None:
        left = kinds(world)
        assert ("Pod" not in left) or left["Deployment"] == 1

    world.run(10, look)
    assert kinds(world) == {}


def test_orphans_stay_and_belong_to_nobody() -> None:
    world = deployed()
    world.api.delete("Deployment", "web", "default", propagation="Orphan")
    world.run(10)
    assert kinds(world) == {"ReplicaSet": 1, "Pod": 3}
    assert owner_references(world.store.list("ReplicaSet")[0]) == ()
    world.api.create(workload("Deployment"))
    world.run(10)
    assert kinds(world) == {"Deployment": 1, "ReplicaSet": 1, "Pod": 3}


def test_an_object_that_comes_after_its_owner_is_gone_goes_too() -> None:
    world = deployed()
    owner = world.store.list("ReplicaSet")[0]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "1-2-3"}
    for name, references in (("both", [reference, owner_references(world.pods()[0])[0]]), ("one", [reference])):
        metadata = {"name": name, "namespace": "default", "ownerReferences": references}
        world.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {}})
    world.run(1)
    (left,) = world.store.list("ConfigMap")
    assert left.name == "both"
    assert [each["name"] for each in owner_references(left)] == [owner.name]


def test_a_namespace_goes_after_everything_in_it() -> None:
    world = ControlPlane()
    world.api.create(SPACE)
    body = workload("Deployment")
    body["metadata"]["namespace"] = "shop"
    world.api.create(body)
    world.run(5)
    world.api.delete("Namespace", "shop")
    assert world.get("Namespace", "shop", "").body["status"]["phase"] == "Terminating"

    def look() -> None:
        assert world.store.get("Namespace", "shop") is not None or not kinds(world, "shop")

    world.run(20, look)
    assert world.store.get("Namespace", "shop") is None
    assert world.store.list("Event", "shop") == ()


def node_taints(world: ControlPlane, name: str = "k8s-node-11") -> list[tuple[str, str]]:
    return [(each["key"], each["effect"]) for each in spec(world.get("Node", name, "")).get("taints", [])]


def test_a_cordon_is_a_taint_too() -> None:
    world = ControlPlane()
    world.api.patch("Node", "k8s-node-11", "", {"spec": {"unschedulable": True}}, "merge")
    world.run(1)
    assert node_taints(world) == [("node.kubernetes.io/unschedulable", "NoSchedule")]
    world.api.patch("Node", "k8s-node-11", "", {"spec": {"unschedulable": None}}, "merge")
    world.run(1)
    assert node_taints(world) == []


@pytest.mark.parametrize(("value", "key"), [("False", "not-ready"), ("Unknown", "unreachable")])
def test_a_lost_node_loses_its_pods_after_five_minutes(value: str, key: str) -> None:
    names = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    patience = [{"key": name, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300} for name in names]
    world = ControlPlane(workload("Deployment", replicas=4, pod_spec={"tolerations": patience}))
    world.run(5)
    node = world.get("Node", "k8s-node-11", "")
    lost = {**node.body, "status": {**node.body["status"], "conditions": [{"type": "Ready", "status": value}]}}
    world.api.update(lost, subresource="status")
    world.run(5)
    assert node_taints(world) == [
        (f"node.kubernetes.io/{key}", "NoSchedule"),
        (f"node.kubernetes.io/{key}", "NoExecute"),
    ]
    assert len(world.ready()) == 2
    assert len(world.active()) == 4
    assert "Node is not ready" in world.events("NodeNotReady")
    world.run(310)
    assert {spec(pod)["nodeName"] for pod in world.active()} == {"k8s-node-12"}
    assert len(world.ready()) == 4


def test_a_taint_that_evicts_does_so_at_once() -> None:
    world = ControlPlane(workload("Deployment", replicas=2))
    world.run(5)
    taint = {"key": "broken", "value": "yes", "effect": "NoExecute"}
    world.api.patch("Node", "k8s-node-11", "", {"spec": {"taints": [taint]}}, "merge")
    world.run(10)
    assert {spec(pod)["nodeName"] for pod in world.active()} == {"k8s-node-12"}
    assert world.events("TaintManagerEviction")[0].startswith("Marking for deletion Pod default/web-")
