"""`podwalk COMMAND`: find the command, run it, and turn what the user can mend into a message and exit code 2."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from app.core.errors import PodwalkError, did_you_mean, printable

__all__ = ["main"]

#: One module of this package each; imported only when it is asked for, since the web server brings gevent along.
COMMANDS = ("serve", "trace", "shell", "lesson")
#: What write(2) says of an output that takes no more; any other OSError is no matter of the output.
NOT_WRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors name the nearest legal word."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and how to ask, and exit with 2."""
        wrong = message.partition("invalid choice: '")[2].partition("'")[0]
        if wrong and "choose from" in message:
            message += did_you_mean(wrong, [w.strip(" ')") for w in message.partition("choose from")[2].split(",")])
        self.exit(2, f"{self.prog}: {printable(message)}\n{self.format_usage()}")


def build_parser(commands: Sequence[str]) -> Parser:
    """Return the parser with the given commands' arguments."""
    parser = Parser(prog="podwalk", description="Watch packets walk through a modelled Kubernetes cluster.")
    parser.add_argument("--version", action="version", version=f"podwalk {version('podwalk')}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in commands:
        import_module(f"app.cli.{name}").add_parser(subparsers)
    return parser


def _run(commands: Sequence[str], words: list[str]) -> int:
    """Parse and run; what was printed is flushed here, so that a reader who has gone is noticed in time."""
    try:
        args = build_parser(commands).parse_args(words)
    except SystemExit:  # the help is written: it too must have arrived
        sys.stdout.flush()
        raise
    code: int = args.run(args)
    sys.stdout.flush()
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 as the command says, 2 for what the user must mend."""
    words = list(sys.argv[1:] if argv is None else argv)
    wanted = [words[0]] if words and words[0] in COMMANDS else COMMANDS
    if sys.stderr is None:  # closed (2>&-): what is said there is lost, and must not turn up among the output
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (open until the process ends)
    if sys.stdout is None:
        print("podwalk: cannot write the output: standard output is closed", file=sys.stderr)
        return 2
    try:
        return _run(wanted, words)
    except PodwalkError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader (head, less) has gone: as usual for a filter, that is no error worth a traceback.
        _forget_output()
        return 1
    except OSError as error:
        if error.errno not in NOT_WRITTEN:
            raise
        _forget_output()
        print(f"podwalk: cannot write the output: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _forget_output() -> None:
    """Let what is still buffered go nowhere: Python flushes once more at its end, which would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
