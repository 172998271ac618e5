"""What several commands share: open a cluster, run the commands that come before the question."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app.core.errors import UsageError, printable
from app.kube.clusterfile import ClusterFile, load_cluster
from app.shell import run as run_command
from app.sim.simulator import Simulator

__all__ = ["add_cluster_options", "apply_before", "open_cluster", "open_simulator", "whole"]


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """Add what every question to a cluster has: its files, the commands that come first, the seed."""
    add = parser.add_argument
    add("-f", dest="files", metavar="FILE", action="append", required=True, help="cluster file or manifests")
    add("--before", metavar="'WHO: COMMAND'", action="append", default=[], help="run a command there first")
    add("--seed", metavar="N", type=whole(0, 2**63 - 1), default=0, help="seed of all chance (default: 0)")


def open_cluster(files: Sequence[str]) -> ClusterFile:
    """Return the cluster of `files`, and name on stderr what in them is kept but not acted on yet."""
    cluster = load_cluster(files)
    for note in cluster.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    for kept in cluster.unacted:
        what = printable(f"{kept.kind} {kept.name}")
        print(f"note: {kept.mark}: {what} is kept, but not acted on yet", file=sys.stderr)
    return cluster


def open_simulator(files: Sequence[str], seed: int) -> Simulator:
    """Return the simulator of the cluster of `files`."""
    return Simulator(open_cluster(files), seed)


def apply_before(simulator: Simulator, commands: Sequence[str]) -> None:
    """Run each `WHO: COMMAND`. What they print goes to stderr; one that fails is a wrong question (UsageError)."""
    for text in commands:
        who, found, line = text.partition(":")
        if not found or not line.strip():
            hint = "write --before 'node/NAME: ip route del 10.2.2.0/24'"
            raise UsageError(f"--before '{text}' is not 'WHO: COMMAND'", hint=hint)
        result = run_command(simulator, who.strip(), line.strip())
        sys.stderr.write(result.stdout)
        if result.exit_code != 0:
            said = result.stderr.strip() or f"exit code {result.exit_code}"
            raise UsageError(f"--before '{text}' failed: {said}", hint="nothing was traced")
        sys.stderr.write(result.stderr)


def whole(low: int, high: int) -> type[int]:
    """Return an argument type: a whole number from `low` to `high`."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not low <= int(text[:20]) <= high:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {low} to {high}")
        return int(text)

    return parse  # type: ignore[return-value]  # argparse only calls it
