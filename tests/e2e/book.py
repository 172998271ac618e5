"""What a lesson holds, read from the lesson itself: its steps, its questions, what each answer is told."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from html import unescape

from app.curriculum.library import Library
from app.curriculum.playthrough import StepResult
from app.curriculum.run import LessonRun
from app.shell import run as run_command

Text = dict[str, str]
LANGS = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the right values, one wrong answer, and what is said to each, as plain text."""

    kind: str
    prompt: Text
    values: tuple[str, ...]
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    why_right: Text
    why_wrong: Text
    hint: Text


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its id, its title, its question if it has one, what stands below after the answer."""

    id: str
    title: Text
    question: Question | None
    after: Text


@functools.cache
def run_of(lesson: str) -> LessonRun:
    """Play a shipped lesson."""
    return LessonRun(Library.open().get(lesson), run_command=run_command)


@functools.cache
def steps(lesson: str) -> tuple[Step, ...]:
    """Return the steps of a shipped lesson."""
    run = run_of(lesson)
    return tuple(_step(run, result) for result in run.playthrough.steps)


def _step(run: LessonRun, result: StepResult) -> Step:
    seen = run.step_view(result.step.id, "skipped")
    return Step(result.step.id, seen["title"], _question(run, result), words(seen["after"] or {"zh": "", "en": ""}))


def _question(run: LessonRun, result: StepResult) -> Question | None:
    if result.key is None or result.step.ask is None:
        return None
    ask = run.step_view(result.step.id)["ask"]
    right = tuple(value for value in result.key.values if result.key.matches(value))
    wrong = tuple(value for value in result.key.values if not result.key.matches(value))[:1]
    several = ask["kind"] == "multi"
    judged = [run.judge(result.step.id, list(values) if several else values[0]) for values in (right, wrong)]
    assert [one.right for one in judged] == [True, False]
    return Question(
        ask["kind"], words(ask["prompt"]), tuple(result.key.values), right, wrong,
        words(judged[0].why), words(judged[1].why), words(ask["hint"]),
    )  # fmt: skip


def words(text: Text) -> Text:
    """Return safe HTML in both languages as its bare words."""
    return {lang: bare(unescape(re.sub(r"<[^>]+>", "", text[lang]))) for lang in LANGS}


def bare(text: str) -> str:
    """Return a text without any white space: line breaks and spacing are the page's."""
    return re.sub(r"\s+", "", text)
