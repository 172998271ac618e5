"""`podwalk lesson` as an author types it: what is printed, and the exit codes 0, 1 and 2."""

import json
from pathlib import Path

import pytest

from app.cli.main import main
from app.core.assets import lessons_dir


def test_the_course_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "lint"]) == 0
    assert main(["lesson", "check"]) == 0
    assert capsys.readouterr().out == "4 lessons: nothing to mend\n" * 2


def test_findings_are_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (lessons_dir() / "basics" / "how-to-read.yaml").read_text(encoding="utf-8")
    path = tmp_path / "how-to-read.yaml"
    path.write_text(text.replace("minutes: 3", "minute: 3"), encoding="utf-8")
    assert main(["lesson", "lint", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"{path}:9:1: error E204 unknown key 'minute'; did you mean 'minutes'?" in out
    assert out.endswith("1 lesson: 1 error, 0 warnings\n")
    assert main(["lesson", "check", "--format", "json", str(path)]) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["code"] == "E204"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["lint", "how-to-raed"], "did you mean 'how-to-read'?"),
        (["lint", "nowhere/x.yaml"], "no such file"),
        (["lint", "--lessons", "nowhere"], "no folder 'nowhere'"),
        (["names", "x"], "no lesson 'x'"),
        (["explain", "E9"], "no rule 'E9'"),
    ],
)
def test_a_wrong_argument_is_exit_code_2(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", *words]) == 2
    assert says in capsys.readouterr().err


def test_names_lists_what_a_selector_can_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "names", "pod-same-node"]) == 0
    rows = capsys.readouterr().out.splitlines()
    (cable,) = [row for row in rows if row.startswith("veth/default/my-nginx-1 ")]
    assert "name=veth731a5237 mac=06:00:0a:02:02:30 mtu=1450" in cable
    assert any(row.startswith("node/k8s-node-12/tun/flannel.1 ") for row in rows)


def test_explain_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "explain", "e402"]) == 0
    assert capsys.readouterr().out.startswith("# E402: ")


def test_the_authoring_guides_lesson_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The example of docs/authoring.md is a lesson that checks, so that nobody starts from a mistake."""
    guide = (lessons_dir().parent / "docs" / "authoring.md").read_text(encoding="utf-8")
    example = guide.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "two-pings.yaml").write_text(example, encoding="utf-8")
    assert main(["lesson", "check", str(tmp_path / "two-pings.yaml")]) == 0, capsys.readouterr().out
