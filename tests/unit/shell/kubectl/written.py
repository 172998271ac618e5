"""A living cluster for the verbs that write: each test has its own, and a terminal on its first node."""

from __future__ import annotations

from posixpath import join

from app.kube.clusterfile import load_cluster_text
from app.shell import CommandResult, run
from app.sim.simulator import Simulator

__all__ = ["Lab"]

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: writing}
spec: {clock: "2026-01-02T00:00:00Z", addons: []}
"""


class Lab:
    """One cluster and the first node's terminal."""

    def __init__(self, documents: str = "", **files: str) -> None:
        self.sim = Simulator(load_cluster_text(CLUSTER + ("---\n" + documents if documents else "")))
        self.api = self.sim.live.api
        for name, text in files.items():
            self.write(name.replace("_", "."), text)

    def write(self, name: str, text: str) -> None:
        """Put a file into /root of the first node."""
        self.sim.live.machines["node/k8s-master-10"].files.write(join("/root", name), text)

    def run(self, line: str) -> CommandResult:
        """Run `kubectl LINE`."""
        return run(self.sim, "node/k8s-master-10", f"kubectl {line}")

    def out(self, line: str) -> str:
        """Run `kubectl LINE`, which works, and return what it prints."""
        result = self.run(line)
        assert (result.exit_code, result.stderr) == (0, ""), result
        return result.stdout

    def err(self, line: str) -> str:
        """Run `kubectl LINE`, which fails without output, and return its complaint."""
        result = self.run(line)
        assert (result.exit_code, result.stdout) == (1, ""), result
        return result.stderr

    def settle(self, seconds: float = 30) -> None:
        """Let the control plane work."""
        self.sim.settle(round(seconds * 1_000_000))
