"""The terminal's iptables answers as the real one did, and changes the rules as the real one did.

Source: tests/golden/iptables/iptables.txt, recorded from iptables 1.8.9 on Linux by record.sh beside it: every command
meets the same rules afresh.
"""

from __future__ import annotations

import difflib
import shutil
import subprocess
from functools import cache
from pathlib import Path

import msgspec
import pytest

from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.shell import execute
from app.shell.terminal import COMMANDS, Terminal

GOLDEN = Path(__file__).parents[2] / "golden" / "iptables"
MARKS = {"> ": "stdout", "! ": "stderr", "- ": "gone", "+ ": "come"}


class Answer(msgspec.Struct):
    """What a command printed, what it did to the rules, and its exit code."""

    stdout: list[str] = []
    stderr: list[str] = []
    gone: list[str] = []
    come: list[str] = []
    exit_code: int = 0


@cache
def recorded() -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    answer = Answer()
    for line in (GOLDEN / "iptables.txt").read_text(encoding="utf-8").splitlines():
        mark, text = line[:2], line[2:]
        if mark == "$ ":
            answer = found[text] = Answer([], [], [], [])
        elif mark == "= ":
            answer.exit_code = int(text)
        elif mark in MARKS:
            getattr(answer, MARKS[mark]).append(text.removesuffix("$") if mark in "> ! " else text)
    return found


def node() -> NetNs:
    netns = Network(Clock(), Rng(0)).add_namespace("node")
    netns.netfilter.restore((GOLDEN / "node.rules").read_text(encoding="utf-8"))
    return netns


def answered(command: str) -> Answer:
    netns = node()
    before = netns.netfilter.save().splitlines()
    result = execute(netns, command)
    changes = list(difflib.ndiff(before, netns.netfilter.save().splitlines()))
    stdout = [line for line in result.stdout.splitlines() if not line.startswith("#")]
    return Answer(
        stdout,
        result.stderr.splitlines(),
        [line[2:] for line in changes if line.startswith("- ")],
        [line[2:] for line in changes if line.startswith("+ ")],
        result.exit_code,
    )


#: What another table's rules make of the text around them: tables that nothing was put into are not printed.
AROUND = (
    "*",
    "COMMIT",
    ":PREROUTING ACCEPT",
    ":INPUT ACCEPT",
    ":FORWARD ACCEPT",
    ":OUTPUT ACCEPT",
    ":POSTROUTING ACCEPT",
)


def rules(lines: list[str]) -> list[str]:
    return sorted(line for line in lines if not line.startswith(AROUND))


@pytest.mark.parametrize("command", recorded())
def test_the_answer_is_the_recorded_one(command: str) -> None:
    real, ours = recorded()[command], answered(command)
    assert (ours.exit_code, ours.stdout, ours.stderr) == (real.exit_code, real.stdout, real.stderr)
    assert (rules(ours.gone), rules(ours.come)) == (rules(real.gone), rules(real.come))


def test_what_iptables_save_prints_iptables_restore_takes() -> None:
    netns = node()
    text = execute(netns, "iptables-save").stdout
    other = Network(Clock(), Rng(0)).add_namespace("other")
    assert (
        COMMANDS.get("iptables-restore")(Terminal(other), [text]).exit_code == 0
    )  # longer than a line of the terminal
    assert other.netfilter.save() == netns.netfilter.save()


def test_restoring_leaves_the_rest_alone_only_with_noflush() -> None:
    netns = node()
    line = "*filter\\n-A FORWARD -j DROP\\nCOMMIT"
    assert execute(netns, f"iptables-restore -n '{line}'").exit_code == 0
    assert len(netns.netfilter.table("filter").chains["FORWARD"].rules) == 6
    assert execute(netns, f"iptables-restore '{line}'").exit_code == 0
    assert len(netns.netfilter.table("filter").chains["FORWARD"].rules) == 1
    assert netns.netfilter.table("nat").chains["KUBE-SERVICES"].rules


def test_a_text_that_is_wrong_changes_nothing_and_names_the_line() -> None:
    netns = node()
    before = netns.netfilter.save()
    result = execute(netns, "iptables-restore '*filter\\n-F\\n-A FORWARD -j NOPE\\nCOMMIT'")
    assert (result.exit_code, result.stderr.splitlines()[:2]) == (
        2, ["iptables-restore v1.8.9 (nf_tables): Chain 'NOPE' does not exist", "Error occurred at line: 4"],
    )  # fmt: skip
    assert execute(netns, "iptables-restore -t '*filter\\nCOMMIT'").exit_code == 0
    assert netns.netfilter.save() == before


@pytest.mark.parametrize("command", ["iptables-restore", "iptables -6 -L", "iptables-save -f x", "iptables-restore -x"])
def test_what_is_not_modelled_is_said(command: str) -> None:
    result = execute(node(), command)
    assert (result.exit_code, "is not modelled" in result.stderr) == (2, True)


@pytest.mark.skipif(shutil.which("iptables-restore") is None, reason="iptables is not on this machine")
def test_the_real_iptables_restore_takes_what_a_node_prints() -> None:
    text = execute(node(), "iptables-save").stdout
    real = subprocess.run(
        ["unshare", "-n", "iptables-restore", "--test"], input=text, text=True, capture_output=True, check=False
    )
    assert real.stderr == ""
    assert real.returncode == 0
