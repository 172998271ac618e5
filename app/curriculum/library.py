"""The lessons that can be played: an index by id, built once. Ids are looked up here and never joined to a path.

Folders are `lessons/` and what `--lessons DIR` adds. The same id twice: the added folder wins, and `notices` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.core.assets import lessons_dir
from app.core.errors import UsageError, did_you_mean
from app.curriculum.course import SourceDocument, Term, load_course, load_glossary, load_sources
from app.curriculum.findings import Finding
from app.curriculum.reading import LessonFile, Reading, read_file
from app.curriculum.start import StartError, start_state
from app.kube.clusterfile import ClusterFile

__all__ = ["Library", "LoadedLesson"]

#: Folders of a lessons folder that hold no lessons.
_NOT_TRACKS = frozenset({"clusters", "manifests", "sources", "schema"})


@dataclass(frozen=True)
class LoadedLesson:
    """A lesson ready to be played: the file and what it leans on."""

    file: LessonFile
    library: Library

    @property
    def id(self) -> str:
        """The lesson's id."""
        return self.file.lesson.id

    def cluster_file(self) -> ClusterFile:
        """Return the start state. Raises StartError with findings if it cannot be built."""
        return start_state(self.file, self.library.roots)


@dataclass(frozen=True)
class Library:
    """All lessons, the course's order, the glossary and the source documents."""

    roots: tuple[Path, ...]
    readings: Mapping[str, Reading]
    order: tuple[str, ...]
    glossary: Mapping[str, Term]
    sources: Mapping[str, SourceDocument]
    notices: tuple[str, ...] = ()
    _lessons: dict[str, LoadedLesson] = field(default_factory=dict)

    @classmethod
    def open(cls, extra_dirs: Sequence[str | Path] = (), *, built_in: Path | None = None) -> Library:
        """Read every lesson of the built-in folder and of `extra_dirs` (later ones win).

        Raises UsageError for a folder that is not there; a broken lesson is no error here, see `broken()`.
        """
        base = built_in or lessons_dir()
        added = [Path(directory) for directory in extra_dirs]
        for directory in added:
            if not _is_folder(directory):
                raise UsageError(
                    f"no folder '{str(directory)[:80]}' for --lessons", hint="give the folder that holds your lessons"
                )
        roots = (*reversed(added), base)
        readings, notices = _read_all(roots)
        course = load_course(base)
        order = [lesson for lesson in course.order() if lesson in readings] if course else []
        absent = [lesson for lesson in course.order() if lesson not in readings] if course else []
        notices += [f"course.yaml names lesson '{lesson}', which is not there" for lesson in absent]
        order += [lesson for lesson in readings if lesson not in order]
        return cls(roots, readings, tuple(order), load_glossary(roots), load_sources(roots), tuple(notices))

    def get(self, lesson_id: str) -> LoadedLesson:
        """Return a lesson. Raises UsageError for an unknown id or for a lesson that is broken."""
        reading = self.readings.get(lesson_id)
        if reading is None:
            legal = self.playable()
            hint = f"lessons: {', '.join(legal)}"
            raise UsageError(f"no lesson '{lesson_id[:80]}'{did_you_mean(lesson_id[:80], legal)}", hint=hint)
        if reading.file is None:
            first = reading.findings[0].headline()
            raise UsageError(
                f"lesson '{lesson_id}' cannot be played: {first}", hint="podwalk lesson lint shows all of it"
            )
        if lesson_id not in self._lessons:
            self._lessons[lesson_id] = LoadedLesson(reading.file, self)
        return self._lessons[lesson_id]

    def playable(self) -> list[str]:
        """Return the ids that can be played, in course order."""
        return [lesson_id for lesson_id in self.order if self._is_open(lesson_id)]

    def cards(self) -> list[dict[str, Any]]:
        """Return what the home page shows of each lesson, in course order."""
        return [_card(self.get(lesson_id)) for lesson_id in self.playable()]

    def broken(self) -> Iterator[Finding]:
        """Yield the first reason why a lesson is missing from the course, or cannot be opened."""
        for lesson_id, reading in self.readings.items():
            if reading.file is None:
                yield reading.findings[0]
            elif self._is_open(lesson_id):
                try:
                    self.get(lesson_id).cluster_file()
                except StartError as error:
                    yield error.findings[0]

    def _is_open(self, lesson_id: str) -> bool:
        file = self.readings[lesson_id].file
        return file is not None and file.lesson.status == "ready"


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # longer than a name can be
        return False


def lesson_paths(root: Path) -> list[Path]:
    """Return the lesson files of a folder: `ROOT/TRACK/ID.yaml` and `ROOT/ID.yaml`. Links that lead out are left."""
    paths = [*root.glob("*.yaml"), *root.glob("*/*.yaml")]
    inside = root.resolve()
    return sorted(p for p in paths if _may_be_lesson(p, root) and p.resolve().is_relative_to(inside))


def _may_be_lesson(path: Path, root: Path) -> bool:
    if not path.is_file():  # a named pipe would be waited for
        return False
    if path.parent == root:
        return path.name not in ("course.yaml", "glossary.yaml")
    return path.parent.name not in _NOT_TRACKS


def _read_all(roots: tuple[Path, ...]) -> tuple[dict[str, Reading], list[str]]:
    readings: dict[str, Reading] = {}
    where: dict[str, Path] = {}
    notices: list[str] = []
    for root in reversed(roots):
        for path in lesson_paths(root):
            if path.stem in where:
                notices.append(f"lesson '{path.stem}': {path} wins over {where[path.stem]}")
            readings[path.stem], where[path.stem] = read_file(path, _shown(path)), path
    return readings, notices


def _shown(path: Path) -> str:
    """Return a path as messages show it: from the working folder if it is inside."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _card(loaded: LoadedLesson) -> dict[str, Any]:
    lesson = loaded.file.lesson
    return {
        "id": lesson.id,
        "title": {"zh": lesson.title.zh, "en": lesson.title.en},
        "summary": {"zh": lesson.summary.zh, "en": lesson.summary.en},
        "minutes": lesson.minutes,
        "level": lesson.level,
        "requires": list(lesson.requires),
        "terms": list(lesson.terms),
        "steps": [step.id for step in lesson.steps],
    }
