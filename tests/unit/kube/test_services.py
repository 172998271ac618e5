"""Services, EndpointSlices and Endpoints as a cluster file gives them: what is read, what is refused, in which words."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from app.core.errors import PodwalkError
from app.kube.clusterfile import load_cluster_text
from app.kube.endpoints import Endpoints, EndpointSlice
from app.kube.services import Service, ServicePort

HEAD = "{apiVersion: podwalk.dev/v1, kind: Cluster}\n---\n"
DUMP = "{apiVersion: podwalk.dev/v1, kind: Cluster, spec: {controllers: none}}\n---\n"


def service(spec: str, more: str = "", head: str = HEAD) -> Service:
    text = f"{head}apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n{more}"
    (found,) = load_cluster_text(text, "c.yaml").store.typed(Service)
    return found


def endpoint_slice(body: str) -> EndpointSlice:
    head = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\n"
    (found,) = load_cluster_text(f"{HEAD}{head}{body}", "c.yaml").store.typed(EndpointSlice)
    return found


def refusal(spec: str) -> str:
    with pytest.raises(PodwalkError) as caught:
        service(spec)
    return caught.value.headline()


def test_a_service_says_where_it_is_and_whom_it_selects() -> None:
    found = service(
        "{type: NodePort, clusterIP: 10.1.15.2, selector: {app: nginx}, externalTrafficPolicy: Local,"
        " ports: [{name: http, port: 80, targetPort: web, nodePort: 30080}]}"
    )
    assert (found.type, found.cluster_ip, found.external_policy) == ("NodePort", IPv4Address("10.1.15.2"), "Local")
    assert found.ports == (ServicePort("http", "TCP", 80, "web", 30080),)
    assert found.pod_selector is not None
    assert found.pod_selector.matches({"app": "nginx", "x": "y"})
    assert not found.needs_cluster_ip
    assert found.needs_node_ports


def test_the_target_port_is_the_port_unless_given() -> None:
    assert service("{ports: [{port: 80}]}").ports == (ServicePort("", "TCP", 80, 80),)


def test_a_headless_service_asks_for_no_address() -> None:
    found = service('{clusterIP: "None", ports: [{port: 80}]}')
    assert (found.is_headless, found.cluster_ip, found.needs_cluster_ip) == (True, None, False)


def test_session_affinity_lasts_three_hours_unless_told() -> None:
    assert service("{sessionAffinity: ClientIP, ports: [{port: 80}]}").affinity_seconds == 10800
    config = "sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}"
    assert service(f"{{sessionAffinity: ClientIP, {config}, ports: [{{port: 80}}]}}").affinity_seconds == 60
    assert service(f"{{{config}, ports: [{{port: 80}}]}}", head=DUMP).affinity_seconds == 0


def test_ipv6_of_a_dual_stack_dump_is_passed_over() -> None:
    found = service(
        '{clusterIP: "fd00::1", clusterIPs: ["fd00::1", 10.1.0.7], ports: [{port: 80}], externalIPs: ["2001:db8::1", 192.0.2.1],'
        ' loadBalancerSourceRanges: ["2001:db8::/32", " 203.0.113.0/25"]}',
        'status: {loadBalancer: {ingress: [{ip: "2001:db8::2"}, {ip: 1.2.3.4}, {hostname: lb.example}, {ip: 5.6.7.8, ipMode: Proxy}]}}\n',
        DUMP,
    )
    assert found.cluster_ip == IPv4Address("10.1.0.7")
    assert found.external_ips == (IPv4Address("192.0.2.1"),)
    assert found.source_ranges == (IPv4Network("203.0.113.0/25"),)
    assert found.load_balancer_ips == (IPv4Address("1.2.3.4"),)


def test_a_dump_may_write_protocols_in_small_letters() -> None:
    assert service("{ports: [{port: 53, protocol: udp}]}", head=DUMP).ports[0].protocol == "UDP"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{ports: [{port: 0}]}", "spec.ports[0].port: must be at least 1, not 0"),
        ("{ports: [{port: 80, protocol: ICMP}]}", "spec.ports[0].protocol: 'ICMP' is not a protocol; legal: TCP, UDP, SCTP"),
        ("{clusterIP: 10.1.0}", "spec.clusterIP: '10.1.0' is not an IPv4 address"),
        ("{type: NodePrt}", "spec.type: 'NodePrt' is not a legal value; did you mean 'NodePort'?"),
        ("{prots: [{port: 80}]}", "unknown field \"spec.prots\"; did you mean 'ports'?"),
        ("{ports: [{prt: 80}]}", "unknown field \"spec.ports[0].prt\"; did you mean 'port'?"),
        ("{ports: [{port: 80}, {port: 81}]}", "spec.ports[0]: a name is required"),
        ("{ports: [{name: a, port: 80}, {name: a, port: 81}]}", "spec.ports[1].name: 'a' is given twice"),
        ("{externalTrafficPolicy: local}", "spec.externalTrafficPolicy: 'local' is not a legal value; did you mean 'Local'?"),
        ("{loadBalancerSourceRanges: [203.0.113.5]}", "spec.loadBalancerSourceRanges[0]: '203.0.113.5' has no prefix length, e.g. 203.0.113.5/32"),
        ('{ports: [{name: "a b", port: 80}]}', "spec.ports[0].name: 'a b' is not a port name: letters, digits and '-'"),
    ],
)  # fmt: skip
def test_a_wrong_service_is_refused_with_its_place(spec: str, message: str) -> None:
    place, _, text = refusal(spec).partition(": ")
    assert place.startswith("c.yaml:")
    assert text.splitlines()[0].startswith(message)


def test_a_service_of_another_api_group_is_kept_only() -> None:
    text = (
        f"{HEAD}apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{template: {{}}}}\n"
    )
    found = load_cluster_text(text, "c.yaml")
    assert found.store.typed(Service) == ()
    assert [kept.name for kept in found.unacted] == ["default/web"]


def test_what_a_slice_leaves_out_counts_as_ready() -> None:
    found = endpoint_slice(
        "addressType: IPv4\nports: [{port: 80}]\nendpoints:\n"
        "- {addresses: [10.2.1.5], nodeName: n1, hints: {forZones: [{name: z1}], forNodes: [{name: n1}]}}\n"
        "- {addresses: [10.2.1.6], conditions: {ready: null, serving: false, terminating: true}}\n"
    )
    first, second = found.endpoints
    assert (found.service_name, first.ready, first.serving, first.terminating) == ("web", True, True, False)
    assert (first.zones, first.nodes) == (frozenset({"z1"}), frozenset({"n1"}))
    assert (second.ready, second.serving, second.terminating) == (True, False, True)


def test_slices_of_other_families_have_no_endpoints_here() -> None:
    assert endpoint_slice('addressType: IPv6\nendpoints: [{addresses: ["fd00::1"]}]\n').endpoints == ()
    assert endpoint_slice("addressType: FQDN\nendpoints: [{addresses: [www.example.com]}]\n").endpoints == ()


def test_endpoints_list_the_ready_and_the_others() -> None:
    body = "subsets: [{addresses: [{ip: 10.2.1.5}], notReadyAddresses: [{ip: 10.2.1.6}], ports: [{port: 80}]}]"
    text = f"{HEAD}apiVersion: v1\nkind: Endpoints\nmetadata: {{name: web}}\n{body}\n"
    (found,) = load_cluster_text(text, "c.yaml").store.typed(Endpoints)
    (subset,) = found.subsets
    assert [str(each.address) for each in subset.ready] == ["10.2.1.5"]
    assert [each.ready for each in subset.not_ready] == [False]
