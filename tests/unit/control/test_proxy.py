"""kube-proxy on a node: the rules of the captured kernel, the old format, and what happens when Services change."""

import re
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from app.control.cluster import LiveCluster
from app.control.endpointslices import cluster_endpoint_slices
from app.control.kubeproxy.categorize import Place
from app.control.kubeproxy.settings import ProxyNode, ProxySettings
from app.control.ownership import ObjectIndex
from app.control.proxy import modes
from app.control.proxy.iptables import IptablesProxy
from app.control.services import cluster_services
from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.netfilter.ruleset import Ruleset
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.kube.clusterfile import load_cluster, load_cluster_text
from app.kube.endpoints import EndpointSlice
from app.kube.services import Service

ORACLE = Path(__file__).parents[2] / "oracle"
NODES = ["k8s-master-10", "k8s-node-11", "k8s-node-12"]
HEAD = "apiVersion: podwalk.dev/v1\nkind: Cluster\nspec: {controllers: none, addons: [], nodes: [{name: n1, ip: 10.0.0.11}, {name: n2}]%s}\n"
WEB = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: 10.1.0.9, ports: [{port: 80%s}]%s}%s}"
SLICE = (
    "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, ports: [{port: 80}],"
    " metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}, endpoints: [%s]}"
)
HERE = "{addresses: [10.2.0.5], nodeName: n1}"
THERE = "{addresses: [10.2.1.5], nodeName: n2}"
SVC, SEP_HERE, SEP_THERE = "KUBE-SVC-LOLE4ISW44XBNF3G", "KUBE-SEP-655FNMFGAAVJE737", "KUBE-SEP-UWZKJYX2LTUFGVJ4"


def cluster_text(service: str, *endpoints: str, spec: str = "") -> str:
    return "---\n".join([HEAD % spec, f"{service}\n", SLICE % ", ".join(endpoints)])


def node(service: str, *endpoints: str, spec: str = "") -> NetNs:
    return LiveCluster(
        load_cluster_text(cluster_text(service, *endpoints, spec=spec)), Clock(), Rng(0)
    ).network.namespaces["n1"]


def chain(netns: NetNs, table: str, name: str) -> list[str]:
    """Return a chain's rules without `-A CHAIN` and without default/kubernetes."""
    lines = netns.netfilter.table(table).chains[name].lines
    return [line.removeprefix(f"-A {name} ") for line in lines if "default/kubernetes" not in line]


def web(*, port: str = "", spec: str = "", status: str = "") -> str:
    return WEB % (port, spec, status)


# --- against the captured kernel --------------------------------------------------------------------------------------


def kernel_rules(mode: str, name: str) -> list[str]:
    text = (ORACLE / "state" / mode / f"{name}.txt").read_text(encoding="utf-8")
    section = text.partition("# iptables-save\n")[2].partition("\n# ipset")[0]
    return [line for line in section.splitlines() if line.startswith(("-A", ":", "*"))]


def without_chance(line: str) -> str:
    """The lab wrote endpoints in the order of its manifests, kube-proxy in that of their texts."""
    return re.sub(r" -m statistic --mode random --probability \S+", "", line)


@pytest.mark.parametrize("name", NODES)
@pytest.mark.parametrize("mode", ["vxlan", "host-gw"])
def test_a_node_has_the_captured_kernels_rules(mode: str, name: str) -> None:
    network: Network = LiveCluster(load_cluster([str(ORACLE / f"cluster-{mode}.yaml")]), Clock(), Rng(0)).network
    got = [line for line in network.namespaces[name].netfilter.save().splitlines() if line != "COMMIT"]
    want = kernel_rules(mode, name)
    unused = {"*raw"}  # the lab had looked into it, which makes it
    assert {without_chance(line) for line in want} - {without_chance(line) for line in got} <= unused
    assert {without_chance(line) for line in got} <= {without_chance(line) for line in want}
    for built_in in ("INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING"):
        start = f"-A {built_in} "
        assert [line for line in got if line.startswith(start)] == [line for line in want if line.startswith(start)]


# --- one service port -------------------------------------------------------------------------------------------------


def test_endpoints_stand_in_the_order_of_their_texts_and_share_evenly() -> None:
    netns = node(web(), THERE, HERE, "{addresses: [10.2.0.10]}")
    assert chain(netns, "nat", SVC) == [
        '! -s 10.2.0.0/16 -d 10.1.0.9/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ',
        '-m comment --comment "default/web -> 10.2.0.10:80" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-23NE4HCHIPPLSXIC',
        f'-m comment --comment "default/web -> 10.2.0.5:80" -m statistic --mode random --probability 0.50000000000 -j {SEP_HERE}',
        f'-m comment --comment "default/web -> 10.2.1.5:80" -j {SEP_THERE}',
    ]  # fmt: skip


def test_affinity_first_asks_who_was_served_before() -> None:
    netns = node(web(spec=", sessionAffinity: ClientIP"), HERE)
    assert chain(netns, "nat", SVC)[1:] == [
        f'-m comment --comment "default/web -> 10.2.0.5:80" -m recent --rcheck --seconds 10800 --reap --name {SEP_HERE} --mask 255.255.255.255 --rsource -j {SEP_HERE}',
        f'-m comment --comment "default/web -> 10.2.0.5:80" -j {SEP_HERE}',
    ]  # fmt: skip
    assert chain(netns, "nat", SEP_HERE)[1] == (
        f'-p tcp -m comment --comment "default/web" -m recent --set --name {SEP_HERE} --mask 255.255.255.255 --rsource'
        " -m tcp -j DNAT --to-destination 10.2.0.5:80"
    )


@pytest.mark.parametrize(
    ("spec", "first"),
    [
        (", kubeProxy: {masqueradeAll: true}", "-d 10.1.0.9/32 -p tcp"),
        (", kubeProxy: {clusterCIDR: 10.2.0.0/17}", "! -s 10.2.0.0/17 -d 10.1.0.9/32"),
        (', kubeProxy: {clusterCIDR: ""}', '-m comment --comment "default/web -> 10.2.0.5:80"'),
    ],
)
def test_who_is_masqueraded_follows_the_settings(spec: str, first: str) -> None:
    assert chain(node(web(), HERE, spec=spec), "nat", SVC)[0].startswith(first)


def test_internal_policy_local_without_a_local_endpoint_drops() -> None:
    netns = node(web(spec=", internalTrafficPolicy: Local"), THERE)
    assert chain(netns, "filter", "KUBE-SERVICES") == [
        '-d 10.1.0.9/32 -p tcp -m comment --comment "default/web has no local endpoints" -m tcp --dport 80 -j DROP'
    ]
    assert SVC not in netns.netfilter.table("nat").chains


def test_without_any_endpoint_everything_is_rejected() -> None:
    spec = ", type: LoadBalancer, externalIPs: [192.0.2.1]"
    netns = node(
        web(port=", nodePort: 30080", spec=spec, status=", status: {loadBalancer: {ingress: [{ip: 192.0.2.2}]}}")
    )
    text = '-m comment --comment "default/web has no endpoints"'
    reject = "-j REJECT --reject-with icmp-port-unreachable"
    assert chain(netns, "filter", "KUBE-SERVICES") == [f"-d 10.1.0.9/32 -p tcp {text} -m tcp --dport 80 {reject}"]
    assert chain(netns, "filter", "KUBE-EXTERNAL-SERVICES") == [
        f"-d 192.0.2.1/32 -p tcp {text} -m tcp --dport 80 {reject}",
        f"-d 192.0.2.2/32 -p tcp {text} -m tcp --dport 80 {reject}",
        f"-p tcp {text} -m addrtype --dst-type LOCAL -m tcp --dport 30080 {reject}",
    ]


def test_a_source_range_that_holds_the_node_admits_the_load_balancer_address_too() -> None:
    spec = ", type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/24]"
    netns = node(web(spec=spec, status=", status: {loadBalancer: {ingress: [{ip: 192.0.2.2}]}}"), HERE)
    firewall = SVC.replace("SVC", "FW")
    text = '-m comment --comment "default/web loadbalancer IP"'
    assert chain(netns, "nat", firewall) == [
        f"-s 10.0.0.0/24 {text} -j {SVC.replace('SVC', 'EXT')}",
        f"-s 192.0.2.2/32 {text} -j {SVC.replace('SVC', 'EXT')}",
        '-m comment --comment "other traffic to default/web will be dropped by KUBE-PROXY-FIREWALL"',
    ]
    assert chain(netns, "filter", "KUBE-PROXY-FIREWALL") == [
        f'-d 192.0.2.2/32 -p tcp -m comment --comment "default/web traffic not accepted by {firewall}" -m tcp --dport 80 -j DROP'
    ]


@pytest.mark.parametrize(
    ("spec", "rules"),
    [
        ("", ["%s -m addrtype --dst-type LOCAL"]),
        (", kubeProxy: {localhostNodePorts: false}", ["! -d 127.0.0.0/8 %s -m addrtype --dst-type LOCAL"]),
        (", kubeProxy: {nodePortAddresses: [10.0.0.0/24, 127.0.0.0/8]}", ["-d 127.0.0.1/32 %s", "-d 10.0.0.11/32 %s"]),
        (', kubeProxy: {nodePortAddresses: ["2001:db8::/64"]}', ["%s -m addrtype --dst-type LOCAL"]),
        (", kubeProxy: {localhostNodePorts: false, nodePortAddresses: [127.0.0.0/8]}", []),
    ],
)
def test_node_ports_answer_on_the_addresses_of_the_settings(spec: str, rules: list[str]) -> None:
    text = '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"'
    found = chain(node(web(), HERE, spec=spec), "nat", "KUBE-SERVICES")
    assert found[1:] == [f"{rule % text} -j KUBE-NODEPORTS" for rule in rules]


@pytest.mark.parametrize(("spec", "value"), [("", "1"), (", kubeProxy: {localhostNodePorts: false}", "0")])
def test_route_localnet_is_kube_proxys_for_node_ports_on_localhost(spec: str, value: str) -> None:
    assert node(web(), HERE, spec=spec).sysctls["net.ipv4.conf.all.route_localnet"] == value


def test_zone_hints_keep_traffic_in_the_zone() -> None:
    spec = ", nodes: [{name: n1, labels: {topology.kubernetes.io/zone: z1}}, {name: n2}]"
    head = HEAD.replace("nodes: [{name: n1, ip: 10.0.0.11}, {name: n2}]", spec.removeprefix(", ")) % ""
    hinted = [f"{e[:-1]}, hints: {{forZones: [{{name: {zone}}}]}}}}" for e, zone in ((HERE, "z1"), (THERE, "z2"))]
    text = "---\n".join([head, f"{web()}\n", SLICE % ", ".join(hinted)])
    network = LiveCluster(load_cluster_text(text), Clock(), Rng(0)).network
    targets = {
        n: [line.rpartition(" ")[2] for line in chain(network.namespaces[n], "nat", SVC)[1:]] for n in ("n1", "n2")
    }
    assert targets == {"n1": [SEP_HERE], "n2": [SEP_HERE, SEP_THERE]}


# --- before 1.24 ------------------------------------------------------------------------------------------------------


def test_the_old_format_masquerades_in_kube_services() -> None:
    netns = node(web(), HERE, THERE, spec=', kubernetesVersion: "1.19"')
    terms = '-d 10.1.0.9/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80'
    assert chain(netns, "nat", "KUBE-SERVICES")[:2] == [
        f"! -s 10.2.0.0/16 {terms} -j KUBE-MARK-MASQ",
        f"{terms} -j {SVC}",
    ]
    assert chain(netns, "nat", SVC) == [
        f'-m comment --comment "default/web" -m statistic --mode random --probability 0.50000000000 -j {SEP_HERE}',
        f'-m comment --comment "default/web" -j {SEP_THERE}',
    ]
    assert [line.rpartition("-j ")[2] for line in netns.netfilter.table("filter").chains["FORWARD"].lines] == [
        "KUBE-FORWARD", "KUBE-SERVICES", "FLANNEL-FWD",
    ]  # fmt: skip
    assert netns.netfilter.table("nat").chains["KUBE-MARK-DROP"].lines == (
        "-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000",
    )
    assert chain(netns, "filter", "KUBE-FIREWALL")[0].endswith("-m mark --mark 0x8000/0x8000 -j DROP")


@pytest.mark.parametrize(
    ("endpoint", "last"),
    [
        (HERE, f'-m comment --comment "Balancing rule 0 for default/web" -j {SEP_HERE}'),
        (THERE, '-m comment --comment "default/web has no local endpoints" -j KUBE-MARK-DROP'),
    ],
)
def test_the_old_format_has_a_chain_for_local_traffic_from_outside(endpoint: str, last: str) -> None:
    service = web(port=", nodePort: 30080", spec=", type: NodePort, externalTrafficPolicy: Local")
    netns = node(service, endpoint, spec=', kubernetesVersion: "1.23"')
    xlb = SVC.replace("SVC", "XLB")
    terms = '-p tcp -m comment --comment "default/web" -m tcp --dport 30080'
    assert chain(netns, "nat", "KUBE-NODEPORTS") == [
        f"-s 127.0.0.0/8 {terms} -j KUBE-MARK-MASQ",
        f"{terms} -j {xlb}",
    ]
    assert chain(netns, "nat", xlb) == [
        f'-s 10.2.0.0/16 -m comment --comment "Redirect pods trying to reach external loadbalancer VIP to clusterIP" -j {SVC}',
        '-m comment --comment "masquerade LOCAL traffic for default/web LB IP" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ',
        f'-m comment --comment "route LOCAL traffic for default/web LB IP to service chain" -m addrtype --src-type LOCAL -j {SVC}',
        last,
    ]


# --- all nodes, and changes -------------------------------------------------------------------------------------------


def objects(service: str, *endpoints: str) -> tuple[tuple[Service, ...], tuple[EndpointSlice, ...]]:
    loaded = load_cluster_text(cluster_text(service, *endpoints))
    services = cluster_services(loaded)
    return services, cluster_endpoint_slices(loaded, services, ObjectIndex(loaded.store), {})


def proxy_node(name: str) -> ProxyNode:
    return ProxyNode(Place(name), IPv4Address("10.0.0.11"), (IPv4Address("10.0.0.11"),))


def test_nodes_share_the_very_texts_of_what_is_the_same() -> None:
    proxy = IptablesProxy(ProxySettings(), *objects(web(), HERE, THERE))
    first, second = (list(proxy.restore_texts(proxy_node(name))) for name in ("n1", "n2"))
    assert all(one is other for one, other in zip(first, second, strict=True))


def test_a_large_cluster_leaves_the_comments_of_endpoints_out() -> None:
    many = [f"{{addresses: [10.2.{n // 250}.{n % 250 + 1}]}}" for n in range(1001)]
    text = "".join(IptablesProxy(ProxySettings(), *objects(web(), *many)).restore_texts(proxy_node("n1")))
    assert "-> 10.2" not in text
    assert f"-A {SVC} -m statistic --mode random --probability 0.00099900" in text


def test_a_second_sync_removes_what_is_gone_and_doubles_nothing() -> None:
    netns = node(web(), HERE, THERE)
    before = netns.netfilter.save()
    IptablesProxy(ProxySettings(cluster_cidr="10.2.0.0/16"), *objects(web(), HERE, THERE)).sync_proxy_rules(
        proxy_node("n1"), netns
    )
    assert netns.netfilter.save() == before
    IptablesProxy(ProxySettings(), *objects(web(), HERE)).sync_proxy_rules(proxy_node("n1"), netns)
    nat = netns.netfilter.table("nat").chains
    assert SEP_HERE in nat
    assert SEP_THERE not in nat


def test_what_is_printed_can_be_loaded_again() -> None:
    text = node(
        web(port=", nodePort: 30080", spec=", type: NodePort, externalTrafficPolicy: Local"), HERE
    ).netfilter.save()
    rules = Ruleset()
    rules.restore(text)
    assert rules.save() == text


def test_the_mode_of_the_cluster_file_is_looked_up_by_name() -> None:
    assert modes.get("iptables") is IptablesProxy
    assert replace(ProxySettings(), node_port_addresses=(IPv4Network("0.0.0.0/0"),)).answers_everywhere
