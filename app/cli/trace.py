"""`podwalk trace`: one flow over a modelled cluster, as text, JSON, a capture file or a picture."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.cli.inputs import add_cluster_options, apply_before, open_simulator, whole
from app.cli.tracetext import trace_text
from app.core.errors import UsageError
from app.sim.capture import capture
from app.sim.picture import picture
from app.sim.request import TraceRequest
from app.sim.scene import scene
from app.sim.simulator import Simulator
from app.sim.trace import Trace, to_json

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the `trace` command."""
    parser = subparsers.add_parser(
        "trace",
        help="send one packet and print every hop with its reason",
        description="Send something from one place of the cluster to another and print what happened, hop by hop.",
        epilog="Exit code: 0 delivered, 1 not delivered (the verdict says why), 2 the question was wrong.",
    )
    add_cluster_options(parser)
    parser.add_argument(
        "--from", dest="from_", metavar="WHO", required=True, help="pod/NAMESPACE/NAME, node/NAME or ext/NAME"
    )
    parser.add_argument(
        "--to",
        metavar="URL",
        required=True,
        help="icmp://HOST, tcp://HOST:PORT, udp://HOST:PORT, dns://NAME or http(s)://HOST[:PORT]/PATH",
    )
    parser.add_argument(
        "--pick",
        metavar="NAMESPACE/POD",
        action="append",
        default=[],
        help="lead kube-proxy's random choice to this Pod",
    )
    parser.add_argument("--sport", metavar="N", type=whole(1, 65535), help="source port (default: drawn from the seed)")
    parser.add_argument("--ttl", metavar="N", type=whole(1, 255), help="TTL of what is sent (default: 64)")
    parser.add_argument("--size", metavar="BYTES", type=whole(0, 65507), help="payload bytes (default: 56 for icmp)")
    parser.add_argument("--df", action="store_true", help="set Don't Fragment on an echo request")
    parser.add_argument(
        "--format",
        choices=["text", "json", "pcapng", "svg"],
        default="text",
        help="text; json; pcapng: a capture of every interface, for Wireshark; svg: a picture (default: text)",
    )
    parser.add_argument("--lang", choices=["en", "zh-CN"], default="en", help="language of the captions (default: en)")
    parser.add_argument("--all", action="store_true", help="text: show skipped entries and every ARP step too")
    parser.add_argument("-o", dest="output", metavar="FILE", help="write to FILE instead of the terminal")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    is_terminal = args.output is None and sys.stdout.isatty()
    if args.format == "pcapng" and is_terminal:
        raise UsageError(
            "pcapng is binary and is not written to a terminal", hint="give -o FILE, or pipe it: | tshark -r -"
        )
    simulator = open_simulator(args.files, args.seed)
    apply_before(simulator, args.before)
    request = TraceRequest(args.from_, args.to, args.sport, args.ttl, args.size, args.df, tuple(args.pick))
    trace = simulator.trace(request)
    _write(args.output, _content(args, simulator, trace, is_terminal=is_terminal))
    return 0 if trace.verdict.outcome == "delivered" else 1


def _content(args: argparse.Namespace, simulator: Simulator, trace: Trace, *, is_terminal: bool) -> bytes:
    """Return the trace in the form asked for."""
    if args.format == "json":
        return to_json(trace, indent=2 if is_terminal else 0) + b"\n"
    if args.format == "pcapng":
        return capture(trace, simulator.packets, simulator.cluster.spec.clock, args.lang)
    if args.format == "svg":
        return picture(trace, scene(simulator), args.lang)
    return trace_text(trace, lang=args.lang, colour=is_terminal, everything=args.all).encode()


def _write(path: str | None, content: bytes) -> None:
    if path is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot write '{path}': {error.strerror}", hint="give another file after -o") from None
