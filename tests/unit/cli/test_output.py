"""Output that cannot be written, and control characters of a file in what is said about it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main

ROOT = Path(__file__).parents[3]
CLUSTER = str(ROOT / "tests" / "oracle" / "cluster-vxlan.yaml")
TRACE = f"trace -f {CLUSTER} --from pod/default/client-a --to icmp://10.2.2.50"
SHELL = f"shell -f {CLUSTER} -- hostname"


def in_a_shell(words: str, redirection: str) -> tuple[int, str, list[str]]:
    line = f'exec "$0" -c "import sys; from app.cli import main; sys.exit(main())" {words} {redirection}'
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        ["/bin/sh", "-c", line, sys.executable], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    said = [text for text in done.stderr.splitlines() if not text.startswith("note: ")]
    return done.returncode, done.stdout, said


@pytest.mark.parametrize("words", [TRACE, SHELL, "lesson check nope.yaml", "trace --help"], ids=lambda w: w[:12])
def test_a_closed_output_is_one_line_and_exit_code_two(words: str) -> None:
    code, _, said = in_a_shell(words, ">&-")
    assert (code, said) == (2, ["podwalk: cannot write the output: standard output is closed"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("words", [TRACE, SHELL, "lesson explain E402", "trace --help"], ids=lambda w: w[:12])
def test_a_full_disk_is_one_line_and_exit_code_two(words: str) -> None:
    code, _, said = in_a_shell(words, ">/dev/full")
    assert (code, said) == (2, ["podwalk: cannot write the output: No space left on device"])


def test_with_errors_closed_nothing_of_them_turns_up_in_the_output() -> None:
    assert in_a_shell("trace -f nope.yaml --from node/a --to icmp://10.0.0.1", "2>&-") == (2, "", [])


def test_a_note_shows_control_characters_as_escapes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "object.yaml"
    path.write_text('{apiVersion: v1, kind: "\\e]0;pwn\\a<i>", metadata: {name: s}}\n', encoding="utf-8")
    main(["shell", "-f", CLUSTER, "-f", str(path), "--", "hostname"])
    err = capsys.readouterr().err
    assert "\\x1b]0;pwn\\x07<i> default/s is kept, but not acted on yet" in err
    assert not set(err) & set("\x1b\x07")


def test_an_unknown_field_is_refused_with_escapes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "object.yaml"
    path.write_text(
        '{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: k8s-node-11, "\\e[2J": 1,'
        " containers: [{name: c, image: i}]}}\n",
        encoding="utf-8",
    )
    assert main(["shell", "-f", CLUSTER, "-f", str(path), "--", "hostname"]) == 2
    err = capsys.readouterr().err
    assert 'unknown field "spec.\\x1b[2J"' in err
    assert "\x1b" not in err


def test_a_wrong_argument_is_printed_with_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["shell", "-f", CLUSTER, "--\x1b[2J"])
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert "\\x1b[2J" in err
    assert "\x1b" not in err
