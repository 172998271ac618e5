"""`kind: File`: texts that lie on hosts when a cluster begins."""

from __future__ import annotations

import pytest

from app.core.errors import PodwalkError
from app.kube.clusterfile import load_cluster_text
from app.shell import run
from app.sim.simulator import Simulator

CLUSTER = "apiVersion: podwalk.dev/v1\nkind: Cluster\nspec: {addons: []}\n---\n"


def document(spec: str, name: str = "a.yml") -> str:
    return f"{CLUSTER}apiVersion: podwalk.dev/v1\nkind: File\nmetadata: {{name: {name}}}\nspec: {spec}\n"


def test_a_file_lies_in_roots_home_of_the_first_control_plane_node_unless_it_says_otherwise() -> None:
    sim = Simulator(load_cluster_text(document('{content: "one\\n"}')))
    assert run(sim, "node/k8s-master-10", "cat a.yml").stdout == "one\n"
    assert run(sim, "node/k8s-node-11", "cat a.yml").exit_code == 1
    sim = Simulator(load_cluster_text(document("{content: two, on: node/k8s-node-11, path: /etc/x/y}")))
    assert run(sim, "node/k8s-node-11", "cd /etc/x; cat y").stdout == "two"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("{content: x, on: node/k8s-node-99}", "there is no host 'node/k8s-node-99'; did you mean 'node/k8s-node-1"),
        ("{content: x, path: relative}", "path 'relative' is not absolute and plain"),
        ("{content: x, pth: /a}", "pth"),
        ("{content: x, path: /etc}", "path '/etc' is a directory"),
        ("{content: x, path: /proc/sys/net/ipv4/ip_forward}", "belongs to the kernel; set a parameter with sysctl"),
        ('{content: x, path: "/root/\\e[2J"}', r"path '/root/\x1b[2J' has control characters"),
        ("{content: x, path: %s}" % ("/a" * 3000), "is longer than 4095 characters"),
        ("{on: node/k8s-node-11}", "content"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(spec: str, said: str) -> None:
    with pytest.raises(PodwalkError, match=r"cluster\.yaml:") as caught:
        load_cluster_text(document(spec))
    assert said in str(caught.value)


def test_nodes_have_the_files_of_kubelet_and_cni_plugin() -> None:
    sim = Simulator(load_cluster_text(document("{content: x}")))
    said = run(sim, "node/k8s-node-11", "cat /run/flannel/subnet.env").stdout
    assert "FLANNEL_SUBNET=10.2.1.1/24\nFLANNEL_MTU=1450\n" in said
    assert "- 10.1.0.10" in run(sim, "node/k8s-node-11", "grep -A1 clusterDNS /var/lib/kubelet/config.yaml").stdout
    assert '"type": "flannel"' in run(sim, "node/k8s-node-11", "cat /etc/cni/net.d/*.conflist").stdout


def test_a_file_cannot_be_a_directory_of_another() -> None:
    below = "---\napiVersion: podwalk.dev/v1\nkind: File\nmetadata: {name: b}\nspec: {content: y, path: /root/a/b}\n"
    with pytest.raises(PodwalkError, match="'/root/a/b' cannot lie beside '/root/a'"):
        load_cluster_text(document("{content: x, path: /root/a}") + below)
