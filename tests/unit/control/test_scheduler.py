"""The scheduler: which node a Pod gets, and what it says when there is none."""

from __future__ import annotations

from typing import Any

import pytest

from app.control.ownership import spec, status
from app.control.scheduling.resources import amount
from tests.unit.control.controlplane import ControlPlane, workload


def pod(name: str = "a", *, labels: dict[str, str] | None = None, **pod_spec: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "nginx", **pod_spec.pop("container", {})}
    metadata = {"name": name, "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container], **pod_spec}}


def asks(cpu: str) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu}}}


def node_of(world: ControlPlane, name: str = "a") -> str:
    return str(spec(world.get("Pod", name)).get("nodeName", ""))


def placed(*bodies: dict[str, Any], **cluster: Any) -> ControlPlane:
    world = ControlPlane(**cluster)
    for body in bodies:
        world.api.create(body)
    world.run(1)
    return world


def allocatable(world: ControlPlane, node: str, **resources: str) -> None:
    found = world.get("Node", node, "")
    world.api.update({**found.body, "status": {**status(found), "allocatable": resources}}, subresource="status")


def test_pods_of_one_deployment_are_spread_over_the_workers() -> None:
    world = ControlPlane(workload("Deployment", replicas=6))
    nodes = [spec(each)["nodeName"] for each in world.pods()]
    assert sorted(nodes) == ["k8s-node-11"] * 3 + ["k8s-node-12"] * 3


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("1.34", "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
         "2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, "
         "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."),
        ("1.28", "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
         "2 node(s) didn't match Pod's node affinity/selector. "
         "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."),
        ("1.22", "0/3 nodes are available: 1 node(s) had taint {node-role.kubernetes.io/master: }, "
         "that the pod didn't tolerate, 2 node(s) didn't match Pod's node affinity/selector."),
        ("1.19", "0/3 nodes are available: 3 node(s) didn't match node selector."),
    ],
)  # fmt: skip
def test_why_no_node_fits_is_told_in_the_words_of_the_version(version: str, text: str) -> None:
    world = placed(pod(nodeSelector={"role": "ingress"}), kubernetesVersion=version)
    assert world.events("FailedScheduling") == [text]
    (found,) = status(world.get("Pod", "a"))["conditions"]
    assert (found["type"], found["status"], found["reason"], found["message"]) == (
        "PodScheduled", "False", "Unschedulable", text,
    )  # fmt: skip


def test_a_label_that_comes_later_lets_the_pod_run() -> None:
    world = placed(pod(nodeSelector={"role": "ingress"}))
    assert node_of(world) == ""
    world.api.patch("Node", "k8s-node-12", "", {"metadata": {"labels": {"role": "ingress"}}}, "merge")
    world.run(2)
    assert node_of(world) == "k8s-node-12"
    assert world.events("Scheduled") == ["Successfully assigned default/a to k8s-node-12"]


def test_the_taint_of_the_control_plane_is_tolerated_or_removed() -> None:
    toleration = {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"}
    wanted = {"kubernetes.io/hostname": "k8s-master-10"}
    world = placed(pod("a", nodeSelector=wanted, tolerations=[toleration]), pod("b", nodeSelector=wanted))
    assert node_of(world) == "k8s-master-10"
    assert node_of(world, "b") == ""
    world.api.patch("Node", "k8s-master-10", "", {"spec": {"taints": None}}, "merge")
    world.run(2)
    assert node_of(world, "b") == "k8s-master-10"


def test_a_cordoned_node_takes_no_new_pods() -> None:
    world = ControlPlane()
    world.api.patch("Node", "k8s-node-11", "", {"spec": {"unschedulable": True}}, "merge")
    world.api.patch("Node", "k8s-node-12", "", {"spec": {"unschedulable": True}}, "merge")
    world.api.create(pod())
    world.run(1)
    assert world.events("FailedScheduling")[0].startswith(
        "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
        "2 node(s) were unschedulable."
    )
    world.api.patch("Node", "k8s-node-12", "", {"spec": {"unschedulable": None}}, "merge")
    world.run(1)
    assert node_of(world) == "k8s-node-12"


def test_requests_are_held_against_what_a_node_has_to_give() -> None:
    world = ControlPlane()
    for node in ("k8s-node-11", "k8s-node-12"):
        allocatable(world, node, cpu="2", memory="4Gi", pods="110")
    for name in ("a", "b", "c"):
        world.api.create(pod(name, container=asks("1500m")))
    world.run(1)
    assert [node_of(world, name) for name in ("a", "b", "c")] == ["k8s-node-11", "k8s-node-12", ""]
    assert world.events("FailedScheduling") == [
        "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
        "2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: "
        "1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod."
    ]
    world.api.delete("Pod", "a", "default")
    world.run(3)
    assert node_of(world, "c") == "k8s-node-11"


def test_host_ports_and_the_number_of_pods_are_limits_too() -> None:
    port = {"ports": [{"containerPort": 80, "hostPort": 80}]}
    world = placed(*(pod(name, container=port) for name in ("a", "b", "c")))
    assert sorted(node_of(world, name) for name in ("a", "b", "c")) == ["", "k8s-node-11", "k8s-node-12"]
    assert "2 node(s) didn't have free ports for the requested pod ports" in world.events("FailedScheduling")[0]
    allocatable(world, "k8s-node-11", pods="1")
    allocatable(world, "k8s-node-12", pods="1")
    world.api.create(pod("d"))
    world.run(1)
    assert "2 Too many pods" in world.events("FailedScheduling")[-1]


@pytest.mark.parametrize(
    ("operator", "values", "node"),
    [("In", ["b"], "k8s-node-12"), ("NotIn", ["b"], "k8s-node-11"), ("Exists", [], "k8s-node-12"),
     ("DoesNotExist", [], "k8s-node-11"), ("Gt", ["1"], "")],
)  # fmt: skip
def test_required_node_affinity(operator: str, values: list[str], node: str) -> None:
    world = ControlPlane()
    world.api.patch("Node", "k8s-node-12", "", {"metadata": {"labels": {"zone": "b"}}}, "merge")
    expression = {"key": "zone", "operator": operator, "values": values}
    terms = {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    }
    world.api.create(pod(affinity={"nodeAffinity": terms}))
    world.run(1)
    assert node_of(world) == node


def test_preferences_are_weighed() -> None:
    world = ControlPlane()
    world.api.patch("Node", "k8s-node-12", "", {"metadata": {"labels": {"disk": "ssd"}}}, "merge")
    expression = {"key": "disk", "operator": "In", "values": ["ssd"]}
    term = {"weight": 10, "preference": {"matchExpressions": [expression]}}
    world.api.create(pod(affinity={"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}))
    world.run(1)
    assert node_of(world) == "k8s-node-12"


def test_a_pod_of_another_scheduler_is_left_alone() -> None:
    world = placed(pod(schedulerName="mine"))
    assert node_of(world) == ""
    assert world.events("FailedScheduling") == []


@pytest.mark.parametrize(
    ("text", "number"), [("100m", "0.1"), ("2", "2"), ("200Mi", "209715200"), ("1G", "1000000000"), ("x", "0")]
)
def test_quantities(text: str, number: str) -> None:
    assert str(amount(text).normalize()) == str(type(amount(text))(number).normalize())
