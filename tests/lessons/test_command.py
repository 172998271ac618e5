"""`podwalk lesson` as an author types it: what is printed, and the exit codes 0, 1 and 2."""

import json
import os
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
        (["lint", "x" * 5000], "no lesson 'xxx"),
        (["lint", "--lessons", "x" * 5000], "no folder 'xxx"),
        (["names", "x"], "no lesson 'x'"),
        (["explain", "E9"], "no rule 'E9'"),
    ],
)
def test_a_wrong_argument_is_exit_code_2(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", *words]) == 2
    assert says in capsys.readouterr().err


def _own_lesson(folder: Path, manifest: bytes) -> str:
    """Write a lesson with a preset and a manifest of its own folder; return its path."""
    text = (lessons_dir() / "basics" / "how-to-read.yaml").read_text(encoding="utf-8")
    preset = (lessons_dir() / "clusters" / "tutorial-flannel.yaml").read_text(encoding="utf-8")
    (folder / "clusters").mkdir()
    (folder / "clusters" / "own.yaml").write_text("\ufeff" + preset, encoding="utf-8")
    (folder / "pods.yaml").write_bytes(manifest)
    path = folder / "how-to-read.yaml"
    own = text.replace("preset: tutorial-flannel", "preset: own").replace("manifests: [", "manifests: [pods.yaml, ")
    path.write_text(own, encoding="utf-8")
    return str(path)


POD = b"""{apiVersion: v1, kind: Pod, metadata: {name: extra}, spec: {containers: [{name: a, image: "x:1"}]}}\n"""


def test_a_lesson_may_bring_its_own_preset_and_manifests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _own_lesson(tmp_path, b"\xef\xbb\xbf" + POD.replace(b"\n", b"\r\n"))
    assert main(["lesson", "names", path]) == 0
    assert "pod/default/extra " in capsys.readouterr().out


def test_a_manifest_that_is_not_utf8_is_told_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _own_lesson(tmp_path, b"# a\n# \xe4\n" + POD)
    assert main(["lesson", "lint", path]) == 1
    assert "pods.yaml:2:3: error E308 the cluster cannot be built: byte 0xe4 is not UTF-8" in capsys.readouterr().out


def test_a_pipe_in_the_folder_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert main(["lesson", "lint", "--lessons", str(tmp_path), "how-to-read"]) == 0
    assert "nothing to mend" in capsys.readouterr().out


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
