"""What is seen of a container that has run before, and of a StatefulSet's Pod by its own name."""

from __future__ import annotations

import pytest

from app.kube.clusterfile import load_cluster_text
from app.shell import Session, open_terminal
from app.sim.simulator import Simulator

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
spec: {addons: []}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
        - {name: c, image: nginx, livenessProbe: {httpGet: {path: /index.html, port: 80}, periodSeconds: 2}}
"""


@pytest.fixture
def master() -> Session:
    return Session(open_terminal(Simulator(load_cluster_text(CLUSTER)), "node/k8s-master-10"))


def test_the_log_of_the_run_before_is_kept(master: Session) -> None:
    early = master.feed("kubectl logs db-0 -p")
    assert (early.exit_code, early.stdout) == (1, "")
    assert early.stderr == (
        'Error from server (BadRequest): previous terminated container "c" in pod "db-0" not found\n'
    )
    master.feed("kubectl exec db-0 -- rm /usr/share/nginx/html/index.html")
    master.feed("sleep 20")
    last = master.feed("kubectl logs db-0 --previous --tail=1").stdout
    assert '"GET /index.html HTTP/1.1" 404' in last
    assert " 404 " not in master.feed("kubectl logs db-0").stdout


def test_the_log_of_what_crashed_is_there_while_it_waits(master: Session) -> None:
    master.feed("kubectl run crash --image=busybox -- sh -c 'echo hi; false'")
    assert "CrashLoopBackOff" in master.feed("kubectl get pod crash").stdout
    assert master.feed("kubectl logs crash -p").stdout == "hi\n"


def test_hostname_knows_the_domain_of_a_statefulsets_pod(master: Session) -> None:
    for option, want in {"": "db-0", "-s": "db-0", "-f": "db-0.db.default.svc.cluster.local",
                         "-d": "db.default.svc.cluster.local"}.items():  # fmt: skip
        assert master.feed(f"kubectl exec db-0 -- hostname {option}").stdout == f"{want}\n"
    assert master.feed("hostname -f").stdout == "k8s-master-10\n"


def test_a_tab_reaches_to_the_next_eighth_column(master: Session) -> None:
    assert master.feed(r"printf 'a\tbcdefgh\ti\n'").stdout == "a       bcdefgh i\n"
