"""`kubectl get`: files, watching, and pages that change with the version."""

from __future__ import annotations

import pytest

from app.kube.clusterfile import load_cluster_text
from app.shell import execute, open_terminal, run
from app.sim.simulator import Simulator
from tests.unit.shell.kubectl.cluster import said

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, creationTimestamp: "2026-01-01T00:00:00Z"}
spec: {nodeName: k8s-node-11, containers: [{name: c, image: nginx}]}
status:
  phase: Running
  containerStatuses:
    - {name: c, ready: true, restartCount: 2, state: {running: {}}, lastState: {terminated: {finishedAt: "2026-01-01T23:55:00Z"}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: site, creationTimestamp: "2026-01-01T00:00:00Z"}
spec: {rules: [{host: a.example.com, http: {paths: []}}]}
"""


def test_restarts_tell_their_age_since_1_23() -> None:
    def restarts(version: str) -> str:
        return said("get po --no-headers", POD, version).stdout.split("   ")[3].strip()

    assert (restarts("1.22"), restarts("1.23"), restarts("1.34")) == ("2", "2 (5m ago)", "2 (5m ago)")


def test_describe_ingress_shows_the_default_since_1_24() -> None:
    old, new = (said("describe ing site", POD, version).stdout for version in ("1.23", "1.24"))
    assert 'Default backend:  default-http-backend:80 (<error: endpoints "default-http-backend" not found>)\n' in old
    assert "Default backend:  <default>\n" in new


def test_files_name_what_is_got() -> None:
    terminal = open_terminal(
        Simulator(load_cluster_text("apiVersion: podwalk.dev/v1\nkind: Cluster\n")), "node/k8s-master-10"
    )
    terminal.files.write(f"{terminal.cwd}/ns.yml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n")
    came = execute(terminal, "kubectl get -f ns.yml -o name")
    assert (came.stdout, came.stderr) == ("namespace/kube-system\n", "")
    both = execute(terminal, "kubectl get po -f ns.yml")
    assert both.stderr.startswith("error: when paths, URLs, or stdin is provided as resource input")


def test_a_watch_prints_what_changes_and_ends() -> None:
    documents = "apiVersion: podwalk.dev/v1\nkind: Cluster\n"
    simulator = Simulator(load_cluster_text(documents))
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]},
    }
    simulator.live.api.create(body, "default")
    came = run(simulator, "node/k8s-master-10", "kubectl get po -w --output-watch-events")
    words = [line.split()[0] for line in came.stdout.splitlines()]
    assert words[:2] == ["EVENT", "ADDED"]
    assert words[2:]
    assert set(words[2:]) == {"MODIFIED"}
    assert came.stdout.splitlines()[-1].split()[2:4] == ["1/1", "Running"]


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("go-template='" + "{{range $.items}}" * 18 + "x" + "{{end}}" * 18 + "'", "more than 500,000 steps"),
        ("jsonpath='" + "{range $.items[*]}" * 18 + "x" + "{end}" * 18 + "'", "more than 500,000 steps"),
        ("jsonpath='{" + "..*" * 40 + "}'", ""),
        ("go-template='{{" + "(" * 1500 + "'", "more than 200 brackets"),
        ("jsonpath='" + "{" * 1500 + "'", "more than 100 brackets"),
    ],
)
def test_a_template_that_multiplies_ends(form: str, answer: str) -> None:
    three = "---\n".join(POD.partition("---\n")[0].replace("name: web", f"name: web-{n}") for n in range(3))
    came = said(f"get po -o {form}", three)
    assert answer in came.stderr
    assert came.exit_code == bool(answer)
