"""The terminal of the modelled cluster: one file per command, nothing is ever run on the host.

    run(sim, "node/k8s-node-11", "ip route del 10.2.2.0/24") -> CommandResult(exit_code, stdout, stderr)

What a learner mistypes is a result with the real tool's text and exit code; only an unknown WHO is an exception.
"""

from __future__ import annotations

from app.shell.lines import execute
from app.shell.result import CommandResult
from app.shell.session import Session
from app.shell.terminal import Terminal
from app.sim.simulator import Simulator, netns_of

__all__ = ["CommandResult", "Session", "Terminal", "execute", "open_terminal", "run"]


def open_terminal(sim: Simulator, who: str) -> Terminal:
    """Return a terminal on `who` (node/NAME, pod/NAMESPACE/NAME, ext/NAME); in a Pod, in its first container.

    Raises UsageError where there is no such place.
    """
    netns = netns_of(sim.network, who)
    machine = sim.live.machines.get(who)
    container = next(iter(machine.containers.values()), None) if machine else None
    if machine is None:
        return Terminal(netns, sim)
    files = container.files if container is not None else machine.files
    return Terminal(netns, sim, machine, container, cwd="/root" if container is None else "/", files=files)


def run(sim: Simulator, who: str, line: str) -> CommandResult:
    """Run one line on `who`. Raises UsageError where there is no such place."""
    return execute(open_terminal(sim, who), line)
