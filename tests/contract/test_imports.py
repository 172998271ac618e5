"""The one-way layers of docs/architecture.md hold in the code that is there."""

import subprocess
import sys
from pathlib import Path


def test_import_contracts_are_kept(root: Path) -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([linter, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert "0 broken" in run.stdout


def test_every_file_of_the_no_dom_wall_is_checked_without_a_dom(root: Path) -> None:
    compiler = root / "node_modules/.bin/tsc"
    run = subprocess.run(
        [compiler, "-p", "tsconfig.core.json", "--listFilesOnly"], cwd=root, capture_output=True, text=True, check=True
    )
    checked = {Path(line) for line in run.stdout.splitlines()}
    walled = {path for part in ("wire", "state", "layout") for path in (root / "static/js" / part).rglob("*.js")}
    assert walled - checked == set()
    assert [path.name for path in checked if path.name.startswith("lib.dom")] == []
