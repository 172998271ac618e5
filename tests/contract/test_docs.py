"""The documents tell of what is there, and all that is there is told."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.dataplane.hop import HOP_KINDS
from app.kube.clusterfile import load_cluster_text
from app.kube.clusterspec import ClusterSpec, ExternalSpec, NodeSpec, Underlay

LANGUAGES = ("en", "zh-CN")


def captions(root: Path, language: str) -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = json.loads((root / f"static/locales/{language}/captions.json").read_text())
    return loaded


def make_targets(root: Path) -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), flags=re.MULTILINE))


def test_every_hop_kind_has_a_line_in_the_fidelity_document(root: Path) -> None:
    document = (root / "docs/fidelity.md").read_text(encoding="utf-8")
    assert [kind for kind in HOP_KINDS if not re.search(rf"^\| `{kind}` \|", document, flags=re.MULTILINE)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_hop_kind_has_a_label(root: Path, language: str) -> None:
    assert captions(root, language)["kind"].keys() == set(HOP_KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hop_kind_has_captions_unless_the_fidelity_document_says_later(root: Path, language: str) -> None:
    """Such a kind is in no walk yet; the day it gets a caption, its line must say how true it is."""
    document = (root / "docs/fidelity.md").read_text(encoding="utf-8")
    later = set(re.findall(r"^\| `([a-z-]+)` \|.*\| later \|$", document, flags=re.MULTILINE))
    codes = captions(root, language)["hop"]
    captioned = {kind for kind in HOP_KINDS if any(code == kind or code.startswith(f"{kind}-") for code in codes)}
    assert captioned == set(HOP_KINDS) - later


def test_both_languages_say_the_same_things_with_the_same_parameters(root: Path) -> None:
    english, chinese = (captions(root, language) for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    for part, entries in english.items():
        assert entries.keys() == chinese[part].keys(), part
        differing = {code for code, text in entries.items() if holes(text) != holes(chinese[part][code])}
        assert differing == set(), part


def holes(template: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", template))


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_every_make_command_of_the_documents_exists(root: Path, document: str) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)", code_of(root / document)))
    assert named - make_targets(root) == set()


def code_of(path: Path) -> str:
    """The code blocks and code spans of a Markdown file."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```.*?^```|^ {4}.*$", text, flags=re.MULTILINE | re.DOTALL)
    return "\n".join(blocks + re.findall(r"`[^`\n]+`", text))


def prose_of(path: Path) -> str:
    """A Markdown file without its code."""
    return re.sub(
        r"^```.*?^```|^ {4}.*?$|`[^`\n]+`", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )


def test_every_command_of_the_readme_exists(root: Path) -> None:
    named = set(re.findall(r"^\s*podwalk ([a-z]+)", code_of(root / "README.md"), flags=re.MULTILINE))
    run = subprocess.run([sys.executable, "-m", "app", "--help"], cwd=root, capture_output=True, text=True, check=True)
    assert named != set()
    assert [command for command in named if not re.search(rf"\b{command}\b", run.stdout)] == []


def test_every_key_of_a_cluster_file_is_explained(root: Path) -> None:
    document = (root / "docs/cluster-file.md").read_text(encoding="utf-8")
    models = (ClusterSpec, NodeSpec, ExternalSpec, Underlay)
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", code_of(root / "docs/cluster-file.md"))] == []
    for block in re.findall(r"```yaml\n(.*?)```", document, flags=re.DOTALL):
        assert load_cluster_text(block).nodes


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/authoring.md"])
def test_every_lesson_tool_of_the_documents_exists(root: Path, document: str) -> None:
    named = set(re.findall(r"podwalk lesson ([a-z]+)", code_of(root / document)))
    assert named <= {"lint", "check", "names", "explain"}


def test_every_link_between_documents_leads_somewhere(root: Path) -> None:
    documents = [root / "README.md", root / "CONTRIBUTING.md", root / "CHANGELOG.md", *(root / "docs").rglob("*.md")]
    broken = [
        f"{document.relative_to(root)}: {target}"
        for document in documents
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", prose_of(document))
        if not (document.parent / target).exists()
    ]
    assert broken == []


def test_every_decision_record_has_its_four_parts_and_stands_in_the_index(root: Path) -> None:
    index = (root / "docs/adr/README.md").read_text(encoding="utf-8")
    records = sorted((root / "docs/adr").glob("0*.md"))
    assert records != []
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert record.name in index
        headings = re.findall(r"^## (\w+)", text, flags=re.MULTILINE)
        assert headings == ["Status", "Context", "Decision", "Consequences"], record.name


def test_every_package_has_its_line_in_the_architecture_document(root: Path) -> None:
    document = (root / "docs/architecture.md").read_text(encoding="utf-8")
    packages = [path.parent.name for path in (root / "app").glob("*/__init__.py")]
    assert [package for package in packages if f"`{package}/`" not in document] == []


def test_every_limit_is_explained_beside_its_number(root: Path) -> None:
    """A number without its reason is the one that nobody dares to change."""
    lines = (root / "app/limits.toml").read_text().splitlines()
    settings = [(number, line) for number, line in enumerate(lines) if re.match(r"\w+ *=", line)]
    assert settings != []
    assert [line for number, line in settings if "#" not in line and not lines[number - 1].startswith("#")] == []
