"""The tour of README.md can be typed as it stands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def tour() -> list[list[str]]:
    """The words of every `podwalk trace` line, continued lines joined, comments off."""
    lines = re.findall(r"^podwalk trace .*$", README.replace("\\\n", " "), flags=re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in lines]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds the cluster file of README.md."""
    block = re.search(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    assert block is not None
    (tmp_path / "cluster.yaml").write_text(block.group(1))
    return tmp_path


@pytest.mark.parametrize("words", tour(), ids=" ".join)
def test_a_command_of_the_tour_gives_the_answer_that_it_promises(words: list[str], folder: Path) -> None:
    """Delivered: exit code 0. With the route deleted: 1. Never 2, and nothing on stderr."""
    program = [sys.executable, "-m", "app", *words]
    done = subprocess.run(
        program, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == (1 if "--before" in words else 0), done.stdout + done.stderr
    assert done.stderr == ""
    if "-o" in words:
        assert done.stdout == ""
        assert (folder / words[words.index("-o") + 1]).stat().st_size > 0
    else:
        assert done.stdout != ""
