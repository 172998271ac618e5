"""rollout, set, wait, cordon, drain: a rollout seen from the terminal, in virtual time."""

from __future__ import annotations

import pytest

from tests.unit.shell.kubectl.written import Lab

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
"""


@pytest.fixture
def lab() -> Lab:
    made = Lab(web_yml=DEPLOYMENT)
    made.out("create -f web.yml")
    made.out("rollout status deploy web")
    return made


def image(lab: Lab) -> str:
    found = lab.api.get("Deployment", "web", "default").body["spec"]["template"]["spec"]["containers"][0]
    return str(found["image"])


def test_a_rollout_is_followed_until_it_is_over() -> None:
    lab = Lab(web_yml=DEPLOYMENT)
    lines = lab.out("create -f web.yml && kubectl rollout status deploy/web").splitlines()
    assert lines[:2] == ["deployment.apps/web created", "Waiting for deployment spec update to be observed..."]
    assert 'Waiting for deployment "web" rollout to finish: 0 of 2 updated replicas are available...' in lines
    assert lines[-1] == 'deployment "web" successfully rolled out'
    assert lab.out("rollout status deploy/web") == 'deployment "web" successfully rolled out\n'


def test_a_new_image_makes_a_revision_and_undo_makes_another_of_the_old_one(lab: Lab) -> None:
    assert lab.out("set image deploy/web c=nginx:2") == "deployment.apps/web image updated\n"
    assert lab.out("rollout status deploy/web").endswith('deployment "web" successfully rolled out\n')
    assert lab.out("rollout history deploy/web") == (
        "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n"
    )
    assert lab.out("rollout undo deploy/web") == "deployment.apps/web rolled back\n"
    lab.out("rollout status deploy/web")
    assert image(lab) == "nginx"
    assert lab.out("rollout history deploy/web").splitlines()[2:4] == ["2         <none>", "3         <none>"]
    assert lab.out("rollout undo deploy/web --to-revision=2") == "deployment.apps/web rolled back\n"
    assert image(lab) == "nginx:2"
    assert lab.err("rollout undo deploy/web --to-revision=9") == (
        "error: unable to find specified revision 9 in history\n"
    )


def test_a_rollout_that_cannot_end_times_out(lab: Lab) -> None:
    for node in ("k8s-node-11", "k8s-node-12"):
        lab.out(f"cordon {node}")
    lab.out("scale deploy web --replicas=3")
    result = lab.run("rollout status deploy web --timeout=5s")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith('Waiting for deployment "web" rollout to finish: ')
    assert result.stderr == "error: timed out waiting for the condition\n"


def test_a_paused_deployment_waits_with_its_changes(lab: Lab) -> None:
    assert lab.out("rollout pause deploy web") == "deployment.apps/web paused\n"
    assert lab.err("rollout pause deploy web") == 'error: deployments.apps "web" is already paused\n'
    assert "can't restart paused deployment" in lab.err("rollout restart deploy web")
    lab.out("set image deploy web c=nginx:2")
    lab.settle()
    assert len(lab.api.list("ReplicaSet", "default")) == 1
    assert lab.out("rollout resume deploy web") == "deployment.apps/web resumed\n"
    lab.settle()
    assert len(lab.api.list("ReplicaSet", "default")) == 2


def test_a_restart_replaces_every_pod(lab: Lab) -> None:
    before = {pod.name for pod in lab.api.list("Pod", "default")}
    assert lab.out("rollout restart deploy web") == "deployment.apps/web restarted\n"
    lab.out("rollout status deploy web")
    lab.settle()
    assert before.isdisjoint(pod.name for pod in lab.api.list("Pod", "default"))


def test_set_changes_the_pod_template(lab: Lab) -> None:
    assert lab.out("set env deploy/web A=b C=d") == "deployment.apps/web env updated\n"
    assert lab.out("set env deploy/web --list") == "# Deployment web, container c\nA=b\nC=d\n"
    assert lab.out("set env deploy/web A-") == "deployment.apps/web env updated\n"
    assert lab.out("set resources deploy web --limits=cpu=1,memory=1Gi") == (
        "deployment.apps/web resource requirements updated\n"
    )
    container = lab.api.get("Deployment", "web", "default").body["spec"]["template"]["spec"]["containers"][0]
    assert container["env"] == [{"name": "C", "value": "d"}]
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}
    lab.out("expose deploy web --port=80")
    assert lab.out("set selector svc web app=other") == "service/web selector updated\n"
    assert lab.api.get("Service", "web", "default").body["spec"]["selector"] == {"app": "other"}


def test_wait_lets_virtual_time_pass_until_the_condition_holds(lab: Lab) -> None:
    lab.out("run x --image=nginx")
    assert lab.out("wait pod x --for=condition=Ready") == "pod/x condition met\n"
    assert (
        lab.out("wait deploy web --for=jsonpath='{.status.readyReplicas}'=2") == "deployment.apps/web condition met\n"
    )
    before_us = lab.sim.clock.now_us
    assert lab.err("wait pod x --for=condition=Nope --timeout=7s") == (
        "error: timed out waiting for the condition on pods/x\n"
    )
    assert lab.sim.clock.now_us >= before_us + 7_000_000
    line = "delete pod x --wait=false && kubectl wait pod x --for=delete"
    assert lab.out(line) == 'pod "x" deleted\npod/x condition met\n'


def test_drain_moves_what_has_a_controller_and_refuses_what_has_none(lab: Lab) -> None:
    assert lab.out("drain k8s-node-11").splitlines()[0] == "node/k8s-node-11 cordoned"
    lab.settle()
    assert {pod.body["spec"]["nodeName"] for pod in lab.api.list("Pod", "default")} == {"k8s-node-12"}
    assert lab.out("cordon k8s-node-11") == "node/k8s-node-11 already cordoned\n"
    lab.out("run bare --image=nginx")
    lab.out("wait pod bare --for=condition=Ready")
    result = lab.run("drain k8s-node-12")
    reason = "cannot delete Pods that declare no controller (use --force to override): default/bare"
    assert (result.exit_code, result.stdout) == (1, "node/k8s-node-12 cordoned\n")
    assert result.stderr == (
        f'error: unable to drain node "k8s-node-12" due to error: {reason}, continuing command...\n'
        f"There are pending nodes to be drained:\n k8s-node-12\nerror: {reason}\n"
    )
    forced = lab.run("drain k8s-node-12 --force")
    assert forced.stderr == "Warning: deleting Pods that declare no controller: default/bare\n"
    assert forced.stdout.splitlines()[-1] == "node/k8s-node-12 drained"
    assert lab.api.find("Pod", "bare", "default") is None
    assert lab.out("uncordon k8s-node-12") == "node/k8s-node-12 uncordoned\n"


def test_drain_leaves_daemon_pods_where_they_are() -> None:
    daemon = DEPLOYMENT.replace("kind: Deployment", "kind: DaemonSet").replace("  replicas: 2\n", "")
    lab = Lab(ds_yml=daemon)
    lab.out("create -f ds.yml")
    lab.settle()
    assert "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/web-" in (
        lab.run("drain k8s-node-11").stderr
    )
    result = lab.run("drain k8s-node-11 --ignore-daemonsets")
    assert result.stdout == "node/k8s-node-11 already cordoned\nnode/k8s-node-11 drained\n"
    assert result.stderr.startswith("Warning: ignoring DaemonSet-managed Pods: default/web-")


def test_edit_says_what_to_do_instead(lab: Lab) -> None:
    result = lab.run("edit deploy web")
    assert result.exit_code == 2
    assert "kubectl apply -f x.yml" in result.stderr
