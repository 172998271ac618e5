"""The course's own files: course.yaml (the order), glossary.yaml (the words), sources/ (sections)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from app.core.errors import ManifestError, Problems
from app.core.yaml12 import load_documents
from app.curriculum.reading import dotted
from app.curriculum.schema import Id, Model, Text

__all__ = ["Course", "Glossary", "SourceDocument", "Term", "load_course", "load_glossary", "load_sources"]


class Track(Model):
    """A part of the course: a folder of lessons and their order."""

    id: Id
    title: Text
    lessons: list[Id]


class Course(Model):
    """lessons/course.yaml."""

    schema_: Literal["podwalk-course/v1"] = Field(alias="schema")
    tracks: list[Track]

    def order(self) -> list[str]:
        """Return all lesson ids in course order."""
        return [lesson for track in self.tracks for lesson in track.lessons]


class TermText(Model):
    """A term in one language. `avoid` lists spellings that lessons must not use for it."""

    name: str
    text: str
    avoid: list[str] = Field(default_factory=list)


class Term(Model):
    """One entry of the glossary."""

    zh: TermText
    en: TermText


class Glossary(Model):
    """lessons/glossary.yaml."""

    schema_: Literal["podwalk-glossary/v1"] = Field(alias="schema")
    terms: dict[Id, Term]


class Section(Model):
    """One section of a source document."""

    id: Id
    title: Text


class SourceDocument(Model):
    """lessons/sources/DOC.yaml: a document that the course mirrors."""

    schema_: Literal["podwalk-source/v1"] = Field(alias="schema")
    id: Id
    title: Text
    sections: list[Section]


M = TypeVar("M", bound=Model)


def _load(path: Path, model: type[M]) -> M:
    """Read one file. Raises ManifestError or Problems with the place of each mistake."""
    documents = load_documents(path.read_bytes(), str(path))
    if len(documents) != 1:
        raise ManifestError(f"{path} holds {len(documents)} documents; one is needed")
    try:
        return model.model_validate(documents[0].data)
    except ValidationError as error:
        raise Problems(
            [
                ManifestError(f"{dotted(d['loc'])}: {d['msg']}", at=documents[0].mark(tuple(d["loc"])))
                for d in error.errors(include_url=False)
            ]
        ) from None


def load_course(root: Path) -> Course | None:
    """Return the order of the lessons of a folder, None if it has no course.yaml."""
    path = root / "course.yaml"
    return _load(path, Course) if path.is_file() else None


def load_glossary(roots: tuple[Path, ...]) -> Mapping[str, Term]:
    """Return the terms of all folders; the first folder that explains a term wins."""
    terms: dict[str, Term] = {}
    for root in reversed(roots):
        path = root / "glossary.yaml"
        terms |= _load(path, Glossary).terms if path.is_file() else {}
    return terms


def load_sources(roots: tuple[Path, ...]) -> Mapping[str, SourceDocument]:
    """Return the source documents of all folders by id."""
    found: dict[str, SourceDocument] = {}
    for root in reversed(roots):
        for path in sorted((root / "sources").glob("*.yaml")):
            document = _load(path, SourceDocument)
            found[document.id] = document
    return found
