"""What a Service is given when it is created, and the Service that always exists."""

import pytest

from app.control.services import cluster_services
from app.core.errors import PodwalkError
from app.kube.clusterfile import ClusterFile, load_cluster_text
from app.kube.services import Service

HEAD = "apiVersion: podwalk.dev/v1\nkind: Cluster\n"


def cluster(*services: str, spec: str = "") -> ClusterFile:
    head = HEAD + (f"spec: {spec}\n" if spec else "")
    manifests = [f"{{apiVersion: v1, kind: Service, {service}}}" for service in services]
    return load_cluster_text("\n---\n".join([head, *manifests]), "c.yaml")


def services(*given: str, spec: str = "") -> dict[str, Service]:
    return {service.name: service for service in cluster_services(cluster(*given, spec=spec))}


def refusals(*given: str, spec: str = "") -> list[str]:
    with pytest.raises(PodwalkError) as caught:
        services(*given, spec=spec)
    return [line.partition(": ")[2] for line in caught.value.headline().splitlines()]


def named(name: str, spec: str) -> str:
    return f"metadata: {{name: {name}}}, spec: {{{spec}}}"


def test_default_kubernetes_has_the_first_address_of_the_range() -> None:
    found = services(spec="{serviceCIDR: 10.96.0.0/12}")["kubernetes"]
    assert (found.namespace, str(found.cluster_ip)) == ("default", "10.96.0.1")
    assert [(port.name, port.port, port.target_port) for port in found.ports] == [("https", 443, 6443)]


def test_the_file_may_give_default_kubernetes_itself() -> None:
    found = services(named("kubernetes", "clusterIP: 10.1.0.7, ports: [{port: 443}]"))
    assert [str(each.cluster_ip) for each in found.values()] == ["10.1.0.7"]


def test_addresses_are_given_in_order_past_those_that_are_asked_for() -> None:
    port = "ports: [{port: 80}]"
    found = services(named("a", port), named("b", f"clusterIP: 10.1.0.3, {port}"), named("c", port))
    assert {name: str(each.cluster_ip) for name, each in found.items()} == {
        "kubernetes": "10.1.0.1", "a": "10.1.0.2", "b": "10.1.0.3", "c": "10.1.0.4",
    }  # fmt: skip
    assert found["a"].body["spec"]["clusterIPs"] == ["10.1.0.2"]


def test_the_address_of_the_cluster_dns_is_kept_for_who_asks_for_it() -> None:
    given = [named(f"s{number}", "ports: [{port: 80}]") for number in range(10)]
    found = services(*given)
    assert "10.1.0.10" not in {str(each.cluster_ip) for each in found.values()}
    assert str(services(named("dns", "clusterIP: 10.1.0.10, ports: [{port: 53}]"))["dns"].cluster_ip) == "10.1.0.10"


def test_headless_services_and_external_names_get_no_address() -> None:
    found = services(
        named("a", 'clusterIP: "None", ports: [{port: 80}]'), named("b", "type: ExternalName, externalName: x.y")
    )
    assert [found[name].cluster_ip for name in "ab"] == [None, None]


def test_node_ports_are_given_in_order_past_those_that_are_asked_for() -> None:
    found = services(
        named("a", "type: NodePort, ports: [{name: x, port: 80}, {name: y, port: 81}]"),
        named("b", "type: NodePort, ports: [{port: 80, nodePort: 30001}]"),
        named("c", "type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]"),
    )
    ports = {name: [port.node_port for port in each.ports] for name, each in found.items()}
    assert ports == {"kubernetes": [0], "a": [30000, 30002], "b": [30001], "c": [30003]}
    assert found["c"].health_check_node_port == 30004
    assert found["a"].body["spec"]["ports"][1]["nodePort"] == 30002


def test_tcp_and_udp_of_one_port_share_a_node_port() -> None:
    found = services(named("dns", "type: NodePort, ports: [{name: u, port: 53, protocol: UDP}, {name: t, port: 53}]"))
    assert [port.node_port for port in found["dns"].ports] == [30000, 30000]


def test_a_load_balancer_may_go_without_node_ports() -> None:
    found = services(named("a", "type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 80}]"))
    assert [port.node_port for port in found["a"].ports] == [0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["clusterIP: 10.9.0.1, ports: [{port: 80}]"], 'Service default/s0: spec.clusterIPs: Invalid value: ["10.9.0.1"]: failed to allocate IP 10.9.0.1: the provided IP (10.9.0.1) is not in the valid range. The range of valid IPs is 10.1.0.0/16'),
        (["clusterIP: 10.1.0.1, ports: [{port: 80}]"], 'Service default/s0: spec.clusterIPs: Invalid value: ["10.1.0.1"]: failed to allocate IP 10.1.0.1: provided IP is already allocated to default/kubernetes'),
        (["type: NodePort, ports: [{port: 80, nodePort: 80}]"], "Service default/s0: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767"),
        (["type: NodePort, ports: [{port: 80, nodePort: 30001}]", "type: NodePort, ports: [{port: 80, nodePort: 30001}]"], "Service default/s1: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated to default/s0"),
        (["ports: [{port: 80, nodePort: 30001}]"], "The Service \"s0\" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_refused_in_the_api_servers_words(given: list[str], message: str) -> None:
    assert refusals(*(named(f"s{index}", spec) for index, spec in enumerate(given))) == [message]


def test_a_range_that_is_used_up_is_told() -> None:
    given = [named(f"s{number}", "ports: [{port: 80}]") for number in range(6)]
    told = refusals(*given, spec="{serviceCIDR: 10.1.0.0/29, dnsServiceIP: 10.1.0.6}")
    assert told == ["Service default/s4: no address is left in serviceCIDR 10.1.0.0/29"]


def test_a_dump_keeps_its_services_as_they_are() -> None:
    spec = "type: NodePort, clusterIP: 172.30.0.1, ports: [{port: 80, nodePort: 3001}]"
    found = services(named("a", spec), named("b", spec), named("c", "ports: [{port: 80}]"), spec="{controllers: none}")
    assert [str(found[name].cluster_ip) for name in "abc"] == ["172.30.0.1", "172.30.0.1", "None"]
