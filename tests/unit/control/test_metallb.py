"""metallb: an address for a LoadBalancer Service, and the node that answers ARP for it."""

from __future__ import annotations

import json
from typing import Any

from app.control.addons.metallb import pool_of
from app.control.ownership import status
from app.kube.bodies import list_at
from app.kube.clusterfile import load_cluster_text
from app.kube.clusterspec import ClusterSpec
from app.shell import execute
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from tests.unit.control.controlplane import HEAD, workload

CLUSTER = {"addons": ["metallb"], "external": [{"name": "client", "ip": "10.0.0.100"}]}


def service(name: str = "web", **more: Any) -> dict[str, Any]:
    spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}], **more}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def simulator(*documents: dict[str, Any], **cluster: Any) -> Simulator:
    text = "\n---\n".join(json.dumps(each) for each in ({**HEAD, "spec": {**CLUSTER, **cluster}}, *documents))
    return Simulator(load_cluster_text(text))


def address(world: Simulator, name: str = "web") -> str:
    ingress = list_at(world.live.api.get("Service", name, "default").body, "status", "loadBalancer", "ingress")
    return str(ingress[0]["ip"]) if ingress else ""


def answering(world: Simulator) -> dict[str, set[str]]:
    found = {
        name: {str(each) for s in netns.arp_sockets for each in s.addresses}
        for name, netns in world.network.namespaces.items()
    }
    return {name: held for name, held in found.items() if held}


def test_the_pool_is_the_last_free_addresses_of_the_underlay() -> None:
    assert [str(each) for each in pool_of(ClusterSpec())] == ["10.0.0.239", "10.0.0.254"]
    narrow = ClusterSpec.model_validate(
        {"underlay": {"subnet": "10.0.0.0/28"}, "external": [{"name": "x", "ip": "10.0.0.14"}]}
    )
    assert [str(each) for each in pool_of(narrow)] == ["10.0.0.2", "10.0.0.13"]


def test_a_client_of_the_link_reaches_the_service_by_the_address_and_arp_says_why() -> None:
    world = simulator(workload("Deployment"), service())
    assert address(world) == "10.0.0.239"
    ((node, held),) = answering(world).items()
    assert held == {"10.0.0.239"}
    trace = world.trace(TraceRequest(from_="ext/client", to="tcp://10.0.0.239:80"))
    assert trace.verdict.outcome == "delivered"
    hop = next(hop for hop in world.network.hops if hop.code == "arp-reply-program")
    assert hop.netns == node
    assert hop.evidence is not None
    assert hop.evidence.entry in execute(world.network.namespaces[node], hop.evidence.tool).stdout
    assert any(hop.kind == "dnat" for hop in world.network.hops)
    assert "10.0.0.239" not in execute(world.network.namespaces[node], "ip addr").stdout


def test_addresses_go_round_and_end_with_the_pool() -> None:
    first, last = pool_of(ClusterSpec.model_validate(CLUSTER))
    size = int(last) - int(first) + 1
    world = simulator(workload("Deployment"), *(service(f"s{number}") for number in range(size + 1)))
    given = [address(world, f"s{number}") for number in range(size + 1)]
    assert given == [str(first + number) for number in range(size)] + [""]
    told = [
        each.body["message"] for each in world.live.store.list("Event") if each.body["reason"] == "AllocationFailed"
    ]
    assert told == [f'Failed to allocate IP for "default/s{size}": no available IPs']
    world.live.api.delete("Service", "s0", "default")
    world.live.api.patch("Service", f"s{size}", "default", {"metadata": {"labels": {"a": "b"}}}, "merge")
    world.clock.run_until(world.clock.now_us + 2_000_000)
    assert address(world, f"s{size}") == str(first)


def test_an_address_can_be_asked_for_and_the_pool_is_the_config_maps() -> None:
    config = "address-pools:\n- name: mine\n  protocol: layer2\n  addresses: [10.0.0.50-10.0.0.60, 10.0.0.80/30]\n"
    metadata = {"name": "config", "namespace": "metallb-system"}
    pool = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"config": config}}
    asked, refused = service("asked", loadBalancerIP="10.0.0.82"), service("refused", loadBalancerIP="10.0.0.90")
    world = simulator(pool, workload("Deployment"), service(), asked, refused)
    assert [address(world, name) for name in ("web", "asked", "refused")] == ["10.0.0.50", "10.0.0.82", ""]


def test_with_policy_local_a_node_with_an_endpoint_answers_and_it_moves_with_the_pod() -> None:
    world = simulator(workload("Deployment", replicas=1), service(externalTrafficPolicy="Local"))
    (pod,) = world.live.store.list("Pod", "default")
    assert list(answering(world)) == [pod.body["spec"]["nodeName"]]
    world.live.api.patch("Node", pod.body["spec"]["nodeName"], "", {"spec": {"unschedulable": True}}, "merge")
    world.live.api.delete("Pod", pod.name, "default")
    world.clock.run_until(world.clock.now_us + 60_000_000)
    (moved,) = world.live.store.list("Pod", "default")
    assert moved.body["spec"]["nodeName"] != pod.body["spec"]["nodeName"]
    assert list(answering(world)) == [moved.body["spec"]["nodeName"]]


def test_a_service_that_is_no_load_balancer_any_more_gives_its_address_back() -> None:
    world = simulator(workload("Deployment"), service())
    world.live.api.patch("Service", "web", "default", {"spec": {"type": "ClusterIP"}}, "merge")
    world.clock.run_until(world.clock.now_us + 2_000_000)
    assert status(world.live.api.get("Service", "web", "default")) == {"loadBalancer": {}}
    assert answering(world) == {}


def test_without_metallb_nobody_gives_an_address() -> None:
    world = simulator(workload("Deployment"), service(), addons=[])
    assert address(world) == ""
