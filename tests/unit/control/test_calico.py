"""Calico: the tables that a captured kernel had (tests/oracle/state/calico-like) and public listings of real nodes."""

import re
from ipaddress import IPv4Address, IPv4Network

import pytest

from app.control.cluster import LiveCluster
from app.control.cni import plugins
from app.control.ipam.calico import CalicoIpam
from app.control.ipam.host_local import IpamError
from app.core.clock import Clock
from app.core.errors import PodwalkError
from app.core.rng import Rng
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.network import Network
from app.kube.clusterfile import load_cluster_text
from app.shell import execute
from app.shell.commands.ipset import references
from tests.unit.control.conftest import HEAD, build, pod
from tests.unit.control.test_bootstrap import kernel_state, oracle_cluster

THREE = "{cni: {plugin: calico, encapsulation: %s}, nodes: [{name: a}, {name: b}, {name: c}]}"


def shown(network: Network, node: str, command: str) -> list[str]:
    """Return what a command prints on a node, line by line."""
    return [line.rstrip() for line in execute(network.namespaces[node], command).stdout.splitlines()]


def pods(*names: str) -> list[str]:
    """Return a Pod on the node that its name begins with, for each name."""
    return [pod(name, name[0]) for name in names]


def address(network: Network, name: str) -> str:
    return str(network.namespaces[f"pod/default/{name}"].interfaces["eth0"].addresses[0].interface)


def test_nat_outgoing_and_its_sets_are_those_of_the_captured_kernel() -> None:
    network = oracle_cluster("calico-like")
    for name, _, sections in kernel_state("calico-like"):
        if "ipset list" not in sections:
            continue
        netns = network.namespaces[name]
        kernel = [line for line in sections["iptables-save"].splitlines() if "cali" in line]
        model = [line for line in netns.netfilter.save().splitlines() if "cali" in line]
        assert model == kernel, name
        first, second = (
            re.sub(r"0x\w+", "0x", text)
            for text in (sections["ipset list"], "\n".join(shown(network, name, "ipset list")))
        )
        assert second.strip() == first.strip(), name
        assert references(netns, "cali40all-ipam-pools") == 1


def test_a_pod_hangs_on_a_cable_that_answers_for_everybody() -> None:
    network = build(THREE % "none", *pods("a1"))
    node = network.namespaces["a"]
    host_end = network.namespaces["pod/default/a1"].interfaces["eth0"].peer
    assert host_end is not None
    assert (host_end.mac, host_end.addresses, host_end.netns.name) == ("ee:ee:ee:ee:ee:ee", (), "a")
    values = {
        key: node.sysctls[f"net.ipv4.conf.{host_end.name}.{key}"] for key in ("proxy_arp", "rp_filter", "forwarding")
    }
    assert set(values.values()) == {"1"}
    assert shown(network, "pod/default/a1", "ip route") == [
        "default via 169.254.1.1 dev eth0", "169.254.1.1 dev eth0 scope link",
    ]  # fmt: skip


# --- blocks -----------------------------------------------------------------------------------------------------------


def test_without_a_tunnel_a_node_claims_a_block_with_its_first_pod() -> None:
    network = build(THREE % "none", *pods("b1", "a1", "b2"))
    assert [address(network, name) for name in ("b1", "a1", "b2")] == ["10.2.0.0/32", "10.2.0.64/32", "10.2.0.1/32"]
    assert shown(network, "a", "ip route")[2:] == [
        "10.2.0.0/26 via 10.0.0.11 dev ens33 proto bird",
        f"10.2.0.64 dev {cali(network, 'a1')} scope link",
        "blackhole 10.2.0.64/26 proto bird",
    ]
    assert shown(network, "c", "ip route")[2:] == [
        "10.2.0.0/26 via 10.0.0.11 dev ens33 proto bird", "10.2.0.64/26 via 10.0.0.10 dev ens33 proto bird",
    ]  # fmt: skip


def cali(network: Network, name: str) -> str:
    peer = network.namespaces[f"pod/default/{name}"].interfaces["eth0"].peer
    assert peer is not None
    return peer.name


def test_a_full_block_is_followed_by_another_one_that_every_node_hears_of() -> None:
    network = build(THREE % "none", *(pod(f"p{n}", "a") for n in range(65)), pod("last", "b"))
    assert address(network, "p63") == "10.2.0.63/32"
    assert address(network, "p64") == "10.2.0.64/32"
    assert address(network, "last") == "10.2.0.128/32"
    assert [line for line in shown(network, "a", "ip route") if line.startswith("blackhole")] == [
        "blackhole 10.2.0.0/26 proto bird", "blackhole 10.2.0.64/26 proto bird",
    ]  # fmt: skip
    assert "10.2.0.64/26 via 10.0.0.10 dev ens33 proto bird" in shown(network, "c", "ip route")


def test_a_node_with_a_range_in_the_file_has_that_as_its_only_block() -> None:
    spec = "{cni: {plugin: calico}, nodes: [{name: a, podCIDR: 10.2.7.0/30}, {name: b}]}"
    network = build(spec, *pods("b1", "a1", "a2", "a3", "a4"))
    assert [address(network, f"a{n}") for n in (1, 2, 3, 4)] == [f"10.2.7.{n}/32" for n in range(4)]
    assert address(network, "b1") == "10.2.0.0/32"
    with pytest.raises(PodwalkError, match=r"no address is left in 10\.2\.7\.0/30, the block of a"):
        build(spec, *pods("a1", "a2", "a3", "a4", "a5"))


def test_a_pinned_address_is_kept_for_its_pod_and_brings_the_block_around_it() -> None:
    network = build(THREE % "ipip", pod("b1", "b"), pod("a1", "a", ip="10.2.9.70"), pod("a2", "a"))
    assert address(network, "a1") == "10.2.9.70/32"
    assert [str(a.interface) for a in network.namespaces["a"].interfaces["tunl0"].addresses] == ["10.2.9.64/32"]
    assert address(network, "a2") == "10.2.9.65/32"
    assert "blackhole 10.2.9.64/26 proto bird" in shown(network, "a", "ip route")


@pytest.mark.parametrize(
    ("spec", "ip", "says"),
    [
        ("{cni: {plugin: calico}, nodes: [{name: a}]}", "192.0.2.1", "192.0.2.1 is not in the IP pool 10.2.0.0/16"),
        (
            "{cni: {plugin: calico}, nodes: [{name: a, podCIDR: 10.2.3.0/24}]}",
            "10.2.4.1",
            "10.2.4.1 is not in 10.2.3.0/24, the block of a",
        ),
        (
            "{cni: {plugin: calico}, nodes: [{name: b, podCIDR: 10.2.3.0/24}, {name: a}]}",
            "10.2.3.1",
            "10.2.3.1 is in 10.2.3.0/26, a block of b",
        ),
    ],
)
def test_an_address_that_cannot_be_given_is_told_at_its_annotation(spec: str, ip: str, says: str) -> None:
    with pytest.raises(PodwalkError) as caught:
        build(spec, pod("p", "a", ip=ip))
    assert says in caught.value.headline()
    assert caught.value.headline().startswith("c.yaml:5:")


def test_an_address_that_was_released_goes_to_the_end_of_the_queue() -> None:
    ipam = CalicoIpam(IPv4Network("10.2.0.0/16"), {"a": IPv4Network("10.2.0.0/30")}, {})
    block = ipam.claim_given("a")
    assert block is not None
    assert [str(ipam.assign("a", f"p{n}")[0]) for n in range(2)] == ["10.2.0.0", "10.2.0.1"]
    block.release("p0")
    assert [str(ipam.assign("a", f"q{n}")[0]) for n in range(3)] == ["10.2.0.2", "10.2.0.3", "10.2.0.0"]
    with pytest.raises(IpamError):
        ipam.assign("a", "more")
    with pytest.raises(IpamError, match="already assigned to q2"):
        ipam.assign("a", "again", IPv4Address("10.2.0.0"))


def test_a_pool_without_a_free_block_says_so() -> None:
    ipam = CalicoIpam(IPv4Network("10.2.0.0/25"), {}, {})
    assert [str(ipam.assign(node, "x")[0]) for node in "ab"] == ["10.2.0.0", "10.2.0.64"]
    with pytest.raises(IpamError, match=r"no free block is left in the IP pool 10\.2\.0\.0/25"):
        ipam.assign("c", "x")


# --- encapsulations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("encapsulation", "mtu"), [("none", 1500), ("ipip", 1480), ("vxlan", 1450)])
def test_the_mtu_leaves_room_for_the_tunnels_header(encapsulation: str, mtu: int) -> None:
    network = build(THREE % encapsulation, *pods("a1"))
    assert network.namespaces["pod/default/a1"].interfaces["eth0"].mtu == mtu
    assert network.namespaces["a"].interfaces[cali(network, "a1")].mtu == mtu


def test_ipip_routes_are_those_of_a_real_node() -> None:
    """Source: public Calico study notes, 2023, node worker3-c1 (facts/cni.md; conformance/cni_node_dumps.json)."""
    nodes = {
        "n5": ("192.168.3.125", "10.244.174.192/26"), "n6": ("192.168.3.126", "10.244.92.128/26"),
        "n7": ("192.168.3.127", "10.244.71.64/26"), "n8": ("192.168.3.128", "10.244.208.0/26"),
    }  # fmt: skip
    rows = ", ".join(f"{{name: {name}, ip: {ip}, podCIDR: {cidr}}}" for name, (ip, cidr) in nodes.items())
    underlay = "{subnet: 192.168.3.0/24, interface: ens192}"
    network = build(
        f"{{podCIDR: 10.244.0.0/16, underlay: {underlay}, cni: {{plugin: calico, encapsulation: ipip}}, nodes: [{rows}]}}",
        pod("first", "n8"),
    )  # fmt: skip
    name = cali(network, "first")
    assert shown(network, "n8", "ip route") == [
        "default via 192.168.3.1 dev ens192",
        "10.244.71.64/26 via 192.168.3.127 dev tunl0 proto bird onlink",
        "10.244.92.128/26 via 192.168.3.126 dev tunl0 proto bird onlink",
        "10.244.174.192/26 via 192.168.3.125 dev tunl0 proto bird onlink",
        "blackhole 10.244.208.0/26 proto bird",
        f"10.244.208.1 dev {name} scope link",
        "192.168.3.0/24 dev ens192 proto kernel scope link src 192.168.3.128",
    ]
    assert shown(network, "n8", "ip addr show tunl0") == [
        "3: tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN group default qlen 1000",
        "    link/ipip 0.0.0.0 brd 0.0.0.0",
        "    inet 10.244.208.0/32 scope global tunl0",
        "       valid_lft forever preferred_lft forever",
    ]


def test_vxlan_routes_are_those_of_a_real_node() -> None:
    """Source: a public note on a Calico VXLAN cluster, node w2 (facts/cni.md; conformance/cni_node_dumps.json)."""
    rows = "{name: w1, ip: 138.96.245.51, podCIDR: 10.244.210.192/26}, {name: w2, ip: 138.96.245.52, podCIDR: 10.244.112.192/26}"
    underlay = "{subnet: 138.96.245.0/24, gateway: 138.96.245.250, interface: eth0}"
    network = build(
        f"{{podCIDR: 10.244.0.0/16, underlay: {underlay}, cni: {{plugin: calico, encapsulation: vxlan}}, nodes: [{rows}]}}",
        pod("first", "w2"),
    )  # fmt: skip
    assert shown(network, "w2", "ip route") == [
        "default via 138.96.245.250 dev eth0",
        "blackhole 10.244.112.192/26 proto 80",
        f"10.244.112.193 dev {cali(network, 'first')} scope link",
        "10.244.210.192/26 via 10.244.210.192 dev vxlan.calico onlink",
        "138.96.245.0/24 dev eth0 proto kernel scope link src 138.96.245.52",
    ]
    device = network.namespaces["w2"].interfaces["vxlan.calico"]
    assert isinstance(device, VxlanDevice)
    assert (device.vni, device.dst_port, device.mtu) == (4096, 4789, 1450)
    assert shown(network, "w2", "ip neigh") == ["10.244.210.192 dev vxlan.calico lladdr 0e:f1:0a:f4:d2:c0 PERMANENT"]
    fdb = shown(network, "w2", "bridge fdb show dev vxlan.calico")
    assert fdb == ["0e:f1:0a:f4:d2:c0 dst 138.96.245.51 self permanent"]


def test_the_title_names_the_encapsulation_and_asking_for_it_allocates_nothing() -> None:
    cluster = load_cluster_text(HEAD + "spec: {cni: {plugin: calico, encapsulation: ipip}}\n", "c.yaml")
    plugin = plugins.get("calico")(cluster)
    assert plugin.title == "calico ipip"
    assert "ipam" not in vars(plugin)
    assert LiveCluster(cluster, Clock(), Rng(0)).network.namespaces["k8s-node-11"].interfaces["tunl0"].mtu == 1480
