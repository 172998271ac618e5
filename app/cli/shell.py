"""`podwalk shell`: one terminal command in one namespace of a modelled cluster."""

from __future__ import annotations

import argparse
import shlex
import sys

from app.cli.inputs import add_cluster_options, apply_before, open_simulator
from app.core.errors import UsageError
from app.shell import run as run_command

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `shell` command."""
    parser = subparsers.add_parser(
        "shell",
        help="run one terminal command in the modelled cluster",
        description="Run one command where it is asked for, as an administrator would on the real machine.",
        epilog="Exit code: the command's own; 2 where the question was wrong (bad file, unknown place).",
    )
    add_cluster_options(parser)
    parser.add_argument(
        "--on", metavar="WHO", help="node/NAME, pod/NAMESPACE/NAME or ext/NAME (default: the first node)"
    )
    parser.add_argument("words", metavar="COMMAND", nargs=argparse.REMAINDER, help="the command, after `--`")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command and print what it prints; return its exit code."""
    words = args.words[1:] if args.words[:1] == ["--"] else args.words
    if not words:
        raise UsageError("no command to run", hint="write podwalk shell -f FILE --on node/NAME -- ip route")
    simulator = open_simulator(args.files, args.seed)
    apply_before(simulator, args.before)
    who = args.on or f"node/{simulator.cluster.nodes[0].name}"
    # One word is a whole line ('ip route'); several are words already and must not be split again.
    line = words[0] if len(words) == 1 else shlex.join(words)
    result = run_command(simulator, who, line)
    sys.stdout.write(result.stdout)
    sys.stderr.write(result.stderr)
    return result.exit_code
