"""The terminal of the modelled cluster: one file per command, nothing is ever run on the host.

    run(sim, "node/k8s-node-11", "ip route del 10.2.2.0/24") -> CommandResult(exit_code, stdout, stderr)

What a learner mistypes is a result with the real tool's text and exit code; only an unknown WHO is an exception.
"""

from __future__ import annotations

from typing import Protocol

from app.dataplane.network import Network
from app.shell.result import CommandResult
from app.shell.terminal import execute
from app.sim.simulator import netns_of

__all__ = ["Cluster", "CommandResult", "execute", "run"]


class Cluster(Protocol):
    """What a terminal needs of a simulator: the namespaces."""

    network: Network


def run(sim: Cluster, who: str, line: str) -> CommandResult:
    """Run one line in the namespace of `who` (node/NAME, pod/NAMESPACE/NAME, ext/NAME).

    Raises UsageError where there is no such namespace.
    """
    return execute(netns_of(sim.network, who), line)
