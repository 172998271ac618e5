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
""".splitlines()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    home = tmp_path_factory.mktemp("home")
    for name, text in FILES.items():
        path = Path(home, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with real_kubectl(home, OBJECTS) as client:
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


@pytest.mark.parametrize("line", GENERATED)
@pytest.mark.parametrize("form", ["yaml", "json", "name", ""])
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
