"""`nc -zv`: the words and exit codes of OpenBSD's netcat."""

from __future__ import annotations

import pytest

from app.kube.clusterfile import load_cluster_text
from app.shell import CommandResult, run
from app.sim.simulator import Simulator

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
---
{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: client}, spec: {containers: [{name: c, image: nicolaka/netshoot}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: 10.1.0.9, selector: {a: b}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: none}, spec: {clusterIP: 10.1.0.8, selector: {a: c}, ports: [{port: 80}]}}
"""


@pytest.mark.parametrize(
    ("line", "code", "stderr"),
    [
        ("nc -zv web 80", 0, "Connection to web (10.1.0.9) 80 port [tcp/http] succeeded!\n"),
        ("nc -z web 80", 0, ""),
        ("nc -nzv 10.1.0.9 80", 0, "Connection to 10.1.0.9 80 port [tcp/*] succeeded!\n"),
        ("nc -zv none 80", 1, "nc: connect to none (10.1.0.8) port 80 (tcp) failed: Connection refused\n"),
        ("nc -zv -w 2 10.9.9.9 80", 1, "nc: connect to 10.9.9.9 port 80 (tcp) failed: Network is unreachable\n"),
        ("nc -zv nosuch 80", 1, 'nc: getaddrinfo for host "nosuch" port 80: Name or service not known\n'),
        ("nc -zv web x", 1, "nc: port number invalid: x\n"),
        ("nc -zuv web 53", 2, "podwalk: nc -u is not modelled; modelled: nc -z [-v] [-n] [-w SECONDS]\n"),
    ],
)
def test_a_port_is_reached_or_not(line: str, code: int, stderr: str) -> None:
    sim = Simulator(load_cluster_text(CLUSTER))
    assert run(sim, "pod/default/client", line) == CommandResult(code, "", stderr)
