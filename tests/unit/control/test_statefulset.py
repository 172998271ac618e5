"""StatefulSets and DaemonSets."""

from __future__ import annotations

from app.control.ownership import spec, status
from tests.unit.control.controlplane import ControlPlane, workload


def test_pods_come_one_after_the_other_and_have_a_name_each() -> None:
    world = ControlPlane()
    world.api.create(workload("StatefulSet", "db", serviceName="db"))
    seen: list[list[str]] = []

    def look() -> None:
        names = [pod.name for pod in world.pods()]
        if names not in seen:
            seen.append(names)
        assert all(pod in world.ready() for pod in world.pods()[:-1])

    world.run(20, look)
    assert seen[-3:] == [["db-0"], ["db-0", "db-1"], ["db-0", "db-1", "db-2"]]
    first = world.get("Pod", "db-0")
    assert (spec(first)["hostname"], spec(first)["subdomain"]) == ("db-0", "db")
    assert first.metadata.labels["statefulset.kubernetes.io/pod-name"] == "db-0"
    assert first.metadata.labels["apps.kubernetes.io/pod-index"] == "0"
    assert world.events("SuccessfulCreate")[0] == "create Pod db-0 in StatefulSet db successful"
    made = status(world.get("StatefulSet", "db"))
    assert (made["replicas"], made["readyReplicas"], made["currentReplicas"], made["updatedReplicas"]) == (3, 3, 3, 3)


def test_a_set_grows_at_its_end_and_shrinks_from_it_and_a_lost_pod_comes_back_by_its_name() -> None:
    world = ControlPlane(workload("StatefulSet", "db"))
    world.run(20)
    world.scale("StatefulSet", "db", 1)
    world.run(20)
    assert [pod.name for pod in world.pods()] == ["db-0"]
    world.scale("StatefulSet", "db", 2)
    world.run(20)
    world.api.delete("Pod", "db-0", "default")
    world.run(20)
    assert sorted(pod.name for pod in world.ready()) == ["db-0", "db-1"]


def test_an_update_goes_from_the_last_pod_to_the_partition() -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    world = ControlPlane(workload("StatefulSet", "db", updateStrategy=strategy))
    world.run(20)
    world.set_image("StatefulSet", "db", "nginx:2")
    world.run(60)
    images = {pod.name: spec(pod)["containers"][0]["image"] for pod in world.pods()}
    assert images == {"db-0": "nginx:1", "db-1": "nginx:2", "db-2": "nginx:2"}


def test_parallel_makes_all_at_once() -> None:
    world = ControlPlane()
    world.api.create(workload("StatefulSet", "db", podManagementPolicy="Parallel"))
    world.run(0.1)
    assert len(world.pods()) == 3


def nodes(world: ControlPlane) -> list[str]:
    return sorted(spec(pod)["nodeName"] for pod in world.active())


def test_a_daemon_runs_on_every_node_that_it_may_run_on() -> None:
    world = ControlPlane(workload("DaemonSet", "agent"))
    world.run(5)
    assert nodes(world) == ["k8s-node-11", "k8s-node-12"]
    made = status(world.get("DaemonSet", "agent"))
    assert (made["desiredNumberScheduled"], made["currentNumberScheduled"], made["numberReady"]) == (2, 2, 2)
    world.api.patch("Node", "k8s-master-10", "", {"spec": {"taints": None}}, "merge")
    world.run(5)
    assert nodes(world) == ["k8s-master-10", "k8s-node-11", "k8s-node-12"]


def test_a_daemon_follows_the_labels_of_nodes_and_ignores_a_cordon() -> None:
    world = ControlPlane()
    world.api.patch("Node", "k8s-node-11", "", {"spec": {"unschedulable": True}}, "merge")
    world.api.create(workload("DaemonSet", "agent", pod_spec={"nodeSelector": {"disk": "ssd"}}))
    world.run(5)
    assert nodes(world) == []
    world.api.patch("Node", "k8s-node-11", "", {"metadata": {"labels": {"disk": "ssd"}}}, "merge")
    world.run(5)
    assert nodes(world) == ["k8s-node-11"]
    world.api.patch("Node", "k8s-node-11", "", {"metadata": {"labels": {"disk": None}}}, "merge")
    world.run(5)
    assert nodes(world) == []


def test_an_update_of_a_daemon_keeps_max_unavailable() -> None:
    world = ControlPlane(workload("DaemonSet", "agent"))
    world.run(5)
    world.set_image("DaemonSet", "agent", "nginx:2")

    def look() -> None:
        assert world.ready()

    world.run(30, look)
    assert {spec(pod)["containers"][0]["image"] for pod in world.active()} == {"nginx:2"}
    assert len(world.ready()) == 2
