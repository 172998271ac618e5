"""The sections of the source document are those of its list, where that list is at hand."""

import re
from pathlib import Path

import pytest

from app.core.assets import lessons_dir
from app.curriculum.course import load_course, load_glossary, load_sources
from app.curriculum.library import Library

LIST = Path(__file__).resolve().parents[3] / "shared" / "source" / "README.md"


def _listed() -> list[str]:
    rows = [row.split("|")[1] for row in LIST.read_text(encoding="utf-8").splitlines() if row.startswith("| ")]
    names = [name.strip() for row in rows for name in row.split(",")]
    return [name for name in names if re.fullmatch(r"[a-z]+(-[a-z]+)*", name)]


def test_the_sections_are_those_of_the_list_in_its_order() -> None:
    if not LIST.is_file():
        pytest.skip("the source document lies outside this repository")
    (document,) = load_sources((lessons_dir(),)).values()
    assert [section.id for section in document.sections] == _listed()


def test_every_lesson_of_the_course_exists_and_every_lesson_is_in_the_course() -> None:
    course, library = load_course(lessons_dir()), Library.open()
    assert course is not None
    assert sorted(course.order()) == sorted(library.readings)
    for track in course.tracks:
        for lesson in track.lessons:
            assert (lessons_dir() / track.id / f"{lesson}.yaml").is_file()


def test_every_term_of_the_glossary_is_used_or_named_in_both_languages() -> None:
    for name, term in load_glossary((lessons_dir(),)).items():
        assert term.zh.text.endswith("。"), name
        assert term.en.text.endswith("."), name
