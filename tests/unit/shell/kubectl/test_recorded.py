"""What kubectl 1.32.3 printed about tests/golden/kubectl/cluster.yaml, word for word.

recorded.json was made by the real client against a server that answers reads with the objects of the file; the ages are
whole years at the file's clock, so that a recording does not age.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.kube.clusterfile import ClusterFile, load_cluster
from app.shell import run
from app.sim.simulator import Simulator

FOLDER = Path(__file__).parents[3] / "golden" / "kubectl"
RECORDED = json.loads((FOLDER / "recorded.json").read_text())


@cache
def file() -> ClusterFile:
    return load_cluster([str(FOLDER / "cluster.yaml")])


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded["command"])
def test_the_answer_is_the_real_clients(recorded: dict[str, Any]) -> None:
    # Each command in a cluster of its own: time goes on after a command, and kubelets probe.
    came = run(Simulator(file()), "node/k8s-master-10", recorded["command"])
    stdout, stderr = (recorded[stream].expandtabs() for stream in ("stdout", "stderr"))
    assert (came.stdout, came.stderr, came.exit_code) == (stdout, stderr, recorded["exit_code"])
