"""`podwalk shell`: one command in one place, its output, its exit code."""

import io
from pathlib import Path

import pytest

from app.cli import main

CLUSTER = str(Path(__file__).parents[2] / "oracle" / "cluster-vxlan.yaml")
SHELL = ["shell", "-f", CLUSTER]


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = main([*SHELL, *words])
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, "\n".join(line for line in err.splitlines() if "not acted on yet" not in line)


def test_a_command_runs_on_the_first_node_or_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(capsys, "--", "hostname") == (0, "k8s-master-10\n", "")
    assert ask(capsys, "--on", "pod/default/client-a", "--", "ip", "-br", "-4", "addr", "show", "eth0") == (
        0, "eth0@if7         UP             10.2.1.20/24 \n", "",
    )  # fmt: skip
    assert ask(capsys, "--on", "ext/ext-client", "--", "ip route get 10.2.2.50")[1].startswith("10.2.2.50 via 10.0.0.1")


def test_the_exit_code_and_stderr_are_the_commands_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(capsys, "--", "ip", "link", "show", "nope") == (1, "", 'Device "nope" does not exist.')
    assert ask(capsys, "--", "ip", "rout3")[0] == 1
    assert ask(capsys, "--", "nope")[0] == 127


def test_before_runs_first_and_a_word_with_blanks_stays_one_word(capsys: pytest.CaptureFixture[str]) -> None:
    fault = "node/k8s-node-11: ip route del 10.2.2.0/24"
    on = ("--on", "node/k8s-node-11", "--before", fault, "--")
    assert ask(capsys, *on, "ip", "route", "show", "10.2.2.0/24") == (0, "", "")
    assert ask(capsys, "--", "ip", "link", "show", "a b")[2] == 'Device "a b" does not exist.'


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--on", "node/k8s-node-1", "--", "hostname"], "there is no 'node/k8s-node-1' in this cluster"),
        (["--before", "ip route del default", "--", "hostname"], "is not 'WHO: COMMAND'"),
        (["--before", "ext/ext-client: ip route del 10.9.0.0/16", "--", "hostname"], "failed: RTNETLINK answers: No such process"),
        (["--seed", "-1", "--", "hostname"], "'-1' is not a whole number"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_a_wrong_question_is_exit_code_two(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    code, out, err = ask(capsys, *words)
    assert (code, out) == (2, "")
    assert said in err


def test_without_a_command_lines_come_from_standard_input_and_state_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("x=$(hostname)\nsh\necho in $x\nexit\ncd /etc\npwd\nfalse\n"))
    assert ask(capsys) == (1, "in\n/etc\n", "")


def test_a_line_that_is_not_whole_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(capsys, "--", "echo 'a") == (2, "", "bash: unexpected EOF while looking for matching `''")
