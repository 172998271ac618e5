"""The plain bridge plugin, and flannel's DirectRouting."""

import pytest

from app.control.cni.bridge import chain_name
from app.control.naming import sandbox_id
from app.dataplane.devices.bridge import Bridge
from app.dataplane.network import Network
from app.kube.clusterfile import load_cluster_text
from app.shell import execute
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from app.sim.trace import Trace
from tests.unit.control.conftest import HEAD, build, pod

PODS = (pod("a", "k8s-node-11"), pod("b", "k8s-node-12"), pod("c", "k8s-node-11"))


def shown(network: Network, node: str, command: str) -> list[str]:
    return [line.rstrip() for line in execute(network.namespaces[node], command).stdout.splitlines()]


def traced(spec: str, to: str) -> Trace:
    text = HEAD + f"spec: {spec}\n" + "".join(f"---\n{manifest}\n" for manifest in PODS)
    return Simulator(load_cluster_text(text, "c.yaml")).trace(TraceRequest("pod/default/a", to))


def source_seen(trace: Trace, netns: str) -> str:
    """Return the source address with which the first packet of the request arrived."""
    found = next(s for s in trace.sightings if s.netns == netns and s.leg == "request" and s.ip is not None)
    assert found.ip is not None
    return found.ip.src


def test_a_bridge_cluster_has_a_bridge_and_the_routes_of_its_administrator() -> None:
    network = build("{cni: {plugin: bridge}}", *PODS)
    assert shown(network, "k8s-node-11", "ip route") == [
        "default via 10.0.0.1 dev ens33",
        "10.0.0.0/24 dev ens33 proto kernel scope link src 10.0.0.11",
        "10.2.0.0/24 via 10.0.0.10 dev ens33",
        "10.2.1.0/24 dev cni0 proto kernel scope link src 10.2.1.1",
        "10.2.2.0/24 via 10.0.0.12 dev ens33",
    ]
    bridge = network.namespaces["k8s-node-11"].interfaces["cni0"]
    assert isinstance(bridge, Bridge)
    assert [(port.mtu, bool(port.port and port.port.hairpin)) for port in bridge.ports] == [(1500, False)] * 2


@pytest.mark.parametrize(
    ("network", "container", "chain"),
    [
        ("test", "1234", "CNI-2bbe0c48b91a7d1b8a6753a8"),
        ("testalongnamethatdoesnotmakesense", "1234", "CNI-374f33fe84ab0ed84dcdebe3"),
    ],
)
def test_chain_names_are_those_of_the_plugins_own_tests(network: str, container: str, chain: str) -> None:
    """Source: containernetworking/plugins pkg/utils/utils_test.go."""
    assert chain_name(network, container) == chain


def test_ip_masq_has_a_chain_for_every_pod() -> None:
    cluster = load_cluster_text(HEAD + "---\n" + PODS[0] + "\n", "c.yaml")
    sandbox = sandbox_id(cluster.pods[0].namespace, cluster.pods[0].name)
    chain = chain_name("bridge", sandbox)
    note = f'-m comment --comment "name: \\"bridge\\" id: \\"{sandbox}\\""'
    rules = build("{cni: {plugin: bridge}}", PODS[0]).namespaces["k8s-node-11"].netfilter.save("nat").splitlines()
    assert [line for line in rules if chain in line and not line.startswith(":")] == [
        f"-A POSTROUTING -s 10.2.1.2/32 {note} -j {chain}",
        f"-A {chain} -d 10.2.1.0/24 {note} -j ACCEPT",
        f"-A {chain} ! -d 224.0.0.0/4 {note} -j MASQUERADE",
    ]


def test_ip_masq_hides_a_pod_from_other_nodes_and_not_from_its_own() -> None:
    assert source_seen(traced("{cni: {plugin: bridge}}", "icmp://10.2.2.2"), "pod/default/b") == "10.0.0.11"
    assert source_seen(traced("{cni: {plugin: bridge}}", "icmp://10.2.1.3"), "pod/default/c") == "10.2.1.2"


def test_direct_routing_leaves_the_tunnel_out_on_one_segment() -> None:
    network = build("{cni: {directRouting: true}}", *PODS)
    assert "10.2.2.0/24 via 10.0.0.12 dev ens33" in shown(network, "k8s-node-11", "ip route")
    assert shown(network, "k8s-node-11", "bridge fdb show dev flannel.1") == []
    assert network.namespaces["pod/default/a"].interfaces["eth0"].mtu == 1450
    trace = traced("{cni: {directRouting: true}}", "icmp://10.2.2.2")
    assert trace.verdict.outcome == "delivered"
    assert all(s.outer is None for s in trace.sightings)
