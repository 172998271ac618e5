"""Tab completion: the same tables as the commands."""

from __future__ import annotations

import pytest

from app.kube.clusterfile import load_cluster_text
from app.shell import Terminal, open_terminal, run
from app.shell.complete import complete
from app.sim.simulator import Simulator

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
spec: {addons: []}
---
apiVersion: podwalk.dev/v1
kind: File
metadata: {name: pod1.yml}
spec: {content: x}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {nodeName: k8s-node-11, containers: [{name: main, image: nginx}]}
"""


@pytest.fixture(scope="module")
def terminal() -> Terminal:
    sim = Simulator(load_cluster_text(CLUSTER))
    run(sim, "node/k8s-master-10", "mkdir dir")
    return open_terminal(sim, "node/k8s-master-10")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("iptables-s", ["iptables-save"]),
        ("echo x | gre", ["grep"]),
        ("for i in 1 2; do slee", ["sleep"]),
        ("kubectl crea", ["create"]),
        ("kubectl get deploym", ["deployment", "deployments"]),
        ("kubectl get po w", ["web"]),
        ("kubectl exec we", ["web"]),
        ("kubectl exec web -- hostn", ["hostname"]),
        ("kubectl -n kube-s", ["kube-system"]),
        ("kubectl create -f po", ["pod1.yml"]),
        ("kubectl get po -o wi", ["wide"]),
        ("kubectl drain k8s-node-1", ["k8s-node-11", "k8s-node-12"]),
        ("ip ro", ["route"]),
        ("cat po", ["pod1.yml"]),
        ("cat /etc/host", ["/etc/hostname", "/etc/hosts"]),
        ("cd d", ["dir/"]),
        ("help nsen", ["nsenter"]),
        ("nope --x", []),
    ],
)
def test_a_word_is_completed_where_it_stands(terminal: Terminal, line: str, offered: list[str]) -> None:
    assert complete(terminal, line, len(line)) == offered


def test_what_stands_behind_the_place_does_not_count(terminal: Terminal) -> None:
    assert complete(terminal, "hostn -i", 5) == ["hostname"]
    assert complete(terminal, "", 0) == complete(terminal, "x", -5)
