"""What the web application asks of the layers below it, as Protocols; `app.web.wiring` plugs in the real ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.web.commands import SandboxSend

View = dict[str, Any]


class Player(Protocol):
    """One visitor's way through one lesson: `curriculum.player.LessonSession`."""

    def open(self) -> View:
        """Return the LessonView."""

    def enter(self, step_id: str) -> View:
        """Return the StepView as far as it may be shown. Raises UsageError for an unknown step."""

    def answer(self, step_id: str, value: str | list[str]) -> View:
        """Judge one try: {right, why, tries, step}."""

    def skip(self, step_id: str) -> View:
        """Reveal the answer and return the StepView."""

    def progress(self) -> list[View]:
        """Return JSON-able notes, one a step, from which an equal player can be made."""


class Course(Protocol):
    """The lessons that can be played."""

    def tracks(self) -> list[View]:
        """Return [{title: T, lessons: [card]}] in course order; `steps` of a card is their number."""

    def step_ids(self) -> dict[str, list[str]]:
        """Return the step ids of every lesson, in order."""

    def story(self, lesson_id: str) -> list[View]:
        """Return [{id, title: T, say: T as safe HTML}], the text that a page without script shows."""

    def make_player(self, lesson_id: str, notes: Sequence[Mapping[str, Any]]) -> Player:
        """Return a player that has come as far as `notes` say. Raises UsageError for an unknown lesson."""


class Model(Protocol):
    """A modelled cluster that packets are sent in."""

    def scene(self) -> View:
        """Return the scene (podwalk-scene/v1)."""

    def services(self) -> list[tuple[str, str]]:
        """Return (name, namespace) of the Services that answer http://NAME, in the order of the file."""

    def send(self, command: SandboxSend) -> View:
        """Walk one flow from the start state and return it as podwalk-wire/v1. Raises PodwalkError."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Everything below the web. `notices`: what the user should know about the lesson folders, one line each."""

    course: Course
    make_model: Callable[[], Model]
    trace_schema: bytes
    notices: tuple[str, ...] = ()
