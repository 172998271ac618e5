"""A small cluster whose objects are printed just as they are given, and a terminal on its first node."""

from __future__ import annotations

from functools import cache

from app.kube.clusterfile import load_cluster_text
from app.shell import CommandResult, run
from app.sim.simulator import Simulator

__all__ = ["HEAD", "said", "simulator"]

HEAD = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {{name: kubectl}}
spec: {{kubernetesVersion: "{version}", controllers: none, addons: [], clock: "2026-01-02T00:00:00Z"}}
---
"""


@cache
def simulator(documents: str = "", version: str = "1.34") -> Simulator:
    """Return a cluster with these documents, once for all tests: nothing here changes it."""
    return Simulator(load_cluster_text(HEAD.format(version=version) + documents))


def said(line: str, documents: str = "", version: str = "1.34") -> CommandResult:
    """Run `kubectl LINE` on the first node."""
    return run(simulator(documents, version), "node/k8s-master-10", f"kubectl {line}")
