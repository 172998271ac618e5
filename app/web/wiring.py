"""Where the course and the simulator are plugged in: everything else in app/web knows them by their Protocols only."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.core.assets import lessons_dir
from app.curriculum.course import load_course
from app.curriculum.library import Library
from app.curriculum.player import LessonSession
from app.curriculum.run import LessonRun
from app.kube.clusterfile import ClusterFile, load_cluster
from app.shell import run as run_command
from app.sim.request import TraceRequest
from app.sim.scene import scene
from app.sim.simulator import Simulator
from app.sim.trace import trace_schema as schema_of_traces
from app.sim.wire import wire
from app.web.backend import Backend, Model, Player, View
from app.web.commands import SandboxSend

_TUTORIAL = ("clusters/tutorial-flannel.yaml",)


class BuiltInCourse:
    """The lessons that can be played, as the pages and the players ask for them."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._tracks = _tracks(library)
        self.notices = tuple(library.notices)
        self._run = functools.lru_cache(maxsize=None)(self._played)  # a run is shared by all who take the lesson

    @classmethod
    def open(cls, folders: Sequence[str]) -> BuiltInCourse:
        """Read the built-in course and `folders`. Raises UsageError for a folder that is not there."""
        return cls(Library.open(folders))

    def tracks(self) -> list[View]:
        """Return [{title: T, lessons: [card]}] in course order."""
        return self._tracks

    def step_ids(self) -> dict[str, list[str]]:
        """Return the step ids of every lesson, in order."""
        return {lesson: _steps(self._library, lesson) for lesson in self._library.playable()}

    def make_player(self, lesson_id: str, notes: Sequence[Mapping[str, Any]]) -> Player:
        """Return a player of a lesson that has come as far as `notes` say. Raises UsageError for an unknown lesson."""
        return LessonSession(self._library.get(lesson_id), progress=notes, run=self._run(lesson_id))

    def story(self, lesson_id: str) -> list[View]:
        """Return [{id, title: T, say: T as safe HTML}], the text that a page without script shows."""
        return self._run(lesson_id).reading()

    def _played(self, lesson: str) -> LessonRun:
        return LessonRun(self._library.get(lesson), run_command=run_command)


def _steps(library: Library, lesson: str) -> list[str]:
    return [step.id for step in library.get(lesson).file.lesson.steps]


def _tracks(library: Library) -> list[View]:
    cards = {card["id"]: {**card, "steps": len(_steps(library, card["id"]))} for card in library.cards()}
    course = load_course(lessons_dir())
    tracks: list[View] = []
    for track in course.tracks if course else ():
        found = [cards.pop(lesson) for lesson in track.lessons if lesson in cards]
        tracks += [{"title": {"zh": track.title.zh, "en": track.title.en}, "lessons": found}] if found else []
    added = [{"title": {"zh": "更多课程", "en": "More lessons"}, "lessons": list(cards.values())}]
    return tracks + (added if cards else [])


class SimulatedCluster:
    """A cluster file as the sandbox asks for it."""

    def __init__(self, cluster: ClusterFile) -> None:
        self._cluster = cluster

    @functools.cached_property
    def _scene(self) -> View:
        return scene(Simulator(self._cluster))

    def scene(self) -> View:
        """Return the scene (podwalk-scene/v1) of the start state."""
        return self._scene

    def send(self, command: SandboxSend) -> View:
        """Walk one flow from the start state, as `podwalk trace` does, and return it as podwalk-wire/v1."""
        request = TraceRequest(command.from_, command.to, command.sport, command.ttl, command.size, df=bool(command.df))
        return wire(Simulator(self._cluster, seed=command.seed or 0).trace(request))


def make_model(files: Sequence[str]) -> Callable[[], Model]:
    """Return a maker of sandboxes on the given cluster files, or on the tutorial's cluster without any.

    Raises PodwalkError with file, line and column if they cannot be read; the files are read once.
    """
    cluster = load_cluster(files or _tutorial_files())
    return lambda: SimulatedCluster(cluster)


def _tutorial_files() -> list[str]:
    folder = lessons_dir()
    return [str(folder / name) for name in _TUTORIAL] + [str(path) for path in sorted(_manifests(folder))]


def _manifests(folder: Path) -> list[Path]:
    return list((folder / "manifests").glob("*.yaml"))


def open_backend(lessons: Sequence[str], cluster_files: Sequence[str]) -> Backend:
    """Read the course and the sandbox's cluster.

    Raises UsageError for a lesson folder that is not there, ManifestError or Problems with file:line:column for a bad
    cluster file.
    """
    schema = msgspec.json.encode(schema_of_traces())
    return Backend(BuiltInCourse.open(lessons), make_model(cluster_files), schema)
