"""Where the course and the simulator are plugged in: everything else in app/web knows them by their Protocols only."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from app.core.assets import lessons_dir
from app.core.errors import UsageError
from app.curriculum.course import load_course
from app.curriculum.library import Library
from app.curriculum.player import LessonSession
from app.curriculum.run import LessonRun
from app.curriculum.start import StartError
from app.kube.clusterfile import ClusterFile
from app.kube.services import Service
from app.shell import run as run_command
from app.sim.request import TraceRequest
from app.sim.scene import scene
from app.sim.simulator import Simulator
from app.sim.trace import trace_schema
from app.sim.wire import wire
from app.web.backend import Backend, Player, View
from app.web.commands import SandboxSend

T = TypeVar("T")
#: What stands here are the cluster's own services, not the ones that a student asks for.
SYSTEM_NAMESPACES = frozenset({"kube-system", "ingress-nginx", "traefik", "metallb-system"})


class BuiltInCourse:
    """The lessons that can be played, as the pages and the players ask for them."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._tracks = _tracks(library)
        self._run = functools.lru_cache(maxsize=None)(self._played)  # a run is shared by all who take the lesson

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
        return _mendable(lambda: LessonRun(self._library.get(lesson), run_command=run_command))


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
    """A cluster file as the sandbox asks for it; what is drawn and named is computed once and shared."""

    def __init__(self, cluster: ClusterFile, scene: View, services: list[tuple[str, str]]) -> None:
        self._cluster = cluster
        self._scene = scene
        self._services = services

    def scene(self) -> View:
        """Return the scene (podwalk-scene/v1) of the start state."""
        return self._scene

    def services(self) -> list[tuple[str, str]]:
        """Return (name, namespace) of the Services that answer http://NAME; none where no DNS knows them."""
        return self._services

    def send(self, command: SandboxSend) -> View:
        """Walk one flow from the start state, as `podwalk trace` does, and return it as podwalk-wire/v1."""
        request = TraceRequest(command.from_, command.to, command.sport, command.ttl, command.size, df=bool(command.df))
        return wire(Simulator(self._cluster, seed=command.seed or 0).trace(request))


def open_backend(lessons: Sequence[str], cluster: ClusterFile | None) -> Backend:
    """Read the course; the sandbox opens `cluster`, or without one the cluster that the course ends with.

    Raises UsageError for a lesson folder that is not there, and what building the cluster raises.
    """
    library = Library.open(lessons)
    opened = cluster or _last_cluster(library)
    simulator = Simulator(opened)
    drawn, services = scene(simulator), _web_services(simulator)
    schema = msgspec.json.encode(trace_schema())
    broken = (f"broken lesson, see podwalk lesson lint: {finding.headline()}" for finding in library.broken())
    notices = (*library.notices, *broken)
    return Backend(BuiltInCourse(library), lambda: SimulatedCluster(opened, drawn, services), schema, notices)


def _web_services(simulator: Simulator) -> list[tuple[str, str]]:
    if "coredns" not in simulator.live.spec.addons:
        return []
    web = (
        service
        for service in simulator.live.store.typed(Service)
        if service.cluster_ip and service.selector and any(port.port == 80 for port in service.ports)
    )
    return [(service.name, service.namespace) for service in web if service.namespace not in SYSTEM_NAMESPACES]


def _last_cluster(library: Library) -> ClusterFile:
    course = load_course(lessons_dir())
    built_in = [lesson for lesson in (course.order() if course else ()) if lesson in library.playable()]
    return _mendable(library.get((built_in or library.playable())[-1]).cluster_file)


def _mendable(act: Callable[[], T]) -> T:
    """Run `act`; a lesson whose cluster cannot be built is the author's to mend, not a fault of the server."""
    try:
        return act()
    except StartError as error:
        raise UsageError(str(error), hint="podwalk lesson lint shows all of it") from None
