"""kube-proxy's nftables mode on a node: what is written where, and what happens when Services change."""

from ipaddress import IPv4Address

import pytest

from app.control.cluster import LiveCluster
from app.control.endpointslices import cluster_endpoint_slices
from app.control.kubeproxy.categorize import Place
from app.control.kubeproxy.nftport import hashed
from app.control.kubeproxy.settings import ProxyNode, ProxySettings
from app.control.ownership import ObjectIndex
from app.control.proxy import modes
from app.control.proxy.nftables import NftablesProxy
from app.control.services import cluster_services
from app.core.clock import Clock
from app.core.errors import ManifestError
from app.core.rng import Rng
from app.dataplane.netns import NetNs
from app.dataplane.nft.parse import parse
from app.dataplane.nft.sets import Element
from app.dataplane.nft.table import Table
from app.kube.clusterfile import load_cluster_text
from app.kube.endpoints import EndpointSlice
from app.kube.services import Service
from tests.unit.control.test_proxy import HERE, SLICE, THERE, cluster_text, web

NFTABLES = ", kubeProxy: {mode: nftables%s}"


def nodes(service: str, *endpoints: str, proxy: str = "", spec: str = "") -> dict[str, NetNs]:
    text = cluster_text(service, *endpoints, spec=NFTABLES % proxy + spec)
    return LiveCluster(load_cluster_text(text), Clock(), Rng(0)).network.namespaces


def table_of(netns: NetNs) -> Table:
    return netns.nft.tables["kube-proxy"]


def rules(table: Table, chain: str) -> list[str]:
    return [rule.text() for rule in table.chains[chain].rules]


def elements(table: Table, name: str) -> list[str]:
    each = table.sets[name]
    found = (each.element_text(element, 0) for element in each.elements.values())
    return [text for text in found if "10.1.0.1" not in text.split(" ")]


BASE = "default/web/tcp/"
SERVICE, EXTERNAL, LOCAL = (f"{kind}-{hashed(BASE)}" for kind in ("service", "external", "local"))


def endpoint(address: str) -> str:
    return f"endpoint-{hashed(f'{BASE}__{address}/80')}"


def test_a_nodes_iptables_tables_hold_nothing_of_kube_proxy() -> None:
    netns = nodes(web(), HERE)["n1"]
    saved = netns.netfilter.save()
    assert "KUBE-SERVICES" not in saved
    assert "KUBE-FIREWALL" in saved, "the kubelet's"
    assert "FLANNEL" in saved, "the CNI plugin's"
    assert "net.ipv4.conf.all.route_localnet" not in {k for k, v in netns.sysctls.items() if v == "1"}


def test_a_cluster_ip_is_one_element_and_its_endpoints_are_drawn_evenly() -> None:
    table = table_of(nodes(web(), HERE, THERE)["n1"])
    assert elements(table, "service-ips") == [f"10.1.0.9 . tcp . 80 : goto {SERVICE}"]
    assert rules(table, SERVICE) == [
        "ip daddr 10.1.0.9 ip saddr != 10.2.0.0/16 jump mark-for-masquerade",
        f"numgen random mod 2 vmap {{ 0 : goto {endpoint('10.2.0.5')}, 1 : goto {endpoint('10.2.1.5')} }}",
    ]
    assert rules(table, endpoint("10.2.0.5")) == [
        "ip saddr 10.2.0.5 jump mark-for-masquerade",
        "meta l4proto tcp dnat to 10.2.0.5:80",
    ]


def test_nodes_share_the_table_that_is_the_same_on_all() -> None:
    found = nodes(web(), HERE, THERE)
    one, other = table_of(found["n1"]), table_of(found["n2"])
    assert all(one.chains[name] is other.chains[name] for name in one.chains)
    assert one.sets["service-ips"] is other.sets["service-ips"]
    assert elements(one, "nodeport-ips") == ["10.0.0.11"]
    assert elements(other, "nodeport-ips") != ["10.0.0.11"]


def test_the_first_eight_letters_are_those_of_the_hash() -> None:
    """Names of upstream's test; the last is what a real cluster has."""
    assert hashed("ns1/svc1/tcp/p80") == "ULMVA6XW-ns1/svc1/tcp/p80"
    assert hashed("ns1/svc1/tcp/p80__10.180.0.1/80") == "5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80"
    assert hashed("default/kubernetes/tcp/https").startswith("2QRHZV4L-")
    long = hashed("n" * 300)
    assert len(long) == 240
    assert long.endswith("...")


@pytest.mark.parametrize(
    ("proxy", "want"),
    [
        ("", ["10.0.0.11"]),
        (", nodePortAddresses: [10.0.0.0/24, 127.0.0.0/8]", ["10.0.0.11"]),
        (", nodePortAddresses: [192.168.0.0/16]", []),
    ],
)
def test_node_ports_answer_on_the_primary_address_unless_ranges_are_given(proxy: str, want: list[str]) -> None:
    table = table_of(nodes(web(port=", nodePort: 30080", spec=", type: NodePort"), HERE, proxy=proxy)["n1"])
    assert elements(table, "nodeport-ips") == want
    assert elements(table, "service-nodeports") == [f"tcp . 30080 : goto {EXTERNAL}"]
    assert rules(table, "services")[1] == "ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports"


def test_all_addresses_means_all_but_localhost() -> None:
    table = table_of(nodes(web(), HERE, proxy=", nodePortAddresses: [0.0.0.0/0]")["n1"])
    assert "nodeport-ips" not in table.sets
    where = "fib daddr type local ip daddr != 127.0.0.0/8"
    assert rules(table, "services")[1] == f"{where} meta l4proto . th dport vmap @service-nodeports"


def test_local_traffic_is_told_apart_node_by_node() -> None:
    text = web(port=", nodePort: 30080", spec=", type: NodePort, externalTrafficPolicy: Local")
    found = nodes(text, THERE)
    here, there = table_of(found["n1"]), table_of(found["n2"])
    assert elements(here, "no-endpoint-nodeports") == ['tcp . 30080 comment "default/web" : drop']
    assert elements(there, "no-endpoint-nodeports") == []
    assert rules(there, EXTERNAL)[-1] == f"goto {LOCAL}"
    assert rules(here, EXTERNAL)[-1].startswith("fib saddr type local goto")


@pytest.mark.parametrize(
    ("proxy", "want"),
    [
        (", masqueradeAll: true", "ip daddr 10.1.0.9 jump mark-for-masquerade"),
        (', clusterCIDR: ""', "numgen random mod 1"),
    ],
)
def test_what_is_masqueraded_follows_the_configuration(proxy: str, want: str) -> None:
    assert rules(table_of(nodes(web(), HERE, proxy=proxy)["n1"]), SERVICE)[0].startswith(want)


@pytest.mark.parametrize("policy", ["Cluster", "Local"])
def test_of_two_services_with_one_address_the_last_wins(policy: str) -> None:
    """Source: nftElementStorage.ensureElem(): the element is deleted and added with the other value.

    With policy Local the second one's chains depend on the node: it comes in a transaction of its own.
    """
    external = "externalIPs: [10.0.0.99]"
    one = web(spec=f", {external}")
    other = web(spec=f", {external}, type: NodePort, externalTrafficPolicy: {policy}", port=", nodePort: 30080")
    zoo = (other.replace("name: web", "name: zoo").replace("10.1.0.9", "10.1.0.8"), SLICE.replace("web", "zoo") % HERE)
    table = table_of(nodes("\n---\n".join([one, *zoo]), HERE)["n1"])
    found = [text for text in elements(table, "service-ips") if text.startswith("10.0.0.99")]
    assert found == [f"10.0.0.99 . tcp . 80 : goto external-{hashed('default/zoo/tcp/')}"]


# --- changes ----------------------------------------------------------------------------------------------------------


def parts(service: str, *endpoints: str) -> tuple[ProxySettings, tuple[Service, ...], tuple[EndpointSlice, ...]]:
    cluster = load_cluster_text(cluster_text(service, *endpoints, spec=NFTABLES % ""))
    services = cluster_services(cluster)
    return (
        ProxySettings.of(cluster.spec),
        services,
        cluster_endpoint_slices(cluster, services, ObjectIndex(cluster.store), {}),
    )


def synced(netns: NetNs, service: str, *endpoints: str) -> Table:
    proxy = modes.get("nftables")(*parts(service, *endpoints))
    assert isinstance(proxy, NftablesProxy)
    proxy.sync_proxy_rules(ProxyNode(Place("n1"), IPv4Address("10.0.0.11"), ()), netns)
    return table_of(netns)


def test_syncing_again_changes_nothing() -> None:
    netns = nodes(web(), HERE, THERE)["n1"]
    before = dict(table_of(netns).chains)
    after = synced(netns, web(), HERE, THERE)
    assert dict(after.chains) == before
    assert elements(after, "service-ips") == [f"10.1.0.9 . tcp . 80 : goto {SERVICE}"]


def test_chains_of_endpoints_that_went_away_are_deleted() -> None:
    netns = nodes(web(), HERE, THERE)["n1"]
    table = synced(netns, web(), THERE)
    assert endpoint("10.2.0.5") not in table.chains
    assert rules(table, SERVICE)[-1] == f"numgen random mod 1 vmap {{ 0 : goto {endpoint('10.2.1.5')} }}"
    empty = synced(netns, web())
    assert SERVICE not in empty.chains
    assert elements(empty, "no-endpoint-services") == ['10.1.0.9 . tcp . 80 comment "default/web" : goto reject-chain']


def test_clients_and_strangers_chains_outlive_a_sync() -> None:
    sticky = web(spec=", sessionAffinity: ClientIP")
    netns = nodes(sticky, HERE, THERE)["n1"]
    name = f"affinity-{hashed(f'{BASE}__10.2.0.5/80')}"
    client = IPv4Address("10.2.0.77")
    table_of(netns).renew_element(name, Element(client, expires_us=10))
    netns.nft.apply(parse("add chain ip kube-proxy mine\nadd rule ip kube-proxy mine drop"))
    table = synced(netns, sticky, HERE, THERE)
    assert client in table.sets[name].elements
    assert rules(table, "mine") == ["drop"]
    assert name not in synced(netns, sticky, THERE).sets


def test_before_1_29_there_is_no_nftables_mode() -> None:
    spec = NFTABLES % "" + ', kubernetesVersion: "1.28"'
    with pytest.raises(ManifestError) as caught:
        load_cluster_text(cluster_text(web(), HERE, spec=spec))
    assert caught.value.message == "spec.kubeProxy.mode: nftables needs Kubernetes 1.29 or later, not 1.28"
    assert "mode: iptables" in caught.value.hint
