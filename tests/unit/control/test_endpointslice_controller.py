"""EndpointSlices and Endpoints while the cluster lives: what Pods do shows in them, a lag later."""

from __future__ import annotations

from typing import Any

from app.control.ownership import status
from app.kube.endpoints import EndpointSlice
from tests.unit.control.controlplane import ControlPlane, workload

PORTS = [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 80}]


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    body = {"type": "ClusterIP", "clusterIP": "None", "selector": {"app": "web"}, "ports": PORTS, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": body}


def slices(world: ControlPlane, name: str = "web") -> list[EndpointSlice]:
    return [each for each in world.store.typed(EndpointSlice) if each.service_name == name]


def endpoints(world: ControlPlane, name: str = "web") -> dict[str, tuple[bool, bool, bool]]:
    """Return ready, serving, terminating of each endpoint, by address."""
    found = (endpoint for each in slices(world, name) for endpoint in each.endpoints)
    return {str(each.address): (each.ready, each.serving, each.terminating) for each in found}


def addresses(world: ControlPlane) -> list[str]:
    return [str(status(pod)["podIP"]) for pod in world.pods()]


def live(**spec: Any) -> ControlPlane:
    world = ControlPlane(workload("Deployment"))
    world.api.create(service(**spec))
    world.run(5)
    return world


def test_ready_pods_are_endpoints_after_the_lag() -> None:
    world = ControlPlane(workload("Deployment"), lag={"endpointSlice": "2s"})
    world.api.create(service())
    world.run(1.9)
    assert slices(world) == []
    world.run(3)
    assert endpoints(world) == dict.fromkeys(addresses(world), (True, True, False))
    (found,) = slices(world)
    assert found.body["metadata"]["ownerReferences"][0]["kind"] == "Service"
    assert found.body["endpoints"][0]["targetRef"]["name"] == world.pods()[0].name


def test_a_pod_that_is_not_ready_stays_listed_and_is_not_used() -> None:
    world = live()
    first = world.pods()[0]
    world.set_ready(first, ready=False)
    world.run(1)
    assert endpoints(world)[addresses(world)[0]] == (False, False, False)
    world.set_ready(world.pods()[0], ready=True)
    world.run(1)
    assert endpoints(world)[addresses(world)[0]] == (True, True, False)


def test_a_pod_that_ends_is_terminating_and_still_serving_then_gone() -> None:
    world = live()
    gone = addresses(world)[0]
    world.api.delete("Pod", world.pods()[0].name, "default")
    world.run(0.5)
    assert endpoints(world)[gone] == (False, True, True)
    world.run(5)
    assert gone not in endpoints(world)
    assert len(endpoints(world)) == 3


def test_publish_not_ready_addresses_makes_every_pod_ready() -> None:
    world = live(publishNotReadyAddresses=True)
    world.set_ready(world.pods()[0], ready=False)
    world.run(1)
    assert {each[0] for each in endpoints(world).values()} == {True}


def test_a_changed_selector_or_label_changes_the_slices_of_both_services() -> None:
    world = live()
    world.api.create(service("other", selector={"app": "other"}))
    name = world.pods()[0].name
    world.api.patch("Pod", name, "default", {"metadata": {"labels": {"app": "other"}}}, "merge")
    world.run(1)
    assert list(endpoints(world, "other")) == [status(world.get("Pod", name))["podIP"]]
    assert status(world.get("Pod", name))["podIP"] not in endpoints(world)
    world.api.patch("Service", "web", "default", {"spec": {"selector": {"app": "nothing"}}}, "merge")
    world.run(1)
    assert endpoints(world) == {}
    assert len(slices(world)) == 1


def test_a_pod_that_a_younger_service_selected_leaves_its_slice_with_the_label() -> None:
    world = ControlPlane(workload("Deployment"))
    world.run(5)
    world.api.create(service())
    world.run(1)
    name = world.pods()[0].name
    world.api.patch("Pod", name, "default", {"metadata": {"labels": {"app": "other"}}}, "merge")
    world.run(0.5)
    assert status(world.get("Pod", name))["podIP"] not in endpoints(world)


def test_a_slice_holds_a_hundred_endpoints_and_one_change_writes_one_slice() -> None:
    world = ControlPlane(workload("Deployment", replicas=210))
    world.api.create(service())
    world.run(5)
    assert sorted(len(each.endpoints) for each in slices(world)) == [10, 100, 100]
    before = {each.name: each.resource_version for each in slices(world)}
    world.set_ready(world.pods()[120], ready=False)
    world.run(1)
    after = {each.name: each.resource_version for each in slices(world)}
    assert sum(before[name] != after[name] for name in before) == 1
    assert len(endpoints(world)) == 210


def test_slices_that_run_empty_go_but_for_one() -> None:
    world = ControlPlane(workload("Deployment", replicas=150))
    world.api.create(service())
    world.run(5)
    world.scale("Deployment", "web", 0)
    world.run(10)
    (found,) = slices(world)
    assert found.endpoints == ()


def test_a_named_target_port_of_two_templates_makes_a_slice_each() -> None:
    ports = [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "web"}]
    world = ControlPlane()
    for name, number in (("a", 80), ("b", 8080)):
        container = {"name": "c", "image": "nginx", "ports": [{"name": "web", "containerPort": number}]}
        metadata = {"name": name, "labels": {"app": "web"}}
        world.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}})
    world.api.create(service(ports=ports))
    world.run(5)
    assert sorted(each.ports[0].port or 0 for each in slices(world)) == [80, 8080]


def test_the_older_object_follows_too() -> None:
    world = live()
    world.set_ready(world.pods()[0], ready=False)
    world.run(1)
    (subset,) = world.get("Endpoints", "web").body["subsets"]
    assert [each["ip"] for each in subset["addresses"]] == sorted(addresses(world)[1:])
    assert [each["ip"] for each in subset["notReadyAddresses"]] == addresses(world)[:1]
    assert subset["ports"] == [{"name": "http", "port": 80, "protocol": "TCP"}]
    world.api.delete("Service", "web", "default")
    world.run(1)
    assert world.store.get("Endpoints", "web", "default") is None


def test_endpoints_written_by_hand_are_mirrored() -> None:
    world = ControlPlane()
    world.api.create(service(selector=None))
    subsets = [{"addresses": [{"ip": "192.0.2.7"}], "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}]
    metadata = {"name": "web", "namespace": "default"}
    world.api.create({"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": subsets})
    world.run(1)
    assert list(endpoints(world)) == ["192.0.2.7"]
    world.api.delete("Endpoints", "web", "default")
    world.run(1)
    assert slices(world) == []


def test_slices_of_the_beta_api_keep_their_zones() -> None:
    nodes = [{"name": "n1", "ip": "10.0.0.21", "labels": {"topology.kubernetes.io/zone": "z1"}}]
    world = ControlPlane(workload("Deployment"), kubernetesVersion="1.19", nodes=nodes)
    world.api.create(service())
    world.run(5)
    assert {endpoint.zone for each in slices(world) for endpoint in each.endpoints} == {"z1"}
