"""The source document's Ingress, typed in its order: from the manifest to two Pods' different pages, old and new."""

from __future__ import annotations

import pytest

from app.core.assets import lessons_dir
from app.kube.clusterfile import load_cluster_text
from app.shell import run
from app.sim.simulator import Simulator

MASTER = "node/k8s-master-10"
CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: t}
spec: {kubernetesVersion: "%s", addons: [], external: [{name: client, ip: 10.0.0.200}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: yuchaoit}
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: test-ingress, namespace: yuchaoit}
spec:
  rules:
    - host: "www.yuchaoit.cn"
      http: {paths: [{pathType: Prefix, path: "/", backend: {service: {name: service1, port: {number: 80}}}}]}
"""
BACKEND = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx-deployment, namespace: yuchaoit}
spec:
  replicas: 2
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec: {containers: [{image: "nginx:1.14.0", name: nginx-containers, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: service1, namespace: yuchaoit}
spec: {selector: {app: nginx}, ports: [{name: service0, targetPort: 80, port: 80}]}
"""
CREATED = ["namespace/nginx-ingress", "serviceaccount/nginx-ingress", "clusterrole.rbac.authorization.k8s.io/nginx-ingress",
           "clusterrolebinding.rbac.authorization.k8s.io/nginx-ingress", "secret/default-server-secret",
           "configmap/nginx-config", "deployment.apps/nginx-ingress"]  # fmt: skip
ASK = "curl -s -H 'Host: www.yuchaoit.cn' http://10.0.0.10/"


def begun(version: str, manifest: str) -> Simulator:
    sim = Simulator(load_cluster_text(CLUSTER % version))
    files = sim.live.machines[MASTER].files
    text = (lessons_dir() / "manifests" / "ingress" / manifest).read_text("utf-8")
    for name, content in (("ingress.yml", text), ("my-ingress.yml", INGRESS), ("backend.yml", BACKEND)):
        files.write(f"/root/{name}", content)
    return sim


def said(sim: Simulator, line: str, who: str = MASTER) -> str:
    result = run(sim, who, line)
    assert result.exit_code == 0, (line, result.stderr)
    return result.stdout


@pytest.mark.parametrize(("version", "manifest", "taint", "ingress_class", "first"), [
    ("1.19", "nginx-ingress-1.19.yaml", "master", "<none>", 502),
    ("1.34", "nginx-ingress.yaml", "control-plane", "nginx", 502),
])  # fmt: skip
def test_the_document_s_way_to_two_pages(
    version: str, manifest: str, taint: str, ingress_class: str, first: int
) -> None:
    sim = begun(version, manifest)
    created = [line.removesuffix(" created") for line in said(sim, "kubectl apply -f ingress.yml").splitlines()]
    assert [line for line in created if "ingressclass" not in line] == CREATED
    get = "kubectl -n nginx-ingress get po -owide --no-headers"
    assert said(sim, get).split()[1:3] == ["0/1", "Pending"]
    said(sim, "kubectl label nodes k8s-master-10 role=ingress-nginx-controller")
    assert said(sim, get).split()[2] == "Pending", "the taint is still there"
    said(sim, f"kubectl taint node k8s-master-10 node-role.kubernetes.io/{taint}:NoSchedule-")
    said(sim, "sleep 60")
    cells = said(sim, get).split()
    assert (cells[1], cells[2], cells[6]) == ("1/1", "Running", "k8s-master-10")
    said(sim, "kubectl create -f my-ingress.yml")
    row = said(sim, "kubectl -n yuchaoit get ingress -o wide --no-headers").split()
    assert row[:4] == ["test-ingress", ingress_class, "www.yuchaoit.cn", "80"], "this controller writes no ADDRESS"
    assert said(sim, f"{ASK} -o /dev/null -w '%{{http_code}}'", "ext/client") == str(first)
    said(sim, "kubectl create -f backend.yml")
    names = said(sim, "kubectl -n yuchaoit get po -o name").split()
    for name in names:
        page = f"bash -c 'echo {name.partition('/')[2]} > /usr/share/nginx/html/index.html'"
        said(sim, f"kubectl -n yuchaoit exec {name} -- {page}")
    pages = {said(sim, ASK, "ext/client").strip() for _ in range(12)}
    assert pages == {name.partition("/")[2] for name in names}
    assert "AddedOrUpdated" in said(sim, "kubectl -n yuchaoit describe ingress test-ingress")


def test_the_old_controller_finds_nothing_to_read_in_a_new_cluster() -> None:
    sim = begun("1.34", "nginx-ingress-1.19.yaml")
    said(sim, "kubectl label nodes k8s-node-11 role=ingress-nginx-controller")
    said(sim, "kubectl apply -f ingress.yml")
    said(sim, "kubectl create -f my-ingress.yml")
    said(sim, "kubectl create -f backend.yml")
    code = "curl -s -o /dev/null -w '%{http_code}' -H 'Host: www.yuchaoit.cn' http://10.0.0.11/"
    assert said(sim, code, "ext/client") == "404"
    log = [
        line.text for machine in sim.live.machines.values() for part in machine.containers.values() for line in part.log
    ]
    assert any("Failed to list *v1beta1.Ingress" in line for line in log)
