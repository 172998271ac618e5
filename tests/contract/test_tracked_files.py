"""The repository works anywhere and offline: no registry, no CDN, no path of one machine, no inline script."""

import json
import re
from pathlib import Path

import pytest

TEXT = {".py", ".js", ".ts", ".css", ".html", ".json", ".yaml", ".yml", ".toml", ".md", ".sh", ".txt", ".svg", ""}
REGISTRIES = re.compile(r"registry\.npmjs|pypi\.org|files\.pythonhosted|deb\.debian\.org|npmmirror\.com")
CONTENT_NETWORKS = re.compile(r"unpkg\.com|jsdelivr\.net|cdnjs\.|cdn\.socket\.io|googleapis\.com|gstatic\.com")
#: /root is also the home of the modelled hosts' root, whose own files (and kubeconfig) are no machine's.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root/\.(?!kube)[^/]+|home/\w+|Users/\w+|opt/pypi)/")


def texts(files: list[Path]) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in files if path.suffix in TEXT}


@pytest.mark.parametrize("pattern", [REGISTRIES, CONTENT_NETWORKS, MACHINE_PATHS], ids=["registry", "cdn", "path"])
def test_no_tracked_file_names_one_place(tracked_files: list[Path], pattern: re.Pattern[str]) -> None:
    found = {str(path): hit.group() for path, text in texts(tracked_files).items() if (hit := pattern.search(text))}
    assert found == {}


def test_the_lock_file_records_no_download_addresses(root: Path) -> None:
    packages = json.loads((root / "package-lock.json").read_text())["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []


def test_templates_hold_no_inline_script_style_or_handler(root: Path) -> None:
    """The content security policy would refuse them silently."""
    inline = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)
    pages = list((root / "templates").rglob("*.html"))
    assert pages != []
    assert {path.name: hit.group() for path in pages if (hit := inline.search(path.read_text(encoding="utf-8")))} == {}


def test_the_browser_code_makes_no_code_or_markup_from_text(root: Path) -> None:
    """What a student typed goes in by textContent; nothing is evaluated; one frame loop, no timer chains."""
    banned = re.compile(r"\b(?:outerHTML|insertAdjacentHTML|document\.write|eval|setInterval)\b|new Function\(")
    found = {
        path.name: hit.group()
        for path in (root / "static/js").rglob("*.js")
        if (hit := banned.search(path.read_text()))
    }
    assert found == {}
