"""label, annotate, taint, scale, patch, delete, replace, create: what they print, refuse and change."""

from __future__ import annotations

import pytest

from tests.unit.shell.kubectl.written import Lab

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: c, image: nginx}]}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture
def lab() -> Lab:
    made = Lab(web_yml=POD + "---\n" + SERVICE)
    assert made.out("create -f web.yml") == "pod/web created\nservice/web created\n"
    made.settle()
    return made


def test_create_of_what_is_there_names_the_file_and_each_object(lab: Lab) -> None:
    assert lab.err("create -f web.yml") == (
        'Error from server (AlreadyExists): error when creating "web.yml": pods "web" already exists\n'
        'Error from server (AlreadyExists): error when creating "web.yml": services "web" already exists\n'
    )


def test_a_missing_file_is_told_with_the_nearest_of_the_directory(lab: Lab) -> None:
    assert lab.err("create -f wep.yml") == (
        'error: the path "wep.yml" does not exist\npodwalk: the nearest file here is "web.yml"\n'
    )
    assert lab.err("create -f /etc/shadow") == 'error: the path "/etc/shadow" does not exist\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: b\n c: d\n", "error parsing x.yml: error converting YAML to JSON: yaml: line 2: mapping values are not"),
        ("kind: Pod metadata: x\n", "error parsing x.yml: error converting YAML to JSON: yaml: mapping values are not"),
        (
            "a: [x\n",
            "error parsing x.yml: error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'",
        ),
        ("\tfoo: bar\n", "error parsing x.yml: error converting YAML to JSON: yaml: found character that cannot start"),
        ("a: b\n", 'unable to decode "x.yml": Object \'Kind\' is missing in \'{"a":"b"}\''),
        (
            "text\n",
            'unable to decode "x.yml": json: cannot unmarshal string into Go value of type unstructured.detector',
        ),
        ("# nothing\n", "no objects passed to create"),
        ("kind: Pod\n", 'error validating "x.yml": error validating data: apiVersion not set; if you choose to ignore'),
        (
            "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: x}\n",
            'resource mapping not found for name: "x" namespace: "" from "x.yml": no matches for kind "Ingress" in '
            'version "extensions/v1beta1"\nensure CRDs are installed first',
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: a}\n",
            'the namespace from the provided object "a" does not match the namespace "b". You must pass '
            "'--namespace=a' to perform this operation.",
        ),
    ],
)
def test_a_file_that_is_no_manifest_is_refused_by_the_client(text: str, why: str) -> None:
    assert Lab(x_yml=text).err("create -n b -f x.yml").startswith(f"error: {why}")


def test_the_first_document_is_created_before_the_second_one_is_found_broken() -> None:
    lab = Lab(x_yml=POD + "---\na: b\n c: d\n")
    result = lab.run("create -f x.yml")
    assert result.stdout == "pod/web created\n"
    assert result.stderr.startswith("error: error parsing x.yml: error converting YAML to JSON: yaml: line 2: ")


def test_a_dry_run_changes_nothing(lab: Lab) -> None:
    assert lab.out("create ns a --dry-run=server") == "namespace/a created (server dry run)\n"
    assert lab.out("create ns a --dry-run=client") == "namespace/a created (dry run)\n"
    assert lab.api.find("Namespace", "a") is None
    assert lab.out("label pod web x=y --dry-run=client") == "pod/web labeled (dry run)\n"
    assert lab.out("delete pod web --dry-run=client") == 'pod "web" deleted (dry run)\n'
    assert lab.api.get("Pod", "web", "default").metadata.labels == {"app": "web"}


def test_labels_are_set_kept_and_taken_off(lab: Lab) -> None:
    assert lab.out("label pod web tier=front") == "pod/web labeled\n"
    assert lab.out("label pod web tier=front") == "pod/web not labeled\n"
    assert lab.err("label pod web tier=back") == "error: 'tier' already has a value (front), and --overwrite is false\n"
    assert lab.out("label pod web tier=back x- --overwrite") == 'label "x" not found.\npod/web labeled\n'
    assert lab.out("label pod web --list") == "app=web\ntier=back\n"
    assert lab.out("label pod/web tier- a=b") == "pod/web unlabeled\n"
    assert lab.out("label pods --all a-") == "pod/web unlabeled\n"
    assert lab.err("label pod web") == "error: at least one label update is required\n"
    assert lab.err("label pod web a=b a-") == "error: can not both modify and remove a label in the same command\n"
    assert lab.err("label pod web 'a=b c'").startswith('error: invalid label value: "a=b c": a valid label must be')
    assert lab.err("label pod web a=b foo") == "error: all resources must be specified before label changes: foo\n"
    assert lab.err("label pod nope a=b") == 'Error from server (NotFound): pods "nope" not found\n'
    assert lab.api.get("Pod", "web", "default").metadata.labels == {"app": "web"}


def test_annotations_are_set_and_taken_off(lab: Lab) -> None:
    assert lab.out("annotate svc web note=x") == "service/web annotated\n"
    assert lab.err("annotate svc web note=y") == (
        "error: --overwrite is false but found the following declared annotation(s): 'note' already has a value (x)\n"
    )
    assert lab.out("annotate svc web note- --overwrite") == "service/web annotated\n"
    assert "note" not in lab.api.get("Service", "web", "default").metadata.annotations


def test_taints_of_nodes(lab: Lab) -> None:
    master = "taint node k8s-master-10"
    assert lab.err(f"{master} node-role.kubernetes.io/master:NoSchedule-") == (
        'error: taint "node-role.kubernetes.io/master:NoSchedule" not found\n'
    )
    assert lab.out(f"{master} node-role.kubernetes.io/control-plane:NoSchedule-") == "node/k8s-master-10 untainted\n"
    assert lab.out(f"{master} k=v:NoSchedule") == "node/k8s-master-10 tainted\n"
    assert lab.err(f"{master} k=w:NoSchedule") == (
        "error: node k8s-master-10 already has k taint(s) with same effect(s) and --overwrite is false\n"
    )
    assert lab.out(f"{master} k=w:NoSchedule --overwrite") == "node/k8s-master-10 modified\n"
    assert lab.err(f"{master} k=w:Foo") == (
        "error: invalid taint effect: Foo, unsupported taint effect\nSee 'kubectl taint -h' for help and examples\n"
    )
    assert lab.err(f"{master} a=b:NoSchedule a=c:NoSchedule").startswith(
        "error: duplicated taints with the same key and effect: {a c NoSchedule <nil>}\n"
    )
    assert lab.err(f"{master} a=b:NoSchedule a:NoSchedule-") == (
        "error: can not both modify and remove the following taint(s) in the same command: a=NoSchedule\n"
    )
    assert (
        lab.err("taint pod web a=b:NoSchedule") == "error: invalid resource type pod, only node types are supported\n"
    )
    taints = lab.api.get("Node", "k8s-master-10").body["spec"]["taints"]
    assert taints == [{"effect": "NoSchedule", "key": "k", "value": "w"}]


def test_scale_changes_the_number_of_pods(lab: Lab) -> None:
    lab.out("create deployment front --image=nginx")
    assert lab.out("scale deploy front --replicas=3") == "deployment.apps/front scaled\n"
    lab.settle()
    assert len(lab.out("get po -l app=front --no-headers").splitlines()) == 3
    assert lab.err("scale deploy front") == 'error: required flag(s) "replicas" not set\n'
    assert (
        lab.err("scale deploy front --replicas=2 --current-replicas=1") == "error: Expected replicas to be 1, was 3\n"
    )
    assert "You must provide one or more resources" in lab.err("scale --replicas=1")


def test_patches_of_three_types(lab: Lab) -> None:
    assert lab.out("""patch svc web -p '{"spec":{"sessionAffinity":"ClientIP"}}'""") == "service/web patched\n"
    assert (
        lab.out('patch svc web -p \'{"spec":{"sessionAffinity":"ClientIP"}}\'') == "service/web patched (no change)\n"
    )
    assert lab.out("patch svc web --type=merge -p 'metadata: {labels: {a: b}}'") == "service/web patched\n"
    assert lab.api.get("Service", "web", "default").metadata.labels == {"a": "b"}
    assert (
        lab.err("patch svc web") == "error: must specify --patch or --patch-file containing the contents of the patch\n"
    )
    assert lab.err("patch svc web -p '{}' --type=x") == 'error: --type must be one of [json merge strategic], not "x"\n'
    assert (
        lab.err("patch svc web --patch-file=no")
        == "error: unable to read patch file: open no: no such file or directory\n"
    )
    assert lab.err("patch svc -p '{}'") == "error: resource(s) were provided, but no name was specified\n"


def test_delete_waits_in_virtual_time_until_the_pod_is_gone(lab: Lab) -> None:
    before_us = lab.sim.clock.now_us
    assert lab.out("delete pod web") == 'pod "web" deleted\n'
    assert lab.api.find("Pod", "web", "default") is None
    assert lab.sim.clock.now_us > before_us
    assert lab.err("delete pod web") == 'Error from server (NotFound): pods "web" not found\n'
    assert lab.out("delete pod web --ignore-not-found") == ""
    assert lab.out("delete pods --all") == "No resources found\n"
    assert lab.err("delete pod") == "error: resource(s) were provided, but no name was specified\n"


def test_delete_by_force_says_what_it_risks(lab: Lab) -> None:
    result = lab.run("delete pod web --force")
    assert result.stdout == 'pod "web" force deleted\n'
    assert result.stderr.startswith("Warning: Immediate deletion does not wait for confirmation that the running")
    assert lab.api.find("Pod", "web", "default") is None


def test_delete_refuses_flags_that_contradict(lab: Lab) -> None:
    assert (
        lab.err("delete pod web --now --grace-period=5")
        == "error: --now and --grace-period cannot be specified together\n"
    )
    assert lab.err("delete pod web --grace-period=5 --force") == (
        "error: --force and --grace-period greater than 0 cannot be specified together\n"
    )
    assert lab.err("delete pod web -o yaml") == "error: unexpected -o output mode: yaml. We only support '-o name'\n"
    assert lab.err("delete pods web --all") == "error: name cannot be provided when a selector is specified\n"
    assert lab.err("delete pod web --cascade=x") == (
        'error: invalid cascade value (x). Must be "background", "foreground", or "orphan"\n'
    )


def test_replace_puts_a_manifest_in_place_of_the_object(lab: Lab) -> None:
    lab.write("svc.yml", SERVICE.replace("port: 80", "port: 81"))
    assert lab.out("replace -f svc.yml") == "service/web replaced\n"
    assert lab.api.get("Service", "web", "default").body["spec"]["ports"][0]["port"] == 81
    assert lab.out("replace --force -f svc.yml").splitlines()[-1] == "service/web replaced"
    assert lab.err("replace") == "error: must specify one of -f and -k\n"


def test_some_namespaces_cannot_be_deleted(lab: Lab) -> None:
    assert lab.err("delete ns default") == (
        'Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted\n'
    )
    assert lab.out("create ns shop && kubectl delete ns shop") == 'namespace/shop created\nnamespace "shop" deleted\n'


def test_a_wait_without_an_end_is_ended_by_the_limit_of_a_line(lab: Lab) -> None:
    result = lab.run("wait pod web --for=condition=Nope --timeout=48h")
    assert result.exit_code == 2
    assert result.stderr.endswith("podwalk: the line takes more than 3,600 virtual seconds; it was stopped here\n")


def test_scale_of_what_is_not_there_says_so(lab: Lab) -> None:
    assert lab.err("scale deploy nope --replicas=1") == (
        'error: no objects passed to scale deployments.apps "nope" not found\n'
    )
