"""Which Pods stand behind a Service, and in which state."""

import json
from ipaddress import IPv4Address
from typing import Any

from app.control.endpointslices import cluster_endpoint_slices
from app.control.ownership import ObjectIndex
from app.control.services import cluster_services
from app.kube.clusterfile import load_cluster_text
from app.kube.endpoints import EndpointSlice

HEAD: dict[str, Any] = {"apiVersion": "podwalk.dev/v1", "kind": "Cluster", "spec": {}}
READY = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
NOT_READY = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}


def pod(name: str, labels: dict[str, str], *, status: Any = None, ports: Any = None, **metadata: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "nginx", "ports": ports or []}
    spec = {"nodeName": "k8s-node-11", "containers": [container]}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels, **metadata}, "spec": spec}
    return {**body, **({"status": status} if status else {})}


def service(**spec: Any) -> dict[str, Any]:
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


def slices(*documents: dict[str, Any], **cluster: Any) -> list[EndpointSlice]:
    """Return the slices of the Service `web`; Pods have the addresses 10.2.1.1, .2 ... in file order."""
    text = "\n---\n".join(json.dumps(each) for each in ({**HEAD, "spec": cluster}, *documents))
    loaded = load_cluster_text(text)
    addresses = {each.key: IPv4Address("10.2.1.0") + index for index, each in enumerate(loaded.pods, 1)}
    found = cluster_endpoint_slices(loaded, cluster_services(loaded), ObjectIndex(loaded.store), addresses)
    return [each for each in found if each.service_name == "web"]


def addresses(found: list[EndpointSlice]) -> list[str]:
    return [str(endpoint.address) for each in found for endpoint in each.endpoints]


WEB = {"app": "web"}


def test_selected_pods_are_endpoints_on_the_target_port() -> None:
    pods = [pod("a", WEB), pod("b", {"app": "other"}), pod("c", {**WEB, "tier": "front"})]
    (found,) = slices(service(ports=[{"name": "http", "port": 80, "targetPort": 8080}]), *pods)
    assert addresses([found]) == ["10.2.1.1", "10.2.1.3"]
    assert [(port.name, port.port) for port in found.ports] == [("http", 8080)]
    assert found.endpoints[0].target == "default/a"
    assert found.body["endpoints"][0]["targetRef"] == {"kind": "Pod", "name": "a", "namespace": "default"}


def test_a_selector_of_several_labels_wants_all_of_them() -> None:
    pods = [pod("a", WEB), pod("b", {**WEB, "tier": "front"})]
    assert addresses(slices(service(selector={**WEB, "tier": "front"}), *pods)) == ["10.2.1.2"]


def test_a_named_target_port_may_be_another_number_in_each_pod() -> None:
    pods = [pod(n, WEB, ports=[{"name": "http", "containerPort": p}]) for n, p in (("a", 80), ("b", 8080))]
    found = slices(service(ports=[{"port": 80, "targetPort": "http"}]), *pods, pod("c", WEB))
    assert [([port.port for port in each.ports], addresses([each])) for each in found] == [
        ([80], ["10.2.1.1"]), ([8080], ["10.2.1.2"]), ([], ["10.2.1.3"]),
    ]  # fmt: skip


def test_readiness_and_termination_come_from_the_pods_status() -> None:
    pods = [
        pod("ready", WEB, status=READY),
        pod("not-ready", WEB, status=NOT_READY),
        pod("leaving", WEB, status=READY, deletionTimestamp="2026-01-01T00:00:00Z"),
        pod("done", WEB, status={"phase": "Succeeded"}),
        pod("unknown", WEB),
        pod("pending", WEB, status={"phase": "Pending"}),
    ]
    (found,) = slices(service(), *pods)
    states = {e.target.partition("/")[2]: (e.ready, e.serving, e.terminating) for e in found.endpoints}
    assert states == {
        "ready": (True, True, False), "not-ready": (False, False, False), "leaving": (False, True, True),
        "unknown": (True, True, False), "pending": (False, False, False),
    }  # fmt: skip


def test_publish_not_ready_addresses_makes_all_of_them_ready() -> None:
    (found,) = slices(service(publishNotReadyAddresses=True), pod("a", WEB, status=NOT_READY))
    assert [(e.ready, e.serving) for e in found.endpoints] == [(True, False)]


def test_slices_of_the_file_are_kept_and_no_others_made() -> None:
    given = {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "mine", "labels": {"kubernetes.io/service-name": "web"}},
        "endpoints": [{"addresses": ["192.0.2.7"]}], "ports": [{"port": 80}],
    }  # fmt: skip
    assert addresses(slices(service(), given, pod("a", WEB))) == ["192.0.2.7"]


def test_endpoints_of_the_file_are_mirrored_where_there_is_no_selector() -> None:
    by_hand = {
        "apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"},
        "subsets": [{"addresses": [{"ip": "192.0.2.7"}], "notReadyAddresses": [{"ip": "192.0.2.8"}], "ports": [{"port": 80}]}],
    }  # fmt: skip
    (found,) = slices(service(selector={}), by_hand)
    assert [(str(e.address), e.ready) for e in found.endpoints] == [("192.0.2.7", True), ("192.0.2.8", False)]
    assert slices(service(selector={})) == []


def test_a_service_without_pods_has_one_empty_slice() -> None:
    (found,) = slices(service())
    assert (found.endpoints, found.ports) == ((), ())


def test_a_slice_holds_a_hundred_endpoints_at_most() -> None:
    found = slices(service(), *(pod(f"p{number}", WEB) for number in range(101)))
    assert [len(each.endpoints) for each in found] == [100, 1]
    assert len({each.name for each in found}) == 2


def test_headless_services_have_slices_too_which_a_proxy_passes_over() -> None:
    (found,) = slices(service(clusterIP="None"), pod("a", WEB))
    assert found.metadata.labels["service.kubernetes.io/headless"] == ""


def test_traffic_distribution_becomes_hints() -> None:
    nodes = [{"name": "k8s-node-11", "labels": {"topology.kubernetes.io/zone": "z1"}}]
    (close,) = slices(service(trafficDistribution="PreferClose"), pod("a", WEB), nodes=nodes)
    (same,) = slices(service(trafficDistribution="PreferSameNode"), pod("a", WEB), nodes=nodes)
    assert [(e.zones, e.nodes) for e in (*close.endpoints, *same.endpoints)] == [
        (frozenset({"z1"}), frozenset()), (frozenset({"z1"}), frozenset({"k8s-node-11"})),
    ]  # fmt: skip


def test_a_dump_gets_no_slices_but_that_of_the_api_server() -> None:
    text = "\n---\n".join(
        json.dumps(each) for each in ({**HEAD, "spec": {"controllers": "none"}}, service(), pod("a", WEB))
    )
    loaded = load_cluster_text(text)
    found = cluster_endpoint_slices(loaded, cluster_services(loaded), ObjectIndex(loaded.store), {})
    assert [(each.name, [str(e.address) for e in each.endpoints]) for each in found] == [("kubernetes", ["10.0.0.10"])]
    assert [port.port for port in found[0].ports] == [6443]
