"""port-forward: the lines it prints, what it refuses, and the way that the bytes go."""

from __future__ import annotations

import pytest

from tests.unit.shell.kubectl.written import Lab

OBJECTS = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  nodeName: k8s-node-11
  containers: [{name: c, image: nginx, ports: [{name: http, containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: front, port: 8000, targetPort: http}]}
"""


@pytest.fixture
def lab() -> Lab:
    return Lab(OBJECTS)


@pytest.mark.parametrize(
    ("what", "lines"),
    [
        ("web 8080:80", "127.0.0.1:8080 -> 80"),
        ("pod/web 80", "127.0.0.1:80 -> 80"),
        ("web 8080:http", "127.0.0.1:8080 -> 80"),
        ("svc/web 8080:8000", "127.0.0.1:8080 -> 80"),
        ("svc/web 8080:front", "127.0.0.1:8080 -> 80"),
    ],
)
def test_the_lines_name_the_local_port_and_the_pods_own(lab: Lab, what: str, lines: str) -> None:
    shown = lab.run(f"port-forward {what}").stdout
    assert shown == f"Forwarding from {lines}\nForwarding from {lines.replace('127.0.0.1', '[::1]')}\n"


def test_a_page_comes_through_the_tunnel_until_the_pod_is_gone(lab: Lab) -> None:
    lab.run("port-forward svc/web 8080:8000")
    assert "Welcome to nginx!" in lab.run("version >/dev/null; curl -s http://127.0.0.1:8080/").stdout
    assert lab.err("port-forward web 8080:80").startswith(
        "Unable to listen on port 8080: Listeners failed to create with the following errors: [unable to create listener: "
    )
    lab.out("delete pod web")
    assert (
        "Failed to connect to 127.0.0.1 port 8080"
        in lab.run("version >/dev/null; curl -sS http://127.0.0.1:8080/").stderr
    )


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (
            "",
            "TYPE/NAME and list of ports are required for port-forward\nSee 'kubectl port-forward -h' for help and examples",
        ),
        (
            "web",
            "TYPE/NAME and list of ports are required for port-forward\nSee 'kubectl port-forward -h' for help and examples",
        ),
        ("svc/web 8080:81", "Service web does not have a service port 81"),
        ("svc/web 8080:x", "Service 'web' does not have a named port 'x'"),
        ("web x", "Pod 'web' does not have a named port 'x'"),
        ("node/k8s-node-11 80", "cannot attach to *v1.Node: selector for *v1.Node not implemented"),
    ],
)
def test_what_it_refuses(lab: Lab, what: str, why: str) -> None:
    assert lab.err(f"port-forward {what}") == f"error: {why}\n"


def test_a_pod_that_is_not_there_or_does_not_run() -> None:
    lab = Lab()
    assert lab.err("port-forward nope 80") == 'Error from server (NotFound): pods "nope" not found\n'
    for node in ("k8s-node-11", "k8s-node-12"):
        lab.out(f"cordon {node}")
    lab.out("run x --image=nginx")
    assert lab.err("port-forward x 80") == (
        "error: unable to forward port because pod is not running. Current status=Pending\n"
    )
