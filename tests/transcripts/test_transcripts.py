"""Every command of the source document works in order in one terminal, and docs/ holds what it prints."""

from __future__ import annotations

import pytest

from tests.transcripts.transcript import DOCS, VERSIONS, markdown, play, problems


@pytest.mark.parametrize("version", VERSIONS)
def test_the_documents_commands_print_what_they_should(version: str) -> None:
    assert [each for played in play(version) for each in problems(played)] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_documents_in_docs_are_what_the_terminal_prints(version: str) -> None:
    assert (DOCS / f"transcript-{version}.md").read_text(encoding="utf-8") == markdown(version)
