"""`podwalk lesson lint | check | names | explain`: the author's tools.

Exit code: 0 nothing to mend, 1 findings, 2 nothing was checked (a wrong argument, no such file).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from app.core.errors import UsageError, printable
from app.curriculum.check import check, lint
from app.curriculum.findings import Finding, as_json, as_text
from app.curriculum.library import Library
from app.curriculum.places import Places
from app.curriculum.reading import Reading, read_file
from app.curriculum.rules import explain
from app.curriculum.start import StartError, start_state
from app.shell import run as run_command
from app.sim.scene import scene
from app.sim.simulator import Simulator

__all__ = ["add_parser", "run"]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `lesson` and its subcommands."""
    parser = subparsers.add_parser("lesson", help="check lessons, list names, explain findings")
    parser.set_defaults(run=run)
    tools = parser.add_subparsers(dest="tool", required=True, metavar="lint|check|names|explain")
    for name, text in (("lint", "read lessons and tell what to mend"), ("check", "lint, then play them on the model")):
        tool = tools.add_parser(name, help=text, description=text)
        tool.add_argument("what", nargs="*", metavar="ID|FILE", help="lessons or files; all lessons if left out")
        tool.add_argument("--format", choices=("text", "json"), default="text")
        _add_folders(tool)
    names = tools.add_parser("names", help="list every element that a lesson can name")
    names.add_argument("what", metavar="ID|FILE")
    _add_folders(names)
    code = tools.add_parser("explain", help="print the page of a finding's code")
    code.add_argument("code", metavar="CODE", help="e.g. E402")


def _add_folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lessons", action="append", default=[], metavar="DIR", help="a further folder of lessons")


def run(args: argparse.Namespace) -> int:
    """Run one tool; returns the exit code. Raises UsageError for a wrong argument."""
    if args.tool == "explain":
        print(explain(args.code), end="")
        return 0
    library = Library.open(args.lessons)
    for notice in library.notices:
        print(printable(str(notice)), file=sys.stderr)
    if args.tool == "names":
        return _names(args.what, library)
    judge = _lint if args.tool == "lint" else _check
    return _judge(list(_readings(args.what, library)), library, judge, args.format)


def _lint(reading: Reading, library: Library) -> list[Finding]:
    return lint(reading, library)


def _check(reading: Reading, library: Library) -> list[Finding]:
    return check(reading, library, run_command)


def _judge(
    readings: list[Reading], library: Library, judge: Callable[[Reading, Library], list[Finding]], form: str
) -> int:
    if not readings:
        raise UsageError("there is no lesson to check", hint="name a lesson or a file, or give --lessons DIR")
    findings = [finding for reading in readings for finding in judge(reading, library)]
    if form == "json":
        print(as_json(findings))
    elif findings:
        print(as_text(findings), end="\n\n")
    if form == "text":
        print(_summary(len(readings), findings))
    return 1 if findings else 0


def _summary(count: int, findings: list[Finding]) -> str:
    errors = sum(finding.severity == "error" for finding in findings)
    found = f"{_counted(errors, 'error')}, {_counted(len(findings) - errors, 'warning')}"
    return f"{_counted(count, 'lesson')}: {found if findings else 'nothing to mend'}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _readings(names: Iterable[str], library: Library) -> Iterator[Reading]:
    wanted = list(names) or list(library.order)
    for name in wanted:
        yield library.readings[name] if name in library.readings else _file(name, library)


def _file(name: str, library: Library) -> Reading:
    """Read a file that is in no folder; what is neither a file nor an id is a UsageError with the nearest id."""
    path = Path(name)
    with suppress(OSError):  # longer than a name can be: then there is no such file
        if path.is_file():
            return read_file(path)
    if path.suffix in (".yaml", ".yml") or "/" in name:
        raise UsageError(f"{name}: no such file", hint="give a lesson's id or the path of its file")
    library.get(name)
    raise AssertionError("unreachable: the library knows no such id")


def _names(name: str, library: Library) -> int:
    reading = next(_readings([name], library))
    if reading.file is None:
        print(as_text(reading.findings))
        return 1
    try:
        places = Places(scene(Simulator(start_state(reading.file, library.roots))))
    except StartError as error:
        print(as_text(error.findings))
        return 1
    for place in places.by_selector.values():
        facts = " ".join(f"{key}={value}" for key, value in place.facts.items())
        print(printable(f"{place.selector:<44} {facts}"))
    return 0
