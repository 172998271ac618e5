"""Builders of the lesson tests: shipped lessons, and the findings of a text that stands in for one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.assets import lessons_dir
from app.curriculum.check import check
from app.curriculum.findings import Finding
from app.curriculum.library import Library
from app.curriculum.reading import read_text
from app.curriculum.run import LessonRun
from app.shell import run

Judge = Callable[[str, str], list[Finding]]


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.open()


@pytest.fixture(scope="session")
def runs(library: Library) -> dict[str, LessonRun]:
    """Every shipped lesson, played."""
    return {lesson_id: LessonRun(library.get(lesson_id), run_command=run) for lesson_id in library.playable()}


@pytest.fixture(scope="session")
def judge(library: Library) -> Judge:
    """Return a function: the findings of `check` for a text in the place of a shipped lesson."""

    def findings(lesson_id: str, text: str) -> list[Finding]:
        (path,) = lessons_dir().glob(f"*/{lesson_id}.yaml")
        return check(read_text(text, f"{lesson_id}.yaml", path), library, run)

    return findings


def text_of(lesson_id: str) -> str:
    (path,) = lessons_dir().glob(f"*/{lesson_id}.yaml")
    return Path(path).read_text(encoding="utf-8")
