"""The terminal prints what the real ip, bridge and sysctl printed, word for word, exit codes and trailing blanks too.

Source: tests/golden/shell/iproute2.txt, recorded from Linux by record.sh beside it: one long session in order, so that
what a command does is checked by what the next one shows.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from app.shell import execute
from tests.unit.shell.lab import lab


class Recorded(msgspec.Struct):
    """One command of the session and what came of it."""

    command: str
    stdout: list[str] = []
    stderr: list[str] = []
    exit_code: int = 0

    def seen(self) -> tuple[int, list[str], list[str]]:
        lines = sorted(self.stdout) if self.command.startswith("~") else self.stdout
        return self.exit_code, lines, self.stderr


#: What a clock or the machine's processors decide.
VOLATILE = re.compile(r"(?<=_timer) +[0-9.]+|(?<=num.xqueues )[0-9]+")


def recorded_session(path: Path) -> list[Recorded]:
    session: list[Recorded] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        mark, text = line[:2], line[2:]
        if mark == "$ ":
            session.append(Recorded(text, [], []))
        elif mark == "> ":
            session[-1].stdout.append(VOLATILE.sub("~", text.removesuffix("$")))
        elif mark == "! ":
            session[-1].stderr.append(text.removesuffix("$"))
        elif mark == "= ":
            session[-1].exit_code = int(text)
    return session


def test_a_session_reads_like_the_recorded_one(root: Path) -> None:
    network = lab()
    wrong = []
    for real in recorded_session(root / "tests" / "golden" / "shell" / "iproute2.txt"):
        where, command = "lab-a", real.command.removeprefix("~")
        if command.startswith("@b "):
            where, command = "lab-b", command[3:]
        result = execute(network.namespaces[where], command)
        ours = Recorded(
            real.command, VOLATILE.sub("~", result.stdout).splitlines(), result.stderr.splitlines(), result.exit_code
        )
        if ours.seen() != real.seen():
            wrong.append(f"$ {real.command}\n  real  {real.seen()}\n  model {ours.seen()}")
    assert not wrong, "\n".join(wrong)
