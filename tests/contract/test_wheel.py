"""The wheel is whole: pages, lessons and the browser library travel with the code."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

TREES = ("static", "templates", "lessons", "docs/lessons")
VENDOR = "podwalk_assets/vendor/socket.io.esm.min.js"


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=root,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("podwalk-*.whl"))


def test_the_wheel_holds_every_file_that_the_program_reads(wheel: Path, root: Path, tracked_files: list[Path]) -> None:
    tracked = [path.relative_to(root) for path in tracked_files]
    code = {str(path) for path in tracked if path.parts[0] == "app"}
    pages = {f"podwalk_assets/{path}" for path in tracked if str(path).startswith(tuple(f"{tree}/" for tree in TREES))}
    assert pages != set()
    assert (code | pages | {VENDOR}) - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_an_unpacked_wheel_finds_its_own_files(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    question = (
        "from app.core import assets as a\n"
        "print(a.static_dir(), a.templates_dir(), a.lessons_dir(), a.vendor_dir(), sep='\\n')"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", question],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    folders = [Path(line) for line in run.stdout.splitlines()]
    assert folders == [tmp_path / "podwalk_assets" / name for name in ("static", "templates", "lessons", "vendor")]
    assert all(folder.is_dir() for folder in folders)
