"""Cluster files: defaults, what is filled in, and the text of every refusal."""

from pathlib import Path

import pytest

from app.core import limits
from app.core.errors import ManifestError, PodwalkError, Problems, UsageError
from app.kube.clusterfile import ClusterFile, load_cluster, load_cluster_text

HEAD = "apiVersion: podwalk.dev/v1\nkind: Cluster\n"


def cluster(spec: str = "", manifests: str = "") -> str:
    """Return a cluster file whose `spec:` is on line 3."""
    body = "".join(f"  {line}\n" for line in spec.splitlines())
    return (
        HEAD
        + (f"spec:\n{body}" if spec else "")
        + "".join(f"---\n{part}\n" for part in manifests.split("---\n") if part)
    )


def load(spec: str = "", manifests: str = "") -> ClusterFile:
    return load_cluster_text(cluster(spec, manifests), "c.yaml")


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(PodwalkError) as caught:
        load_cluster_text(text, "c.yaml")
    assert str(caught.value)
    return caught.value.headline().splitlines()


def pod(name: str = "a", *, node: str = "", ip: str = "", image: str = "nginx", more: str = "") -> str:
    """Return a Pod manifest; its node is on line 6, its pinned address on line 4, counted from its first."""
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n".replace(
            "}", f", annotations: {{podwalk.dev/ip: {ip}}}}}" if ip else "}"
        )
        + "spec:\n"
        + (f"  nodeName: {node}\n" if node else "")
        + f"  containers: [{{name: c, image: '{image}'}}]\n"
        + more
    )


def test_the_smallest_cluster_file_is_two_words() -> None:
    found = load()
    assert found.name == "podwalk"
    assert [(node.name, str(node.ip), str(node.pod_cidr)) for node in found.nodes] == [
        ("k8s-master-10", "10.0.0.10", "10.2.0.0/24"),
        ("k8s-node-11", "10.0.0.11", "10.2.1.0/24"),
        ("k8s-node-12", "10.0.0.12", "10.2.2.0/24"),
    ]
    assert [node.is_control_plane for node in found.nodes] == [True, False, False]
    spec = found.spec
    assert (str(spec.underlay.gateway), str(spec.dns_service_ip), spec.cluster_cidr) == (
        "10.0.0.1",
        "10.1.0.10",
        "10.2.0.0/16",
    )
    assert (spec.cni.plugin, spec.cni.backend, spec.underlay.interface) == ("flannel", None, "ens33")
    assert spec.clock.isoformat() == "2026-01-01T00:00:00+00:00"
    assert (found.unacted, found.notes) == ((), ())


def test_keys_with_nothing_after_them_are_left_out() -> None:
    assert load("podCIDR:\nnodes:\nunderlay: {gateway: ~}").nodes == load().nodes


def test_nodes_get_free_addresses_and_ranges_in_file_order() -> None:
    found = load(
        "podCIDR: 10.77.0.0/16\n"
        "nodes:\n"
        "  - {name: a}\n"
        "  - {name: b, podCIDR: 10.77.0.0/24, ip: 10.0.0.10}\n"
        "  - {name: c, podCIDR: 10.77.2.0/23}\n"
        "  - {name: d}\n"
        "external: [{name: x, ip: 10.0.0.11}]"
    )
    assert [(node.name, str(node.ip), str(node.pod_cidr)) for node in found.nodes] == [
        ("a", "10.0.0.12", "10.77.1.0/24"), ("b", "10.0.0.10", "10.77.0.0/24"),
        ("c", "10.0.0.13", "10.77.2.0/23"), ("d", "10.0.0.14", "10.77.4.0/24"),
    ]  # fmt: skip


def test_every_field_of_the_contract_is_read() -> None:
    found = load(
        'kubernetesVersion: "1.34"\npodCIDR: 10.2.0.0/16\nserviceCIDR: 10.1.0.0/16\nclusterDomain: cluster.local\n'
        "dnsServiceIP: 10.1.0.10\nunderlay: {subnet: 10.0.0.0/24, gateway: 10.0.0.1, mtu: 1500, interface: ens33}\n"
        "cni: {plugin: flannel, backend: vxlan}\n"
        "kubeProxy: {mode: iptables, clusterCIDR: '', masqueradeAll: true, nodePortAddresses: [10.0.0.0/24], localhostNodePorts: false}\n"
        "addons: [coredns]\n"
        "nodes:\n"
        "  - name: n\n"
        "    ip: 10.0.0.10\n"
        "    podCIDR: 10.2.0.0/24\n"
        "    roles: [control-plane]\n"
        "    interface: eth1\n"
        "    addresses: [192.168.5.10/24, 172.16.0.1]\n"
        "    labels: {zone: a}\n"
        "    taints: [{key: k, effect: NoSchedule}]\n"
        "external:\n"
        "  - {name: client, ip: 10.0.0.200}\n"
        "  - {name: internet, ip: 203.0.113.10, listens: [tcp/80, udp/53]}\n"
        'upstreamDNS: {"www.example.com.": {A: [192.0.2.53]}}\n'
        'clock: "2026-05-01T12:00:00+02:00"\n'
        "controllers: none"
    )
    node = found.nodes[0]
    assert [str(address) for address in node.addresses] == ["192.168.5.10/24", "172.16.0.1/32"]
    assert (node.interface, node.metadata.labels["zone"], node.taints[0].key) == ("eth1", "a", "k")
    assert [str(listen) for listen in found.spec.external[1].listens] == ["tcp/80", "udp/53"]
    assert (found.spec.cluster_cidr, found.spec.kube_proxy.masquerade_all) == ("", True)
    assert found.spec.clock.isoformat() == "2026-05-01T10:00:00+00:00"
    assert found.notes == ()
    assert str(found.marks["spec", "cni", "backend"]) == "c.yaml:10:35"


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("podCDIR: 10.2.0.0/16", "c.yaml:4:3: unknown key 'podCDIR' in spec; did you mean 'podCIDR'?"),
        ("underlay: {mtuu: 1500}", "c.yaml:4:14: unknown key 'mtuu' in spec.underlay; did you mean 'mtu'?"),
        ("nodes: [{nam: a}]", "c.yaml:4:12: unknown key 'nam' in spec.nodes[0]; did you mean 'name'?"),
        ("nodes: [{ip: 10.0.0.9}]", "c.yaml:4:11: spec.nodes[0] lacks 'name'"),
        ("nodes: []", "c.yaml:4:10: the cluster has no nodes"),
        ("nodes: {name: a}", "c.yaml:4:10: spec.nodes: must be a list, not a mapping"),
        ("nodes: [a]", "c.yaml:4:11: spec.nodes[0]: must be a mapping, not the string 'a'"),
        ("nodes: [{name: A_b}]", "c.yaml:4:18: spec.nodes[0].name: 'A_b' is not a name: lower case letters"),
        ("nodes: [{name: 11}]", "c.yaml:4:18: spec.nodes[0].name: must be a string, not the number 11"),
        ("nodes: [{name: underlay}]", "c.yaml:4:18: node name 'underlay' is taken by the switch between the nodes"),
        ("nodes: [{name: a, roles: [master]}]", "c.yaml:4:29: spec.nodes[0].roles[0]: 'master' is not a legal value"),
        ("nodes: [{name: a, interface: cni0}]", "'cni0' is the name of another interface of the node"),
        ("nodes: [{name: a, interface: enp0s31f6-very-long}]", "is longer than 15 characters"),
        ("nodes: [{name: a, taints: [{key: k, effect: NoSchedul}]}]", "'NoSchedul' is not a legal value; did you mean 'NoSchedule'?"),
        ("nodes: [{name: a, labels: {b: 1}}]", "spec.nodes[0].labels.b: must be a string, not the number 1"),
        ("nodes: [{name: a, ip: 10.0.1.9}]", "c.yaml:4:25: node a: ip 10.0.1.9 lies outside spec.underlay.subnet 10.0.0.0/24"),
        ("nodes: [{name: a, ip: 10.0.0.255}]", "node a: ip 10.0.0.255 is the broadcast address of spec.underlay.subnet"),
        ("nodes: [{name: a, ip: 10.0.0.1}]", "c.yaml:4:25: node a: ip 10.0.0.1 is already that of the gateway"),
        ("nodes: [{name: a, ip: fd00::1}]", "'fd00::1' is an IPv6 address; podwalk models IPv4"),
        ("nodes: [{name: a, ip: 10.0.0.9/24}]", "'10.0.0.9/24' has a prefix length; give the address alone"),
        ("nodes: [{name: a}, {name: a}]", "c.yaml:4:29: two nodes are named 'a'"),
        ("nodes: [{name: a, ip: 10.0.0.9}, {name: b, ip: 10.0.0.9}]", "c.yaml:4:50: node b: ip 10.0.0.9 is already that of node a"),
        (
            "nodes: [{name: a, podCIDR: 10.3.1.0/24}]",
            "c.yaml:4:30: node a: podCIDR 10.3.1.0/24 lies outside spec.podCIDR 10.2.0.0/16",
        ),
        (
            "nodes: [{name: a, podCIDR: 10.2.0.0/23}, {name: b, podCIDR: 10.2.1.0/24}]",
            "c.yaml:4:63: node b: podCIDR 10.2.1.0/24 overlaps 10.2.0.0/23 of node a",
        ),
        ("nodes: [{name: a, podCIDR: 10.2.0.0/31}]", "node a: podCIDR 10.2.0.0/31 has no room for Pods"),
        ("podCIDR: 10.2.0.0/24\nnodes: [{name: a}, {name: b}]", "node b: no free /24 is left in spec.podCIDR 10.2.0.0/24"),
        ("underlay: {subnet: 10.0.0.0/30}\nnodes: [{name: a}, {name: b}]", "node b: no free address is left in underlay.subnet"),
        ("podCIDR: 10.2.1.5/16", "c.yaml:4:12: spec.podCIDR: '10.2.1.5/16' has host bits set; the network address is 10.2.0.0/16"),
        ("podCIDR: 10.2.0.0", "c.yaml:4:12: spec.podCIDR: '10.2.0.0' has no prefix length, e.g. 10.2.0.0/24"),
        ("podCIDR: 10.2/16", "c.yaml:4:12: spec.podCIDR: '10.2/16' is not an IPv4 range like 10.2.0.0/16"),
        ("podCIDR: 10.0.0.0/16", "c.yaml:4:12: spec.podCIDR: 10.0.0.0/16 overlaps spec.underlay.subnet 10.0.0.0/24, the default"),
        ("serviceCIDR: 10.2.0.0/24", "c.yaml:4:16: spec.serviceCIDR: 10.2.0.0/24 overlaps spec.podCIDR 10.2.0.0/16, the default"),
        (
            "podCIDR: 10.8.0.0/16\nserviceCIDR: 10.8.1.0/24",
            "c.yaml:5:16: spec.serviceCIDR: 10.8.1.0/24 overlaps spec.podCIDR 10.8.0.0/16",
        ),
        ("underlay: {gateway: 10.9.0.1}", "c.yaml:4:23: spec.underlay.gateway: 10.9.0.1 lies outside underlay.subnet 10.0.0.0/24"),
        ("underlay: {gateway: 10.0.0.0}", "spec.underlay.gateway: 10.0.0.0 is the network address of underlay.subnet"),
        ("underlay: {subnet: 10.0.0.4/31}", "spec.underlay.subnet: 10.0.0.4/31 has no room for nodes"),
        ("underlay: {mtu: 60}", "c.yaml:4:19: spec.underlay.mtu: must be at least 576, not 60"),
        ("underlay: {mtu: 70000}", "spec.underlay.mtu: must be at most 65535, not 70000"),
        ("underlay: {mtu: '1500'}", "spec.underlay.mtu: must be an integer, not the string '1500'"),
        ("underlay: eth0", "c.yaml:4:13: spec.underlay: must be a mapping, not the string 'eth0'"),
        ("dnsServiceIP: 10.9.0.10", "spec.dnsServiceIP: 10.9.0.10 lies outside spec.serviceCIDR 10.1.0.0/16"),
        ("kubernetesVersion: 1.30", "c.yaml:4:22: spec.kubernetesVersion: must be a string, not the number 1.3"),
        ('kubernetesVersion: "latest"', "'latest' is not a Kubernetes version like 1.34"),
        ("kubeProxy: {mode: iptable}", "c.yaml:4:21: spec.kubeProxy.mode: 'iptable' is not a legal value; did you mean 'iptables'?"),
        ("kubeProxy: {masqueradeAll: yes}", "spec.kubeProxy.masqueradeAll: must be true or false, not the string 'yes'"),
        ("kubeProxy: {clusterCIDR: 10.2}", "spec.kubeProxy.clusterCIDR: must be a string, not the number 10.2"),
        ("kubeProxy: {nodePortAddresses: [10.0.0.1]}", "spec.kubeProxy.nodePortAddresses[0]: '10.0.0.1' has no prefix length"),
        ("controllers: nil", "spec.controllers: 'nil' is not a legal value"),
        ("clock: now", "spec.clock: 'now' is not a time like 2026-01-01T00:00:00Z"),
        ("clock: 2026-01-01T00:00:00", "has no time zone; add Z for UTC"),
        ("clock: 9999-12-31T23:59:59-14:00", "'9999-12-31T23:59:59-14:00' lies outside the years 1970 to 9000"),
        ("clock: 0001-01-01T00:00:00+14:00", "lies outside the years 1970 to 9000"),
        ("podCIDR: 224.0.0.0/8", "c.yaml:4:12: spec.podCIDR: '224.0.0.0/8' cannot be a host's: 224.0.0.0/4 is set apart for multicast"),
        ("serviceCIDR: 127.0.0.0/16", "spec.serviceCIDR: '127.0.0.0/16' cannot be a host's: 127.0.0.0/8 is set apart for loopback"),
        ("external: [{name: a, ip: 127.0.0.5}]", "c.yaml:4:28: spec.external[0].ip: '127.0.0.5' cannot be a host's: 127.0.0.0/8"),
        ("external: [{name: a}]", "c.yaml:4:14: spec.external[0] lacks 'ip'"),
        ("external: [{name: gateway, ip: 10.0.0.9}]", "external name 'gateway' is the underlay gateway's"),
        ("external: [{name: a, ip: 10.0.0.11}]\nnodes: [{name: n, ip: 10.0.0.11}]", "c.yaml:4:28: external a: ip 10.0.0.11 is already"),
        ("external: [{name: a, ip: 10.0.0.7}, {name: a, ip: 10.0.0.8}]", "two external hosts are named 'a'"),
        ("external: [{name: a, ip: 10.2.3.4}]", "external a: ip 10.2.3.4 lies inside spec.podCIDR 10.2.0.0/16"),
        ("external: [{name: a, ip: 10.1.3.4}]", "external a: ip 10.1.3.4 lies inside spec.serviceCIDR 10.1.0.0/16"),
        ("external: [{name: a, ip: 203.0.113.1}]", "external a: ip 203.0.113.1 is the gateway's own address in 203.0.113.0/24"),
        ("external: [{name: a, ip: 203.0.113.255}]", "ip 203.0.113.255 is the broadcast address of its network"),
        ("external: [{name: a, ip: 10.0.0.9, listens: [tpc/80]}]", "protocol 'tpc' of 'tpc/80' is not tcp or udp; did you mean 'tcp'?"),
        ("external: [{name: a, ip: 10.0.0.9, listens: [80]}]", "spec.external[0].listens[0]: must be a string, not the number 80"),
        ("external: [{name: a, ip: 10.0.0.9, listens: [tcp]}]", "'tcp' is not PROTOCOL/PORT, e.g. tcp/80"),
        ("external: [{name: a, ip: 10.0.0.9, listens: [tcp/0]}]", "port '0' of 'tcp/0' is not a number from 1 to 65535"),
        ("upstreamDNS: {www.example.com.: [192.0.2.1]}", "must be a mapping, not a list"),
    ],
)  # fmt: skip
def test_a_wrong_cluster_says_where_and_what(spec: str, says: str) -> None:
    told = problems(cluster(spec))
    assert len(told) == 1, told
    assert says in told[0]
    assert told[0].startswith("c.yaml:")


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (pod(node="k8s-node-1"), "c.yaml:8:13: Pod default/a: spec.nodeName 'k8s-node-1' is no node of this cluster; did you mean 'k8s-node-1"),
        (
            pod(node="k8s-node-11", ip="10.2.2.9"),
            "c.yaml:6:51: Pod default/a: podwalk.dev/ip 10.2.2.9 lies outside the podCIDR of node k8s-node-11, 10.2.1.0/24",
        ),
        (pod(node="k8s-node-11", ip="10.2.1.1"), "podwalk.dev/ip 10.2.1.1 is the gateway's: cni0 of node k8s-node-11 has it"),
        (pod(node="k8s-node-11", ip="10.2.1.0"), "podwalk.dev/ip 10.2.1.0 is the network address of the podCIDR of node"),
        (pod(node="k8s-node-11", ip="10.2.1.255"), "podwalk.dev/ip 10.2.1.255 is the broadcast address"),
        (pod(ip="10.2.1"), "annotation podwalk.dev/ip: '10.2.1' is not an IPv4 address"),
        (
            pod(node="k8s-node-11", ip="10.2.1.9") + "---\n" + pod("b", node="k8s-node-11", ip="10.2.1.9"),
            "c.yaml:14:51: Pod default/b: ip 10.2.1.9 is already that of Pod default/a",
        ),
        (pod() + "---\n" + pod(), "c.yaml:11:1: Pod default/a is given twice"),
        (pod().replace("podwalk", "x").replace("spec:", "spec:\n  nodeNmae: x"), 'c.yaml:8:3: unknown field "spec.nodeNmae"; did you mean \'nodeName\'?'),
        (pod().replace("image:", "imgae:"), 'unknown field "spec.containers[0].imgae"; did you mean \'image\'?'),
        (pod().replace("metadata:", "metdata:"), 'unknown field "metdata"; did you mean \'metadata\'?'),
        (pod().replace("{name: a}", "{nmae: a}"), 'unknown field "metadata.nmae"; did you mean \'name\'?'),
        (pod().replace("containers: [{name: c, image: 'nginx'}]", "containers: []"), "spec.containers: is empty; at least one entry is required"),
        (pod().replace("containers: [{name: c, image: 'nginx'}]", "restartPolicy: Never"), "spec lacks 'containers'"),
        (pod().replace(", image: 'nginx'", ""), "spec.containers[0] lacks 'image'"),
        (pod().replace("'nginx'", "5"), "spec.containers[0].image: must be a string, not the number 5"),
        (pod().replace("name: a", "name: A"), "metadata.name: 'A' is not a name: lower case letters"),
        (pod().replace("{name: a}", "{name: a, labels: {b: 1}}"), "metadata.labels.b: must be a string, not the number 1"),
        (pod().replace("{name: a}", "{name: a, annotations: {podwalk.dev/pi: 10.2.1.9}}"), "unknown annotation 'podwalk.dev/pi'; did you mean 'podwalk.dev/ip'?"),
        (pod().replace("{name: a}", "{name: a, annotations: {podwalk.dev/listens: tpc/80}}"), "annotation podwalk.dev/listens: protocol 'tpc'"),
        (pod(more="  hostNetwork: yes\n"), "spec.hostNetwork: must be true or false, not the string 'yes'"),
        (pod(node="k8s-node-11", ip="10.2.1.9", more="  hostNetwork: true\n"), "a hostNetwork Pod has its node's address 10.0.0.11"),
        ("kind: Pod\nmetadata: {name: a}\n", "c.yaml:4:1: the manifest lacks 'apiVersion'"),
        ("apiversion: v1\nkind: Pod\n", "c.yaml:4:1: the manifest lacks 'apiVersion': found 'apiversion'"),
        ("apiVersion: v1\nkind: [Pod]\n", "c.yaml:5:7: kind: must be a string, not a list"),
        ("- a\n- b\n", "c.yaml:4:1: a manifest must be a mapping, not a list"),
        ("{}\n", "a manifest must be a mapping, not an empty mapping"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n", "c.yaml:6:11: ConfigMap: metadata lacks 'name'"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n", "Service default/a is given twice"),
        ("apiVersion: podwalk.dev/v2\nkind: Cluster\n", "c.yaml:4:13: apiVersion 'podwalk.dev/v2' is not podwalk.dev/v1"),
        ("apiVersion: podwalk.dev/v1\nkind: Clutser\n", "c.yaml:5:7: unknown kind 'Clutser' of podwalk.dev/v1; did you mean 'Cluster'?"),
        (HEAD, "c.yaml:4:1: there are two Cluster documents"),
        ("apiVersion: v1\nkind: Node\nmetadata: {name: n}\nspec: {podCDIR: 10.2.9.0/24}\n", 'unknown field "spec.podCDIR"; did you mean \'podCIDR\'?'),
        ("apiVersion: v1\nkind: Node\nmetadata: {name: n}\nspec: {podCIDR: 10.2.9.0}\n", "spec.podCIDR: '10.2.9.0' has no prefix length"),
        ("apiVersion: v1\nkind: Node\nmetadata: {name: n}\nstatus: {addresses: [{type: InternalIP, address: x}]}\n", "status.addresses[0].address: 'x' is not an IPv4 address"),
        ("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: a}}]\n", "c.yaml:6:9: items[0] lacks 'spec'"),
    ],
)  # fmt: skip
def test_a_wrong_manifest_says_where_and_what(manifest: str, says: str) -> None:
    told = problems(cluster(manifests=manifest))
    assert says in "\n".join(told)
    assert all(line.startswith("c.yaml:") for line in told)


def test_a_problem_between_two_lines_shows_both() -> None:
    with pytest.raises(ManifestError) as caught:
        load("podCIDR: 10.77.0.0/16\nnodes:\n  - {name: a, podCIDR: 10.2.1.0/24}")
    assert str(caught.value) == (
        "c.yaml:6:26: node a: podCIDR 10.2.1.0/24 lies outside spec.podCIDR 10.77.0.0/16\n"
        "    6 |     - {name: a, podCIDR: 10.2.1.0/24}\n"
        "      |                          ^^^^^^^^^^^\n"
        "c.yaml:4:12: spec.podCIDR is 10.77.0.0/16\n"
        "    4 |   podCIDR: 10.77.0.0/16\n"
        "      |            ^^^^^^^^^^^^\n"
        "      = hint: leave podCIDR out to get the next free /24"
    )


def test_every_problem_is_told_at_once_in_file_order() -> None:
    text = cluster(
        "podCIDR: 10.2.0.0/33\nkubeProxy: {mode: ipvs}\nunderlay: {mtu: 1}\nnods: []", pod().replace("image:", "imgae:")
    )
    with pytest.raises(Problems) as caught:
        load_cluster_text(text, "c.yaml")
    assert [problem.at.line for problem in caught.value.problems if problem.at] == [4, 5, 6, 7, 13, 13]


def test_legal_values_are_listed_and_a_number_is_to_be_quoted() -> None:
    with pytest.raises(ManifestError) as caught:
        load("kubeProxy: {mode: ipvs}")
    assert caught.value.hint == "legal: iptables or nftables"
    with pytest.raises(ManifestError) as caught:
        load("kubernetesVersion: 1.30")
    assert caught.value.hint == 'write "1.30" in quotes'


def test_a_file_without_a_cluster_says_what_is_needed(tmp_path: Path) -> None:
    assert "no Cluster document" in problems(pod())[0]
    assert problems("apiVersion: cluster.x-k8s.io/v1\nkind: Cluster\nmetadata: {name: a}")[0].endswith(
        "apiVersion is cluster.x-k8s.io/v1"
    )
    assert problems("")[0] == "c.yaml:1:1: the file holds no document"
    assert problems("# only a comment\n")[0] == "c.yaml:1:1: the file holds no document"
    assert "nested too deeply" in problems("[" * 200_000)[0]


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    good = tmp_path / "cluster.yaml"
    good.write_text(HEAD)
    for path, says in [
        (tmp_path / "clutser.yaml", "clutser.yaml: no such file; did you mean 'cluster.yaml'?"),
        (tmp_path, "is a directory"),
        (good / "x", "cannot be read: Not a directory"),
        ("a\0b", "cannot be read: embedded null byte"),
    ]:
        with pytest.raises(UsageError) as caught:
            load_cluster([str(path)])
        assert says in str(caught.value)
    with pytest.raises(UsageError, match="no cluster file is given"):
        load_cluster([])
    assert load_cluster([str(good)]).name == "podwalk"


def test_several_files_are_one_stream_and_their_problems_keep_the_order_of_the_files(tmp_path: Path) -> None:
    first, second = tmp_path / "b.yaml", tmp_path / "a.yaml"
    first.write_text(cluster())
    second.write_text(pod("web"))
    assert [found.name for found in load_cluster([str(second), str(first)]).pods] == ["web"]
    first.write_text(cluster("nods: []"))
    second.write_text(pod().replace("image:", "imgae:"))
    with pytest.raises(Problems) as caught:
        load_cluster([str(first), str(second)])
    assert [Path(problem.at.file).name for problem in caught.value.problems if problem.at] == [
        "b.yaml",
        "a.yaml",
        "a.yaml",
    ]


def test_pods_of_a_dump_without_a_node_go_to_the_workers_in_turn() -> None:
    found = load(
        spec="{controllers: none}",
        manifests=pod("a") + "---\n" + pod("b") + "---\n" + pod("c", node="k8s-node-12") + "---\n" + pod("d"),
    )
    assert [found_pod.node_name for found_pod in found.pods] == [
        "k8s-node-11",
        "k8s-node-12",
        "k8s-node-12",
        "k8s-node-11",
    ]
    where = "default/a on k8s-node-11, default/b on k8s-node-12, default/d on k8s-node-11"
    assert found.notes == (
        f"no scheduler (controllers: none): Pods without spec.nodeName go to the workers in turn: {where}",
    )


def test_other_kinds_are_kept_and_named() -> None:
    found = load(manifests="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\ndata: {x: y}\n---\n"
                 "apiVersion: example.org/v1\nkind: Whatever\nmetadata: {name: w}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")  # fmt: skip
    assert [(kind, name, mark.line) for kind, name, mark in found.unacted] == [("Whatever", "default/w", 10)]
    kept = found.store.get("ConfigMap", "web", "shop")
    assert kept is not None
    assert kept.body["data"] == {"x": "y"}


def test_an_unknown_field_that_resembles_none_is_refused_and_kept_with_a_note_in_a_dump() -> None:
    odd = pod("a", node="k8s-node-11", more="  zzzzqq: 1\n")
    assert problems(cluster("controllers: all", odd)) == ['c.yaml:12:3: unknown field "spec.zzzzqq"']
    assert load("controllers: none", odd).notes == ('c.yaml:12:3: unknown field "spec.zzzzqq" is kept and ignored',)


def test_lists_are_opened_at_any_depth() -> None:
    item = "{apiVersion: v1, kind: Pod, metadata: {name: %s}, spec: {nodeName: k8s-node-11, containers: [{name: c, image: nginx}]}}"
    inner = f"{{apiVersion: v1, kind: List, items: [{item % 'b'}]}}"
    bare = "{metadata: {name: c}, spec: {nodeName: k8s-node-11, containers: [{name: c, image: nginx}]}}"
    found = load(
        manifests=f"apiVersion: v1\nkind: List\nitems: [{item % 'a'}, {inner}]\n---\napiVersion: v1\nkind: PodList\nitems: [{bare}]\n"
    )
    assert [found_pod.name for found_pod in found.pods] == ["a", "b", "c"]


def test_a_node_manifest_adds_to_the_node_of_that_name_or_is_a_node_of_its_own() -> None:
    manifest = (
        "apiVersion: v1\nkind: Node\nmetadata: {name: %s, labels: {zone: b, node-role.kubernetes.io/control-plane: ''}}\n"
        "spec: {podCIDR: 10.2.7.0/24, taints: [{key: k, effect: NoExecute}]}\n"
        "status: {addresses: [{type: InternalIP, address: 10.0.0.77}, {type: InternalIP, address: 10.0.0.78}, {type: Hostname, address: x}]}\n"
    )
    node = load("nodes: [{name: a, labels: {x: y}}]", manifest % "a").nodes[0]
    assert (str(node.ip), str(node.pod_cidr), [str(extra) for extra in node.addresses]) == (
        "10.0.0.77",
        "10.2.7.0/24",
        ["10.0.0.78/32"],
    )
    assert (node.metadata.labels["x"], node.metadata.labels["zone"], node.is_control_plane) == ("y", "b", True)
    assert node.body["spec"]["podCIDR"] == "10.2.7.0/24"
    assert [found.name for found in load("nodes: [{name: a}]", manifest % "b").nodes] == ["a", "b"]
    assert [found.name for found in load("", manifest % "b").nodes] == ["b"]
    assert (
        "podCIDR 10.2.7.0/24 contradicts 10.2.1.0/24"
        in problems(cluster("nodes: [{name: a, podCIDR: 10.2.1.0/24}]", manifest % "a"))[0]
    )
    assert (
        "Node a is given twice" in problems(cluster("nodes: [{name: a}]", manifest % "a" + "---\n" + manifest % "a"))[0]
    )


def test_host_network_pods_are_known_as_such() -> None:
    found = load(manifests=pod("a", node="k8s-node-11", more="  hostNetwork: true\n")).pods[0]
    assert found.host_network
    assert found.pinned_ip is None


def test_a_dumps_pods_keep_the_addresses_of_their_status() -> None:
    dumped = pod("a", node="k8s-node-11") + "status: {podIP: 10.2.1.77}\n"
    assert [str(found.pinned_ip) for found in load("controllers: none", dumped).pods] == ["10.2.1.77"]
    assert load("controllers: all", dumped).pods[0].pinned_ip is None
    told = problems(cluster("controllers: none", dumped.replace("10.2.1.77", "10.9.1.77")))
    assert told[0].startswith(
        "c.yaml:12:17: Pod default/a: status.podIP 10.9.1.77 lies outside the podCIDR of node k8s-node-11"
    )
    assert (
        "status.podIP: 'x' is not an IPv4 address"
        in problems(cluster("controllers: none", dumped.replace("10.2.1.77", "x")))[0]
    )


@pytest.mark.parametrize(
    ("inside", "outside", "says"),
    [
        (
            "external: [" + ", ".join(f"{{name: x{n}, ip: 198.51.{n // 200}.{n % 200 + 2}}}" for n in range(250)) + "]",
            "external: [" + ", ".join(f"{{name: x{n}, ip: 198.51.{n // 200}.{n % 200 + 2}}}" for n in range(251)) + "]",
            "spec.external: has 251 entries; at most 250 are allowed",
        ),
        (
            "podCIDR: 10.64.0.0/10\nunderlay: {subnet: 172.16.0.0/16}\nnodes: [" + ", ".join(f"{{name: n{n}}}" for n in range(5000)) + "]",
            "podCIDR: 10.64.0.0/10\nunderlay: {subnet: 172.16.0.0/16}\nnodes: [" + ", ".join(f"{{name: n{n}}}" for n in range(5001)) + "]",
            "spec.nodes: has 5001 entries; at most 5000 are allowed",
        ),
        ("underlay: {interface: abcdefghijklmno}", "underlay: {interface: abcdefghijklmnop}", "is longer than 15 characters"),
    ],
    ids=["external", "nodes", "interface name"],
)  # fmt: skip
def test_a_limit_of_the_cluster_holds_at_n_and_refuses_n_plus_1(inside: str, outside: str, says: str) -> None:
    assert load(inside).nodes
    assert says in problems(cluster(outside))[0]


def test_annotations_are_held_against_kubernetes_own_limit() -> None:
    room = 262_144 - len("note")
    manifest = pod("a", node="k8s-node-11").replace("{name: a}", "{name: a, annotations: {note: '%s'}}")
    assert load(manifests=manifest % ("x" * room)).pods
    assert (
        "metadata.annotations: 262,145 bytes; at most 262,144 are allowed"
        in problems(cluster(manifests=manifest % ("x" * (room + 1))))[0]
    )


def test_the_number_of_pods_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    real = limits.all_limits()
    monkeypatch.setattr(limits, "all_limits", lambda: {**real, "cluster.pods": 2})
    three = [pod(name, node="k8s-node-11") for name in "abc"]
    assert len(load(manifests="---\n".join(three[:2])).pods) == 2
    assert "3 Pods; at most 2 are modelled" in problems(cluster(manifests="---\n".join(three)))[0]
