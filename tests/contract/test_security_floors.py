"""No pin falls below the release that mended a known hole (security-floors.txt)."""

import json
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
REQUIRED = {"flask", "werkzeug", "python-engineio", "python-socketio", "pyyaml"}


def floor_lines() -> list[list[str]]:
    lines = (line.split("#")[0].split() for line in (HERE / "security-floors.txt").read_text().splitlines())
    return [words for words in lines if words]


def python_pins() -> dict[str, Version]:
    pins = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE)
    return {name.lower().replace("_", "-"): Version(version) for name, version in pins}


def npm_pins() -> dict[str, Version]:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    return {path.split("node_modules/")[-1]: Version(entry["version"]) for path, entry in packages.items() if path}


def test_every_pin_stands_at_or_above_its_floor() -> None:
    pins = python_pins() | {f"npm:{name}": version for name, version in npm_pins().items()}
    floors = {name: Version(version) for name, version in floor_lines() if name != "absent"}
    below = {name: str(pins[name]) for name, floor in floors.items() if name in pins and pins[name] < floor}
    assert below == {}


def test_what_the_server_is_made_of_is_pinned() -> None:
    assert REQUIRED - python_pins().keys() == set()
    assert {"socket.io-client", "socket.io-parser"} - npm_pins().keys() == set()


def test_what_must_be_absent_is_absent() -> None:
    banned = {words[1] for words in floor_lines() if words[0] == "absent"}
    assert banned & python_pins().keys() == set()


def test_every_dependency_of_pyproject_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {
        Requirement(line).name.lower() for line in project["dependencies"] + project["optional-dependencies"]["dev"]
    }
    assert named - python_pins().keys() == set()
