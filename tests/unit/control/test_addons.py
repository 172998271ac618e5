"""Addons: their objects are there at time 0, and give way to the file's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.control.addons import addons
from app.kube.clusterfile import load_cluster
from app.kube.objects import Pod
from app.sim.simulator import Simulator

HEAD = "apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: {{name: t}}\nspec: {{addons: [{0}], controllers: {1}}}\n"
OWN_CLASS = """\
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: example.com/mine}
"""


def cluster(tmp_path: Path, addon: str, controllers: str = "all", more: str = "") -> Simulator:
    file = tmp_path / "cluster.yaml"
    file.write_text(HEAD.format(addon, controllers) + more, "utf-8")
    return Simulator(load_cluster([str(file)]))


@pytest.mark.parametrize(("addon", "kind", "name", "namespace"), [
    ("ingress-nginx", "DaemonSet", "ingress-nginx-controller", "ingress-nginx"),
    ("traefik", "Deployment", "traefik", "traefik"),
])  # fmt: skip
def test_an_addon_brings_its_class_and_its_workload(
    tmp_path: Path, addon: str, kind: str, name: str, namespace: str
) -> None:
    store = cluster(tmp_path, addon).live.store
    assert store.get(kind, name, namespace) is not None
    assert store.get("IngressClass", addon.removeprefix("ingress-")) is not None
    assert addon in addons


def test_without_controllers_an_addon_brings_its_pods_itself(tmp_path: Path) -> None:
    live = cluster(tmp_path, "ingress-nginx", "none").live
    [pod] = live.store.typed(Pod)
    assert (pod.namespace, pod.node_name, pod.host_network) == ("ingress-nginx", "k8s-master-10", True)
    assert f"pod/{pod.key}" in live.machines


def test_an_object_of_the_file_stays_in_place_of_the_addon_s(tmp_path: Path) -> None:
    found = cluster(tmp_path, "ingress-nginx", more=OWN_CLASS).live.store.get("IngressClass", "nginx")
    assert found is not None
    assert found.body["spec"]["controller"] == "example.com/mine"
