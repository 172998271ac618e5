"""What a cluster file becomes: the same tables that a real kernel had (tests/oracle/state), and the refusals."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.control.cluster import LiveCluster
from app.control.naming import calico_veth_name, host_veth_name
from app.core.clock import Clock
from app.core.errors import PodwalkError, Problems
from app.core.rng import Rng
from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.kube.clusterfile import load_cluster, load_cluster_text
from tests.unit.control.conftest import HEAD, build, pod

ORACLE = Path(__file__).parents[2] / "oracle"
MODES = ["vxlan", "host-gw", "calico-like"]
#: The laboratory wrote calico's routes by hand; BIRD and Felix mark theirs (facts/cni.md section 4).
BIRDS = r"^(10\.2\.\d\.0/24 via .*|blackhole .*)$"
EXTERNAL = "[{name: ext-client, ip: 10.0.0.200}, {name: internet, ip: 203.0.113.10}]"
NAMES = {"client-a": "pod/default/client-a", "nginx-c": "pod/default/nginx-c", "gateway": "ext/gateway"}


def oracle_cluster(mode: str) -> Network:
    """Return the cluster of the kernel captures."""
    return LiveCluster(load_cluster([str(ORACLE / f"cluster-{mode}.yaml")]), Clock(), Rng(0)).network


def kernel_state(mode: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield each captured namespace: podwalk's name for it, the whole listing, and its sections by their heading."""
    for file in sorted((ORACLE / "state" / mode).glob("*.txt")):
        text = file.read_text(encoding="utf-8")
        heading = r"^# ((?:ip|bridge|iptables|ipset|sysctl)[^\n]*)\n"
        words = re.split(heading, text, flags=re.MULTILINE)
        yield NAMES.get(file.stem, file.stem), text, dict(zip(words[1::2], words[2::2], strict=True))


def lines(section: str) -> list[str]:
    """Return a listing's lines, sorted; multicast FDB entries, which the model leaves out, are dropped."""
    found = (line.strip() for line in section.splitlines())
    return sorted(line for line in found if line and not line.startswith(("33:33:", "01:00:5e:")))


def kernel_links(section: str) -> dict[str, Any]:
    """Return what `ip addr` says of each interface, in the form of `links`."""
    found = {}
    for block in re.split(r"^\d+: ", section, flags=re.MULTILINE)[1:]:
        name, mtu, mac = (re.findall(pattern, block)[0] for pattern in (r"^([^:@]+)", r"mtu (\d+)", r"link/\S+ (\S+)"))
        master = re.search(r"master (\S+)", block)
        found[name] = {
            "mtu": int(mtu), "mac": mac, "addresses": re.findall(r"inet (\S+)", block),
            "master": master[1] if master else None, "up": ",UP" in block.partition(">")[0],
        }  # fmt: skip
    return found


def links(netns: NetNs) -> dict[str, Any]:
    return {
        interface.name: {
            "mtu": interface.mtu,
            "mac": interface.mac,
            "addresses": [str(address.interface) for address in interface.addresses],
            "master": interface.master.name if interface.master else None,
            "up": interface.up,
        }
        for interface in netns.interfaces.values()
    }


def fdb_lines(netns: NetNs) -> list[str]:
    lines: list[str] = []
    for interface in netns.interfaces.values():
        if isinstance(interface, Bridge):
            lines += [entry.text() for entry in interface.fdb.entries(0)]
        if isinstance(interface, VxlanDevice):
            lines += [entry.text() for entry in interface.fdb.entries()]
    return sorted(lines)


def routes(netns: NetNs) -> list[str]:
    return sorted(route.text() for route in netns.fib.routes if route.table == "main")


@pytest.mark.parametrize("mode", MODES)
def test_every_namespace_is_what_the_kernel_had(mode: str) -> None:
    network = oracle_cluster(mode)
    for name, text, sections in kernel_state(mode):
        netns = network.namespaces[name]
        real = kernel_links(sections["ip addr"])
        assert links(netns) == real, name
        real_routes = lines(sections["ip route"])
        if mode == "calico-like":
            real_routes = [re.sub(BIRDS, r"\1 proto bird", line.replace(" proto 80", "")) for line in real_routes]
        assert routes(netns) == real_routes, name
        assert sorted(entry.text() for entry in netns.neigh.entries(0)) == lines(sections["ip neigh"]), name
        # cni0 and flannel.1 exist in every listing of a node; a Pod has no FDB.
        assert fdb_lines(netns) == lines(sections.get("bridge fdb", "")), name
        ports = [interface.port for interface in netns.interfaces.values() if interface.port]
        assert text.count("    hairpin on") == len(ports) == sum(port.hairpin for port in ports), name


@pytest.mark.parametrize("mode", MODES)
def test_hosts_outside_know_the_way_that_the_contract_gives_them(mode: str) -> None:
    namespaces = oracle_cluster(mode).namespaces
    assert routes(namespaces["ext/ext-client"]) == [
        "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.200", "default via 10.0.0.1 dev eth0",
    ]  # fmt: skip
    assert routes(namespaces["ext/internet"]) == [
        "10.0.0.0/24 via 203.0.113.1 dev eth0", "203.0.113.0/24 dev eth0 proto kernel scope link src 203.0.113.10",
    ]  # fmt: skip
    wire = namespaces["ext/internet"].interfaces["eth0"].peer
    assert wire is not None
    assert (wire.id, wire.mac) == ("ext/gateway:eth1", "02:00:cb:00:71:01")


def test_sysctls_are_those_of_the_captured_kernel() -> None:
    """Source: oracle/README.md of the project's shared material, the `sysctl net.*` part of its listings."""
    keys = ("net.ipv4.ip_forward", "net.ipv4.conf.all.route_localnet", "net.bridge.bridge-nf-call-iptables")
    common = {
        "net.ipv4.conf.all.rp_filter": "0", "net.ipv4.conf.all.send_redirects": "1",
        "net.ipv4.icmp_ratelimit": "0", "net.ipv4.tcp_synack_retries": "0",
    }  # fmt: skip
    namespaces = oracle_cluster("vxlan").namespaces
    for name, values in [
        ("k8s-node-11", "111"),
        ("pod/default/client-a", "000"),
        ("ext/gateway", "100"),
        ("ext/internet", "000"),
    ]:
        sysctls = namespaces[name].sysctls
        assert "".join(sysctls[key] for key in keys) == values, name
        assert {key: sysctls[key] for key in common} == common, name


def test_sockets_follow_the_images_and_the_control_plane() -> None:
    namespaces = oracle_cluster("vxlan").namespaces
    listening = {
        name: [f"{each.proto}/{each.port} {each.process}" for each in netns.sockets.listeners]
        for name, netns in namespaces.items()
        if netns.sockets.listeners
    }
    assert listening == {
        "k8s-master-10": ["tcp/6443 kube-apiserver"],
        "ext/ext-client": ["tcp/80 ext-client"],
        "ext/internet": ["tcp/80 internet"],
        "ext/gateway": ["udp/53 dnsmasq", "tcp/53 dnsmasq"],
        "pod/default/coredns-a": [
            "udp/53 coredns",
            "tcp/53 coredns",
            "tcp/8080 coredns",
            "tcp/8181 coredns",
            "tcp/9153 coredns",
        ],
        "pod/default/nginx-b": ["tcp/80 nginx"],
        "pod/default/nginx-a": ["tcp/80 nginx"],
        "pod/default/nginx-c": ["tcp/80 nginx"],
    }


def test_the_switch_has_a_port_for_every_host_in_the_order_of_the_file() -> None:
    switch = oracle_cluster("vxlan").namespaces["underlay"]
    assert not switch.is_tapped
    plugged = {name: port.peer.id for name, port in switch.interfaces.items() if port.peer}
    assert plugged == {
        "swp1": "k8s-master-10:eth0", "swp2": "k8s-node-11:eth0", "swp3": "k8s-node-12:eth0",
        "swp4": "ext/gateway:eth0", "swp5": "ext/ext-client:eth0",
    }  # fmt: skip


def test_hosts_of_one_outside_network_share_a_switch_beyond_the_gateway() -> None:
    hosts = "[{name: a, ip: 203.0.113.10}, {name: b, ip: 198.51.100.7}, {name: c, ip: 203.0.113.11}]"
    network = build(f"{{external: {hosts}}}")
    gateway = network.namespaces["ext/gateway"]
    assert [str(address.interface) for name in ("eth1", "eth2") for address in gateway.interfaces[name].addresses] == [
        "203.0.113.1/24", "198.51.100.1/24",
    ]  # fmt: skip
    masters = {
        port.peer.id: port.master.name
        for port in network.namespaces["underlay"].interfaces.values()
        if port.peer and port.master
    }
    assert {name for name, lan in masters.items() if lan == "lan1"} == {"ext/gateway:eth1", "ext/a:eth0", "ext/c:eth0"}


def test_there_is_no_bridge_where_no_pod_is() -> None:
    network = build("", pod("a", "k8s-node-11"))
    assert "cni0" in network.namespaces["k8s-node-11"].interfaces
    assert "cni0" not in network.namespaces["k8s-node-12"].interfaces
    assert "flannel.1" in network.namespaces["k8s-node-12"].interfaces
    assert "10.2.2.0/24 dev cni0" not in "\n".join(routes(network.namespaces["k8s-node-12"]))


def test_pods_get_the_next_address_and_pins_are_never_taken_by_others() -> None:
    network = build(
        "", pod("a", "k8s-node-11"), pod("b", "k8s-node-11", ip="10.2.1.48"), pod("c", "k8s-node-11"), pod("d", "k8s-node-11", ip="10.2.1.3"),
        pod("e", "k8s-node-11"), pod("f", "k8s-node-12"),
    )  # fmt: skip
    addresses = {
        name: str(network.namespaces[f"pod/default/{name}"].interfaces["eth0"].addresses[0].interface)
        for name in "abcdef"
    }
    assert addresses == {
        "a": "10.2.1.2/24", "b": "10.2.1.48/24", "c": "10.2.1.49/24", "d": "10.2.1.3/24", "e": "10.2.1.4/24", "f": "10.2.2.2/24",
    }  # fmt: skip


def test_without_pins_another_pod_range_changes_every_pod_address() -> None:
    text = "".join(
        f"{interface.id} {interface.mac} {[str(address.interface) for address in interface.addresses]} {routes(netns)}"
        for netns in build(
            "{podCIDR: 10.77.0.0/16}", pod("a", "k8s-node-11"), pod("b", "k8s-node-12")
        ).namespaces.values()
        for interface in netns.interfaces.values()
    )
    assert "10.77.1.2/24" in text
    assert "10.2." not in text
    assert "0a:02:" not in text


def test_a_cluster_of_one_range_is_no_clash_of_routes() -> None:
    spec = "{podCIDR: 10.2.0.0/24, nodes: [{name: a}]}"
    assert routes(build(spec, pod("p", "a")).namespaces["pod/default/p"]) == [
        "10.2.0.0/24 dev eth0 proto kernel scope link src 10.2.0.2", "default via 10.2.0.1 dev eth0",
    ]  # fmt: skip


def test_a_host_network_pod_has_no_namespace_and_listens_on_its_node() -> None:
    network = build("", pod("web", "k8s-node-11", more=", hostNetwork: true"))
    assert "pod/default/web" not in network.namespaces
    node = network.namespaces["k8s-node-11"]
    assert [(each.proto, each.port, each.process) for each in node.sockets.listeners] == [("tcp", 80, "nginx")]
    assert "cni0" not in node.interfaces


def test_a_node_may_name_its_interface_and_have_more_addresses() -> None:
    spec = "{nodes: [{name: a, interface: enp1s0, addresses: [192.168.5.10/24]}, {name: b}]}"
    namespaces = build(spec).namespaces
    assert "192.168.5.0/24 dev enp1s0 proto kernel scope link src 192.168.5.10" in routes(namespaces["a"])
    assert "ens33" in namespaces["b"].interfaces
    device = namespaces["a"].interfaces["flannel.1"]
    assert isinstance(device, VxlanDevice)
    assert device.lower == "enp1s0"


@pytest.mark.parametrize(
    ("mtu", "backend", "pods", "switch"),
    [(1500, "vxlan", 1450, 1500), (9000, "vxlan", 8950, 9000), (1400, "host-gw", 1400, 1500)],
)
def test_the_mtu_of_pods_is_the_nodes_less_the_tunnels_headers(mtu: int, backend: str, pods: int, switch: int) -> None:
    network = build(f"{{underlay: {{mtu: {mtu}}}, cni: {{backend: {backend}}}}}", pod("a", "k8s-node-11"))
    assert network.namespaces["pod/default/a"].interfaces["eth0"].mtu == pods
    assert network.namespaces["k8s-node-11"].interfaces["cni0"].mtu == pods
    assert network.namespaces["k8s-node-11"].interfaces["ens33"].mtu == mtu
    assert network.namespaces["underlay"].interfaces["lan0"].mtu == switch


@pytest.mark.parametrize(
    ("spec", "pods", "says", "hint"),
    [
        (
            "{cni: {plugin: calcio}}",
            [],
            "c.yaml:3:22: unknown CNI plugin 'calcio'; did you mean 'calico'?",
            "legal: bridge, calico or flannel",
        ),
        (
            "{cni: {plugin: flanel}}",
            [],
            "c.yaml:3:22: unknown CNI plugin 'flanel'; did you mean 'flannel'?",
            "legal: bridge, calico or flannel",
        ),
        (
            "{cni: {backend: vxlna}}",
            [],
            "c.yaml:3:23: unknown flannel backend 'vxlna'; did you mean 'vxlan'?",
            "legal: host-gw or vxlan",
        ),
        (
            "{cni: {encapsulation: ipip}}",
            [],
            "c.yaml:3:29: spec.cni.encapsulation is calico's",
            "legal: backend: host-gw or vxlan",
        ),
        (
            "{cni: {backend: host-gw, directRouting: true}}",
            [],
            "c.yaml:3:47: spec.cni.directRouting is an option of the backend vxlan",
            "remove it: host-gw has nothing but direct routes",
        ),
        (
            "{cni: {plugin: calico, backend: vxlan}}",
            [],
            "c.yaml:3:39: spec.cni.backend is flannel's; calico has 'encapsulation'",
            "legal: encapsulation: ipip or none or vxlan",
        ),
        (
            "{cni: {plugin: calico, encapsulation: vxlna}}",
            [],
            "c.yaml:3:45: unknown calico encapsulation 'vxlna'; did you mean 'vxlan'?",
            "legal: ipip, none or vxlan",
        ),
        (
            "{cni: {plugin: bridge, encapsulation: ipip}}",
            [],
            "c.yaml:3:45: spec.cni.encapsulation is calico's",
            "remove it: the bridge plugin has no options here",
        ),
        (
            "{nodes: [{name: n, podCIDR: 10.2.0.0/30}]}",
            [pod("a", "n"), pod("b", "n")],
            "c.yaml:7:1: Pod default/b: no network for its sandbox on n: no IP addresses available in range set: 10.2.0.1-10.2.0.2",
            "give the node a wider podCIDR, or put the Pod on another node",
        ),
        (
            "",
            [pod("a", "k8s-node-11", more=", hostNetwork: true"), pod("b", "k8s-node-11", more=", hostNetwork: true")],
            "c.yaml:6:1: Pod default/b: tcp/80 on k8s-node-11: bind: Address already in use (tcp/80)",
            "hostNetwork Pods of one node share its ports; change podwalk.dev/listens, or the node",
        ),
    ],
)
def test_a_refusal_says_where_what_and_how_to_mend(spec: str, pods: list[str], says: str, hint: str) -> None:
    with pytest.raises(PodwalkError) as caught:
        build(spec, *pods)
    assert caught.value.headline().startswith(says)
    assert caught.value.hint == hint


def test_every_pod_without_an_address_is_told_at_once() -> None:
    with pytest.raises(Problems) as caught:
        build("{nodes: [{name: n, podCIDR: 10.2.0.0/30}]}", *(pod(name, "n") for name in "abc"))
    assert len(caught.value.problems) == 2


def test_building_leaves_the_cluster_file_as_it_was_and_is_the_same_every_time() -> None:
    cluster = load_cluster_text(HEAD + "---\n" + pod("a", "k8s-node-11") + "\n", "c.yaml")
    version = cluster.store.resource_version
    first, second = (LiveCluster(cluster, Clock(), Rng(0)).network for _ in range(2))
    assert cluster.store.resource_version == version
    assert [links(netns) for netns in first.namespaces.values()] == [
        links(netns) for netns in second.namespaces.values()
    ]


def test_derived_names_are_those_of_real_nodes(cni_cases: Any) -> None:
    for case in cni_cases["calico_veth_names"]:
        assert calico_veth_name(case["namespace"], case["pod"]) == case["veth"], case
    assert host_veth_name("default", "client-a") == "veth817517c4"
