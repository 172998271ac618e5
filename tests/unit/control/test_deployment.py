"""Deployments and ReplicaSets: from a template to Pods, and from one template to the next."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.control.ownership import controller_of, spec, spec_replicas, status
from tests.unit.control.controlplane import ControlPlane, workload


def plane(**more: Any) -> ControlPlane:
    made = ControlPlane()
    made.api.create(workload("Deployment", **more))
    return made


def sets(world: ControlPlane) -> dict[str, int]:
    """Return the replicas of each ReplicaSet, by image."""
    found = world.store.list("ReplicaSet")
    return {spec(each)["template"]["spec"]["containers"][0]["image"]: spec_replicas(each) for each in found}


def test_a_deployment_makes_a_replica_set_and_that_makes_pods_with_the_real_names() -> None:
    world = plane()
    world.run(5)
    (found,) = world.store.list("ReplicaSet")
    assert re.fullmatch(r"web-[456789bcdf]{5,10}", found.name)
    pods = world.pods()
    assert len(pods) == 3
    for pod in pods:
        assert re.fullmatch(re.escape(found.name) + "-[bcdfghjklmnpqrstvwxz2456789]{5}", pod.name)
        reference = controller_of(pod)
        assert reference is not None
        assert (reference["kind"], reference["name"]) == ("ReplicaSet", found.name)
        assert pod.metadata.labels == {"app": "web", "pod-template-hash": found.name.removeprefix("web-")}
    assert len({pod.name for pod in pods}) == 3
    assert [spec(pod)["nodeName"] for pod in pods] == ["k8s-node-11", "k8s-node-12", "k8s-node-11"]


def test_the_names_depend_on_the_seed_alone() -> None:
    names = []
    for seed in (1, 1, 2):
        world = ControlPlane(workload("Deployment"), seed=seed)
        names.append([pod.name for pod in world.pods()])
    assert names[0] == names[1]
    assert names[0] != names[2]


def test_status_and_conditions_are_those_of_a_real_deployment() -> None:
    world = plane()
    world.run(5)
    made = status(world.get("Deployment", "web"))
    assert {key: value for key, value in made.items() if key != "conditions"} == {
        "observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3,
    }  # fmt: skip
    name = world.store.list("ReplicaSet")[0].name
    assert [(each["type"], each["status"], each["reason"], each["message"]) for each in made["conditions"]] == [
        ("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
        ("Progressing", "True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'),
    ]
    assert world.get("Deployment", "web").metadata.annotations == {"deployment.kubernetes.io/revision": "1"}


@pytest.mark.parametrize(
    ("version", "texts"),
    [
        ("1.34", ["from 0 to 3", "from 3 to 5"]),
        ("1.28", ["to 3", "to 5 from 3"]),
        ("1.19", ["to 3", "to 5"]),
    ],
)
def test_events_tell_what_was_done_in_the_words_of_the_version(version: str, texts: list[str]) -> None:
    world = ControlPlane(kubernetesVersion=version)
    world.api.create(workload("Deployment"))
    world.run(5)
    world.scale("Deployment", "web", 5)
    world.run(5)
    name = world.store.list("ReplicaSet")[0].name
    assert world.events("ScalingReplicaSet") == [f"Scaled up replica set {name} {text}" for text in texts]
    assert sorted(world.events("SuccessfulCreate")) == sorted(f"Created pod: {pod.name}" for pod in world.pods())
    assert f"Successfully assigned default/{world.pods()[0].name} to k8s-node-11" in world.events("Scheduled")


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "most", "least"),
    [(3, "25%", "25%", 4, 3), (10, "25%", "25%", 13, 8), (4, 1, 0, 5, 4), (4, 0, 1, 4, 3), (1, "25%", "25%", 2, 1), (5, 0, "1%", 5, 4)],
)  # fmt: skip
def test_a_rolling_update_keeps_max_surge_and_max_unavailable_at_every_moment(
    replicas: int, surge: int | str, unavailable: int | str, most: int, least: int
) -> None:
    bounds = {"maxSurge": surge, "maxUnavailable": unavailable}
    world = plane(replicas=replicas, strategy={"type": "RollingUpdate", "rollingUpdate": bounds})
    world.run(10)
    assert len(world.ready()) == replicas
    seen: set[tuple[int, int]] = set()

    def look() -> None:
        wanted = sum(spec_replicas(each) for each in world.store.list("ReplicaSet"))
        seen.add((wanted, len(world.ready())))
        assert wanted <= most
        assert len(world.active()) <= most
        assert len(world.ready()) >= least

    world.set_image("Deployment", "web", "nginx:2")
    world.run(60, look)
    assert len(seen) > 2
    assert {spec(pod)["containers"][0]["image"] for pod in world.pods()} == {"nginx:2"}
    assert sets(world) == {"nginx:1": 0, "nginx:2": replicas}


def test_a_rollout_of_an_image_that_never_becomes_ready_stops_and_times_out() -> None:
    world = plane(replicas=4, progressDeadlineSeconds=30)
    world.broken.add("bad")
    world.run(10)
    world.set_image("Deployment", "web", "bad")
    world.run(20, lambda: None)
    assert sets(world) == {"nginx:1": 3, "bad": 2}
    world.run(60)
    made = status(world.get("Deployment", "web"))
    progressing = next(each for each in made["conditions"] if each["type"] == "Progressing")
    assert (progressing["status"], progressing["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert progressing["message"].endswith("has timed out progressing.")
    assert len(world.ready()) == 3


def test_going_back_to_an_old_template_takes_its_replica_set_up_again_with_a_new_revision() -> None:
    world = plane()
    world.run(10)
    world.set_image("Deployment", "web", "nginx:2")
    world.run(30)
    world.set_image("Deployment", "web", "nginx:1")
    world.run(30)
    assert sets(world) == {"nginx:1": 3, "nginx:2": 0}
    old = next(each for each in world.store.list("ReplicaSet") if spec_replicas(each) == 3)
    assert old.metadata.annotations["deployment.kubernetes.io/revision"] == "3"
    assert old.metadata.annotations["deployment.kubernetes.io/revision-history"] == "1"
    assert world.get("Deployment", "web").metadata.annotations["deployment.kubernetes.io/revision"] == "3"


def test_a_paused_deployment_scales_but_does_not_roll() -> None:
    world = plane()
    world.run(10)
    world.api.patch("Deployment", "web", "default", {"spec": {"paused": True}}, "merge")
    world.set_image("Deployment", "web", "nginx:2")
    world.run(10)
    world.api.patch("Deployment", "web", "default", {"spec": {"paused": True, "replicas": 5}}, "merge")
    world.run(10)
    assert sets(world) in ({"nginx:1": 5}, {"nginx:1": 0, "nginx:2": 5})


def test_recreate_takes_all_old_pods_away_before_it_makes_new_ones() -> None:
    world = plane(strategy={"type": "Recreate"})
    world.run(10)
    world.set_image("Deployment", "web", "nginx:2")

    def look() -> None:
        images = {spec(pod)["containers"][0]["image"] for pod in world.pods()}
        assert len(images) <= 1

    world.run(30, look)
    assert [spec(pod)["containers"][0]["image"] for pod in world.pods()] == ["nginx:2"] * 3


def test_scaling_in_the_middle_of_a_rollout_divides_the_replicas_by_proportion() -> None:
    world = plane(replicas=10, strategy={"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}})
    world.broken.add("bad")
    world.run(10)
    world.set_image("Deployment", "web", "bad")
    world.run(20)
    assert sets(world) == {"nginx:1": 8, "bad": 5}
    world.scale("Deployment", "web", 15)
    world.run(20)
    assert sets(world) == {"nginx:1": 11, "bad": 7}


def test_old_replica_sets_beyond_the_limit_are_removed() -> None:
    world = plane(revisionHistoryLimit=1)
    for number in range(2, 6):
        world.run(20)
        world.set_image("Deployment", "web", f"nginx:{number}")
    world.run(30)
    assert sorted(sets(world)) == ["nginx:4", "nginx:5"]


def test_a_pod_that_is_deleted_is_replaced_and_one_with_other_labels_is_let_go() -> None:
    world = plane()
    world.run(10)
    first, second, _ = world.pods()
    world.api.delete("Pod", first.name, "default")
    world.run(10)
    assert len(world.active(app="web")) == 3
    labels = {**second.metadata.labels, "app": "debug"}
    world.api.patch("Pod", second.name, "default", {"metadata": {"labels": labels}}, "merge")
    world.run(10)
    assert len(world.active(app="web")) == 3
    assert controller_of(world.get("Pod", second.name)) is None


def test_a_replica_set_takes_pods_that_nobody_owns() -> None:
    world = ControlPlane()
    container = {"name": "c", "image": "nginx"}
    metadata = {"name": "loose", "labels": {"app": "web"}}
    world.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})
    world.api.create(workload("ReplicaSet", replicas=2))
    world.run(10)
    assert len(world.pods()) == 2
    reference = controller_of(world.get("Pod", "loose"))
    assert reference is not None
    assert reference["kind"] == "ReplicaSet"


def test_min_ready_seconds_delay_what_counts_as_available() -> None:
    world = plane(minReadySeconds=10)
    world.run(5)
    made = status(world.get("Deployment", "web"))
    assert (made.get("readyReplicas"), made.get("availableReplicas")) == (3, None)
    world.run(10)
    assert status(world.get("Deployment", "web"))["availableReplicas"] == 3
