"""Cluster files of any size, as an instructor would write them: many Pods a node, Services that select some of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HEAD = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {{name: large}}
spec:
  kubernetesVersion: "1.34"
  podCIDR: 10.128.0.0/9
  serviceCIDR: 10.64.0.0/14
  dnsServiceIP: 10.64.0.10
  underlay: {{subnet: 10.0.0.0/16, gateway: 10.0.0.1, mtu: 1500, interface: eth0}}
  cni: {{plugin: flannel, backend: vxlan}}
  kubeProxy: {{mode: {mode}}}
  nodes:
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: p{number}, labels: {{app: s{service}}}}}
spec: {{nodeName: n{node}, containers: [{{name: c, image: nginx}}]}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: svc{number}}}
spec: {{type: {type}, selector: {{app: s{number}}}, ports: [{{port: 80, targetPort: 80}}]}}
"""
NODE_PORT_EVERY = 20
"""Of so many Services one has a node port: 10,000 Services then fit into kube-apiserver's range."""
FILE_BYTES = 500_000
"""Below the limits of one file (app/limits.toml)."""


class Size(NamedTuple):
    """How many there are of each; Pod i runs on node i % nodes and belongs to Service i % services."""

    nodes: int
    pods: int
    services: int


TUTORIAL = Size(3, 30, 10)
MIDDLE = Size(12, 240, 80)
"""Where only the code of a benchmark is tried, not its time."""
LARGE = Size(1_000, 30_000, 10_000)


def documents(size: Size, mode: str) -> Iterator[str]:
    """Yield the YAML documents, the cluster first."""
    nodes = [f"    - {{name: n{n}, ip: 10.0.{1 + n // 250}.{1 + n % 250}}}\n" for n in range(size.nodes)]
    yield HEAD.format(mode=mode) + "".join(nodes)
    for n in range(size.pods):
        yield POD.format(number=n, service=n % size.services, node=n % size.nodes)
    for n in range(size.services):
        yield SERVICE.format(number=n, type="ClusterIP" if n % NODE_PORT_EVERY else "NodePort")


def write(size: Size, mode: str, folder: Path) -> list[str]:
    """Write the cluster into as many files as its size asks for; return their paths."""
    files: list[list[str]] = [[]]
    room = FILE_BYTES
    for document in documents(size, mode):
        if len(document) > room:
            files.append([])
            room = FILE_BYTES
        files[-1].append(document)
        room -= len(document)
    paths = [folder / f"large-{number}.yaml" for number in range(len(files))]
    for path, parts in zip(paths, files, strict=True):
        path.write_text("---\n".join(parts))
    return [str(path) for path in paths]
