"""`podwalk shell`: a terminal of a modelled cluster: one command, or lines from standard input."""

from __future__ import annotations

import argparse
import shlex
import sys

from app.cli.inputs import add_cluster_options, apply_before, open_simulator
from app.shell import CommandResult, Session, open_terminal

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `shell` command."""
    parser = subparsers.add_parser(
        "shell",
        help="run terminal commands in the modelled cluster",
        description="Run one command where it is asked for, as an administrator would on the real machine; "
        "without a command, read lines from standard input in one session.",
        epilog="Exit code: the last command's own; 2 where the question was wrong (bad file, unknown place).",
    )
    add_cluster_options(parser)
    parser.add_argument(
        "--on", metavar="WHO", help="node/NAME, pod/NAMESPACE/NAME or ext/NAME (default: the first node)"
    )
    parser.add_argument("words", metavar="COMMAND", nargs=argparse.REMAINDER, help="the command, after `--`")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command or the lines, and print what they print; return the last exit code."""
    words = args.words[1:] if args.words[:1] == ["--"] else args.words
    simulator = open_simulator(args.files, args.seed)
    apply_before(simulator, args.before)
    session = Session(open_terminal(simulator, args.on or f"node/{simulator.cluster.nodes[0].name}"))
    if not words:
        return _converse(session, 0)
    # One word is a whole line ('ip route'); several are words already and must not be split again.
    result = session.feed(words[0] if len(words) == 1 else shlex.join(words))
    _print(result)
    if len(session.terminals) > 1:  # a shell was opened somewhere: what stands on the input is for it
        return _converse(session, result.exit_code)
    last = session.end()
    _print(last)
    return last.exit_code or result.exit_code


def _converse(session: Session, code: int) -> int:
    """Feed the session lines until it is over; a prompt is printed where a person types."""
    depth = len(session.terminals)
    is_typed = sys.stdin.isatty() if sys.stdin is not None else False
    while not session.is_over and len(session.terminals) >= depth:
        if is_typed:
            sys.stdout.write(session.prompt)
            sys.stdout.flush()
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not line:
            break
        result = session.feed(line.rstrip("\n"))
        code = result.exit_code
        _print(result)
    last = session.end()
    _print(last)
    return last.exit_code or code


def _print(result: CommandResult) -> None:
    sys.stdout.write(result.stdout)
    sys.stdout.flush()
    sys.stderr.write(result.stderr)
