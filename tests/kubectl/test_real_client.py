"""What our generators print is what kubectl 1.32 prints, byte for byte: manifests, messages, exit codes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from posixpath import join
from typing import Any

import pytest

from app.kube.clusterfile import load_cluster_text
from app.shell import run
from app.sim.simulator import Simulator
from tests.kubectl.realclient import Real, real_kubectl

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: kubectl}
spec: {controllers: none, addons: []}
"""
FILES = {
    "hello.txt": "hello\n",
    "odd.txt": "a\tb \nc\n",
    "two.env": "# comment\nA=1\n\n  B=x y=z\n",
    "wrong.env": "1a=3\n",
    "dir/one": "1",
    "dir/two": "2",
    "cert.pem": "no certificate\n",
    "broken.yml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n spec: y\n",
    "collapsed.yml": "apiVersion: v1\nkind: Pod metadata: name: x\n",
    "list.yml": "- a\n- b\n",
    "text.yml": "just text\n",
    "nokind.yml": "apiVersion: v1\nmetadata:\n  name: x\n",
    "comment.yml": "# only\n---\n",
    "tab.yml": "\tfoo: bar\n",
    "quote.yml": 'a: "b\n',
    "bracket.yml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: [x\n",
    "old.yml": "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata:\n  name: x\n",
    "other.yml": "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: other}\n",
    "two.yml": 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: cm}\ndata: {a: yes, b: No, c: on, n: "1", e: 012, f: 1_000, g: 0o17, h: .5}\n',
}
OBJECTS: list[dict[str, Any]] = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web", "tier": "front"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [{"name": "nginx", "image": "nginx", "ports": [{"containerPort": 80}]}],
                },
            },
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "dns", "namespace": "default", "labels": {"b": "2", "a": "1"}},
        "spec": {
            "containers": [
                {
                    "name": "c",
                    "image": "coredns",
                    "ports": [
                        {"containerPort": 80},
                        {"containerPort": 53, "protocol": "UDP"},
                        {"containerPort": 53, "protocol": "TCP"},
                    ],
                }
            ]
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "plain", "namespace": "default"},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]},
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": "default"},
        "spec": {"clusterIP": "10.1.0.5", "selector": {"x": "y"}, "ports": [{"port": 80, "protocol": "TCP"}]},
    },
]
GENERATED = """\
create deployment web --image=nginx:1.25 --image=busybox/x@sha256:0123456789abcdef0123456789abcdef
create deployment web --image=nginx --replicas=3 --port=80
create deploy web --image=registry.example:5000/a/nginx:1.25 -- sleep 3600
create deployment Web_1 --image=nginx -r -3 --port=99999
create deployment web --image=nginx -n yuchaoit
create service clusterip s --tcp=80
create service clusterip s --tcp=80:8080 --tcp=443:https,8443
create service clusterip s --clusterip=None
create service clusterip s --clusterip=None --tcp=80
create service clusterip s --clusterip=10.1.0.9 --tcp=80:a:b
create service nodeport s --tcp=80 --node-port=30000
create svc nodeport s --tcp=80:8080
create service loadbalancer s --tcp=80:99
create service externalname s --external-name=foo.com
create service externalname s --external-name=foo.com --tcp=80
create ns foo
create namespace foo
create cm c --from-literal=a=b --from-literal=n=1 --from-literal=t=true --from-literal=e= --from-literal='m=x y: #'
create cm c --from-literal=no=no --from-literal=y=y --from-literal=f=1.5 --from-literal='eq=a=b' --from-literal=z=~
create cm c --from-literal='long=aaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbb cccccccccccccccccccccc ddddddddddddd eeeeeeeee'
create cm c --from-literal=chinese=于超 --from-literal='colon=a: b' --from-literal='quote=it'\\''s' --from-literal='d="x"'
create cm c --from-file=hello.txt --from-file=k=odd.txt
create cm c --from-file=dir
create cm c --from-env-file=two.env
create cm c --from-literal=a=b --append-hash
create cm c --from-literal='a=<&é' --append-hash
create cm c
create secret generic s --from-literal=a=b --type=foo
create secret generic s --from-file=hello.txt --from-literal=x=y
create secret generic s --from-literal=a=1 --append-hash
create secret generic s
create secret docker-registry s --docker-username=u --docker-password=p --docker-email=e
create secret docker-registry s --docker-server=r.example --docker-username=u --docker-password=p
create ingress i --rule=foo.com/bar=svc1:80 --rule='foo.com/x*=svc2:http' --rule='/=a:1,tls=my' --class=nginx
create ingress i --default-backend=svc:80 --annotation=a=b --annotation=c=
create ingress i --rule='foo.com/*=svc1:80,tls' --rule='bar.com/=svc1:80,tls'
create ing i --rule='foo.com/*=svc1:80,tls=one' --rule='bar.com/=svc1:80,tls=one' --rule='bar.com/b=svc1:80,tls=two'
create ing i --rule='*.foo.com/a/b*=svc1:80'
create sa s
create serviceaccount s -n yuchaoit
create clusterrolebinding b --clusterrole=x --user=u --group=g --serviceaccount=ns:sa
create rolebinding b --role=x --serviceaccount=ns:sa
create rolebinding b --clusterrole=x --user=u --user=v
create rolebinding b --role=x
create role r --verb=get,list,foo --resource=po,deploy.apps,pods/status --resource-name=x
create role r --verb=* --resource=services
create clusterrole r --verb='*' --resource='*'
create clusterrole r --verb=get --non-resource-url=/x --non-resource-url='/y/*' --resource=nodes
create clusterrole r --aggregation-rule=a=b
run x --image=nginx
run x --image=nginx --port=80 --env=A=b --env=C= --labels=z=1,b=2 --restart=Never --command -- sh -c 'sleep 3'
run x --image=nginx --port=80 --expose
run x --image=nginx --port=80 --expose --labels=a=b
run x --image=nginx --privileged --annotations=a=b --image-pull-policy=Never -- a b
run x --image=busybox --restart=OnFailure -n yuchaoit
expose deploy web
expose deployment/web --port=8080 --target-port=http --type=NodePort --name=foo
expose deploy web --port=80,443 --protocol=UDP
expose pod dns
expose pod dns --port=53 --selector=x=y --labels=l=m
expose svc s --name=t --session-affinity=ClientIP --external-ip=1.2.3.4
expose deploy web --type=LoadBalancer --load-balancer-ip=1.2.3.4 --cluster-ip=None
expose deploy web --overrides '{"spec":{"type":"NodePort"}}'
""".splitlines()
REFUSED = """\
create deployment web
create deployment --image=nginx --dry-run=client
create deployment a b --image=nginx --dry-run=client
create deployment web --image=nginx --replicas=x --dry-run=client
create deployment web --image=nginx --image=b --dry-run=client -- ls
create deployment web --image=nginx --dry-run=bogus
create deployment web --image=nginx --dry-run=client -o bogus
create service clusterip s --dry-run=client
create service clusterip s --tcp=x --dry-run=client
create service clusterip s --tcp=99999 --dry-run=client
create service clusterip s --tcp=80:0 --dry-run=client
create service clusterip s --tcp=80:-a- --dry-run=client
create service externalname s --dry-run=client
create service externalname s --external-name=a_b --dry-run=client
create service bogus
create namespace --dry-run=client
create namespace a b --dry-run=client
create ns '' --dry-run=client
create cm c --from-literal=a --dry-run=client
create cm c --from-literal=a=1 --from-literal=a=2 --dry-run=client
create cm c --from-literal=b!=1 --dry-run=client
create cm c --from-file=nofile --dry-run=client
create cm c --from-file=a=b=c --dry-run=client
create cm c --from-file==c --dry-run=client
create cm c --from-file=k=dir --dry-run=client
create cm c --from-env-file=wrong.env --dry-run=client
create cm c --from-env-file=two.env --from-literal=a=b --dry-run=client
create secret generic s --from-literal=a=1 --from-literal=a=2 --dry-run=client
create secret tls s --dry-run=client
create secret tls s --cert=nofile --key=x --dry-run=client
create secret tls s --cert=cert.pem --key=cert.pem --dry-run=client
create secret docker-registry s --docker-username=u --dry-run=client
create ingress i --dry-run=client
create ingress i --rule=bad --dry-run=client
create ingress i --default-backend=a --dry-run=client
create ingress i --default-backend=a:1 --annotation=x --dry-run=client
create rolebinding b --clusterrole=x --role=y --dry-run=client
create clusterrolebinding b --clusterrole=x --serviceaccount=sa --dry-run=client
create clusterrolebinding b
create role r --verb=get --dry-run=client
create role r --resource=pods --dry-run=client
create role r --verb=get --resource=nope --dry-run=client
create role r --verb=get --resource=nope.foo --dry-run=client
create role r --verb=bind --resource=pods --dry-run=client
create clusterrole r --verb=get,list --non-resource-url=/x
create clusterrole r --verb=get --non-resource-url=x
create clusterrole r --verb=get
create clusterrole r
create clusterrole r --aggregation-rule=a=b --verb=get
create
create bogus
create -f nofile.yml --dry-run=client
create -f one.yml -f two.yml
create -f
create -z
run x --image=nginx -it --dry-run=client
run x --image=NGINX --dry-run=client
run --image=nginx
run x
run x --image=nginx -t
run x --image=nginx --rm
run x --image=nginx --restart=foo
run x --image=nginx --image-pull-policy=foo
run x --image=nginx --env=foo
run x --image=nginx --expose
run x --image=nginx --port=a
run x --image=nginx --labels=a
expose pod plain
expose pod plain --selector=a=b
expose deploy nope
expose deploy web --session-affinity=foo
expose deploy web --port=x
expose
expose deploy
expose configmap x
expose node k8s-node-11 --port=1
create -f broken.yml --validate=false
create -f collapsed.yml --validate=false
create -f list.yml --validate=false
create -f text.yml --validate=false
create -f nokind.yml --validate=false
create -f comment.yml --validate=false
create -f tab.yml --validate=false
create -f quote.yml --validate=false
create -f bracket.yml --validate=false
create -f old.yml --validate=false
create -f other.yml -n foo --validate=false
create -f dir --validate=false
create -f two.yml --validate=false --dry-run=client
create -f two.yml --validate=false --dry-run=client -o yaml
create -f two.yml --validate=false --dry-run=client -o name
create -f two.yml --validate=foo
create -f two.yml -f broken.yml --validate=false --dry-run=client
create -f two.yml x
delete
delete pod
delete pod dns --dry-run=client
delete pod dns plain --dry-run=client
delete pod/dns svc/s --dry-run=client
delete deploy web --dry-run=client -o name
delete pods --all --dry-run=client
delete pod dns -o yaml
delete pod dns --now --grace-period=5
delete pod dns --now --force
delete pod dns --grace-period=5 --force
delete pod -l a=b --all
delete pods dns --all
delete svc/s pod dns
delete pod dns -f two.yml
delete pod dns --cascade=foo
delete foo x
delete -f nofile.yml
delete node k8s-node-11 -n foo --dry-run=client
label pod dns
label pod
label pod dns a=9
label pod dns a=9 b=8
label pod dns 'a=b c'
label pod dns a=b=c
label pod dns a=b foo
label pod dns c=1 c-
label pod dns c=1 --dry-run=client
label pod dns a=1 --dry-run=client
label pod dns a- --dry-run=client
label pod dns a- c=1 --dry-run=client
label pod nope a=b
label pod nope nope2 a=b
label foo dns a=b
label pods --all x=y --dry-run=client
annotate pod dns
annotate pod
annotate pod dns a=b a-
annotate pod dns a=b --dry-run=client
annotate pod dns a=b foo
annotate pod nope a=b
taint node k8s-node-11
taint node
taint
taint node k8s-node-11 foo
taint node k8s-node-11 a=b:Foo
taint node k8s-node-11 a=b:NoSchedule a=c:NoSchedule
taint node k8s-node-11 a=b:NoSchedule a=b:NoSchedule-
taint node k8s-node-11 a=b:c:NoSchedule
taint node k8s-node-11 a=b
taint node k8s-node-11 /a=b:NoSchedule
taint node k8s-node-11 node-role.kubernetes.io/master:NoSchedule-
taint node k8s-node-11 zz-
taint node k8s-node-11 zz:NoSchedule- kk-
taint node k8s-node-11 a=b:NoSchedule foo
taint pod dns a=b:NoSchedule
taint node nope a=b:NoSchedule
taint nodes --all -l a=b a=b:NoSchedule
taint nodes --all a=b:NoSchedule --dry-run=client
cordon
cordon nope
cordon k8s-node-11 --dry-run=client
uncordon k8s-node-11 --dry-run=client
drain
drain nope
drain k8s-node-11 -l a=b
scale deploy web
scale deploy web --replicas=-1
scale deploy web --replicas=3 --current-replicas=-2
scale deploy web --replicas=3 --dry-run=client
scale --replicas=3
autoscale deploy web
autoscale deploy web --min=5 --max=3
patch deploy web
patch
patch deploy -p {}
patch deploy web -p {} --type=foo
patch deploy web --patch-file=nope
patch deploy nope -p {}
patch pod dns -p a --patch-file=b
rollout status
rollout status pod dns
rollout status deploy nope
rollout status deploy web --revision=-1
rollout history
rollout history pod dns
rollout history deploy nope
rollout undo
rollout undo pod dns
rollout pause pod dns
rollout pause
rollout resume deploy web
rollout restart
rollout restart pod dns
rollout foo
set image deploy web
set image
set image deploy web foo=x
set image deploy web '*=x' nginx=y
set image deploy nope a=b
set image svc s a=b
set image deploy web nginx=x --dry-run=client
set image deploy web nginx=nginx
set env
set env deploy web A=b A-
set env deploy web 'A B=c'
set env deploy web A=b -c foo
set env deploy web A=b --dry-run=client
set env deploy web --list
set env svc s A=b
set resources deploy web
set resources deploy web --limits=x
set resources deploy web --limits=cpu=bad
set resources deploy web -c=foo --limits=cpu=1
set resources deploy web --limits=cpu=1 --dry-run=client
set selector svc s
set selector deploy web a=b
set selector svc s 'a in (b)'
set selector svc s a=b --dry-run=client
set selector svc nope a=b
set serviceaccount deploy web
set serviceaccount deploy web x --dry-run=client
wait
wait pod dns
wait pod dns --for=foo
wait pod nope --for=delete
wait pod nope --for=condition=Ready
wait pod dns --for=condition=Ready --timeout=0
wait pod dns --for=jsonpath=
wait pod dns --for=jsonpath={.a}=b=c
wait pod dns --for=jsonpath={.a}=
wait pod dns --for=jsonpath={.metadata.name}=dns --timeout=0
wait pod dns --for=jsonpath={.metadata.labels}=dns --timeout=0
wait --for=condition=Ready
wait pods --for=condition=Ready
replace
replace foo
replace -f two.yml --grace-period=3
replace -f two.yml --timeout=3s
replace -f two.yml --validate=false --dry-run=client
""".splitlines()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    home = tmp_path_factory.mktemp("home")
    for name, text in FILES.items():
        path = Path(home, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with real_kubectl(home, [dict(each.body) for each in simulator().live.store]) as client:
        yield client


@cache
def simulator() -> Simulator:
    made = Simulator(load_cluster_text(CLUSTER))
    for name, text in FILES.items():
        made.live.machines["node/k8s-master-10"].files.write(join("/root", name), text)
    for body in OBJECTS:
        made.live.api.create(body)
    return made


def ours(line: str) -> tuple[int, str, str]:
    result = run(simulator(), "node/k8s-master-10", f"kubectl {line}")
    return result.exit_code, result.stdout, result.stderr


def with_flags(line: str, *flags: str) -> str:
    before, dash, after = line.partition(" -- ")
    return f"{before} {' '.join(flags)}{dash}{after}"


@pytest.mark.parametrize(
    ("line", "form"),
    [
        *((line, form) for line in GENERATED for form in ("yaml", "json")),
        *((line, "") for line in GENERATED[::4]),
        *((line, "name") for line in GENERATED[::6]),
    ],
)
def test_a_manifest_is_the_real_ones_byte_for_byte(real: Real, line: str, form: str) -> None:
    whole = with_flags(line, "--dry-run=client", *([f"-o {form}"] if form else []))
    assert ours(whole) == real.run(shlex.split(whole))


@pytest.mark.parametrize("line", REFUSED)
def test_a_refusal_is_the_real_ones_word_for_word(real: Real, line: str) -> None:
    code, stdout, stderr = ours(line)
    assert (code, stdout, _without_hints(stderr)) == real.run(shlex.split(line))


def _without_hints(text: str) -> str:
    """Leave out the lines in which the laboratory itself adds something."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("podwalk: "))
