"""apply: created, unchanged, configured; what is taken out of a manifest goes, what others set stays."""

from __future__ import annotations

from tests.unit.shell.kubectl.written import Lab

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {team: blue, kept: here}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx, env: [{name: A, value: "1"}]}]}
"""
MANY = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: front, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: front, namespace: shop}
data: {a: b}
"""


def test_a_manifest_is_applied_once_and_then_nothing_changes() -> None:
    lab = Lab(web_yml=DEPLOYMENT)
    assert lab.out("apply -f web.yml") == "deployment.apps/web created\n"
    assert lab.out("apply -f web.yml") == "deployment.apps/web unchanged\n"
    lab.settle()
    assert lab.out("apply -f web.yml") == "deployment.apps/web unchanged\n"


def test_what_is_taken_out_goes_and_what_others_set_stays() -> None:
    lab = Lab(web_yml=DEPLOYMENT)
    lab.out("apply -f web.yml")
    lab.out("scale deploy web --replicas=5")
    lab.out("label deploy web added=later")
    changed = DEPLOYMENT.replace("team: blue, ", "").replace('env: [{name: A, value: "1"}]', "env: []")
    lab.write("web.yml", changed.replace("  replicas: 2\n", "").replace("image: nginx", "image: nginx:2"))
    assert lab.out("apply -f web.yml") == "deployment.apps/web configured\n"
    body = lab.api.get("Deployment", "web", "default").body
    assert body["metadata"]["labels"] == {"added": "later", "kept": "here"}
    assert body["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:2"
    assert not body["spec"]["template"]["spec"]["containers"][0].get("env")
    assert body["spec"]["replicas"] == 1


def test_apply_after_create_warns_and_mends_the_annotation() -> None:
    lab = Lab(web_yml=DEPLOYMENT)
    lab.out("create -f web.yml")
    first = lab.run("apply -f web.yml")
    assert first.stdout == "deployment.apps/web configured\n"
    assert first.stderr == (
        "Warning: resource deployments/web is missing the kubectl.kubernetes.io/last-applied-configuration annotation "
        "which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by "
        "either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n"
    )
    assert lab.out("apply -f web.yml") == "deployment.apps/web unchanged\n"


def test_create_with_save_config_needs_no_warning() -> None:
    lab = Lab(web_yml=DEPLOYMENT)
    lab.out("create -f web.yml --save-config")
    assert lab.out("apply -f web.yml") == "deployment.apps/web unchanged\n"


def test_several_documents_are_applied_in_their_order_also_from_a_pipe() -> None:
    lab = Lab(many_yml=MANY)
    assert lab.out("apply -f many.yml") == (
        "namespace/shop created\nserviceaccount/front created\nconfigmap/front created\n"
    )
    assert lab.out("apply -f - < many.yml") == (
        "namespace/shop unchanged\nserviceaccount/front unchanged\nconfigmap/front unchanged\n"
    )


def test_what_the_server_refuses_is_told_and_the_rest_is_applied() -> None:
    lab = Lab(x_yml=MANY.replace("data: {a: b}", "data: {a: {b: c}}") + "---\n" + DEPLOYMENT)
    result = lab.run("apply -f x.yml")
    assert result.stdout == "namespace/shop created\nserviceaccount/front created\ndeployment.apps/web created\n"
    assert result.stderr.startswith(
        'Error from server (BadRequest): error when creating "x.yml": ConfigMap in version "v1"'
    )


def test_an_unknown_field_is_refused_with_its_path() -> None:
    lab = Lab(
        x_yml="apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {selctor: {a: b}, ports: [{port: 80}]}\n"
    )
    assert lab.err("apply -f x.yml") == (
        'Error from server (BadRequest): error when creating "x.yml": Service in version "v1" cannot be handled as a '
        'Service: strict decoding error: unknown field "spec.selctor"\n'
    )


def test_dry_runs_of_apply() -> None:
    lab = Lab(web_yml=DEPLOYMENT)
    assert lab.out("apply -f web.yml --dry-run=client") == "deployment.apps/web created (dry run)\n"
    assert lab.out("apply -f web.yml --dry-run=server") == "deployment.apps/web created (server dry run)\n"
    assert lab.api.find("Deployment", "web", "default") is None
    assert lab.err("apply") == "error: must specify one of -f and -k\n"
    assert (
        lab.err("apply foo -f web.yml")
        == "error: Unexpected args: [foo]\nSee 'kubectl apply -h' for help and examples\n"
    )
