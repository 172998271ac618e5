"""All texts of a lesson with their places: what language, teaching and access rules look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.core.yaml12 import Path
from app.curriculum.schema import Ask, Lesson, Step, Text

__all__ = ["Passage", "passages", "spoken"]

#: plain: heading or label, no markup; inline: one run of Markdown; block: paragraphs of Markdown; notes: not shown.
Role = Literal["plain", "inline", "block", "notes"]


@dataclass(frozen=True, slots=True)
class Passage:
    """One text in both languages, where it stands, how it is shown, and in which step (None: the lesson's head)."""

    path: Path
    text: Text
    role: Role
    step: int | None = None


def passages(lesson: Lesson) -> Iterator[Passage]:
    """Yield every text of the lesson in file order of its kinds."""
    yield Passage(("title",), lesson.title, "plain")
    yield Passage(("summary",), lesson.summary, "plain")
    for number, objective in enumerate(lesson.objectives):
        yield Passage(("objectives", number), objective, "plain")
    if lesson.source and lesson.source.errata:
        yield Passage(("source", "errata"), lesson.source.errata, "block")
    for number, step in enumerate(lesson.steps):
        yield from _of_step(step, number)


def _of_step(step: Step, number: int) -> Iterator[Passage]:
    base: Path = ("steps", number)
    yield Passage((*base, "title"), step.title, "plain", number)
    yield Passage((*base, "say"), step.say, "block", number)
    if step.ask:
        yield from _of_ask(step.ask, (*base, "ask"), number)
    for index, do in enumerate(step.do):
        if do.send and do.send.title:
            yield Passage((*base, "do", index, "send", "title"), do.send.title, "plain", number)
    if step.after:
        yield Passage((*base, "after"), step.after, "block", number)
    for index, hint in enumerate(step.hints):
        yield Passage((*base, "hints", index), hint, "inline", number)
    if step.notes:
        yield Passage((*base, "notes"), step.notes, "notes", number)


def _of_ask(ask: Ask, base: Path, number: int) -> Iterator[Passage]:
    yield Passage((*base, "prompt"), ask.prompt, "inline", number)
    for index, option in enumerate(ask.options):
        where = (*base, "options", index)
        if option.label:
            yield Passage((*where, "label"), option.label, "plain", number)
        yield Passage((*where, "why"), option.why, "inline", number)
    if ask.right:
        yield Passage((*base, "right"), ask.right, "inline", number)
    if ask.hint:
        yield Passage((*base, "hint"), ask.hint, "inline", number)


def spoken(lesson: Lesson) -> Iterator[tuple[Passage, str, str]]:
    """Yield (passage, language, text) for every half that is there."""
    for passage in passages(lesson):
        for lang, text in passage.text.halves():
            yield passage, lang, text
