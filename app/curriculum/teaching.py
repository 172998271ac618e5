"""Findings about teaching (W601 to W606, E605) and about access (W701 to W703)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.curriculum.findings import Finding
from app.curriculum.reading import LessonFile
from app.curriculum.schema import Expect, Step
from app.curriculum.texts import spoken

__all__ = ["access_findings", "teaching_findings"]

MAX_WORDS_EN = 90
MAX_CHARACTERS_ZH = 180
MAX_STEPS_WITHOUT_QUESTION = 3

_COLOURS = re.compile(r"\b(?:red|green|blue|yellow|orange|purple|grey|gray|pink)\b|[红绿蓝黄橙紫灰粉]色", re.IGNORECASE)
_POINTING = re.compile(
    r"\b(?:on|at|to) the (?:left|right|top|bottom)\b|\b(?:upper|lower) (?:left|right)\b"
    r"|[左右](?:边|侧|上角|下角)|屏幕[上下]方",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")


def teaching_findings(file: LessonFile) -> Iterator[Finding]:
    """Yield what makes a lesson teach less than it could."""
    yield from _unchecked_sends(file)
    yield from _without_questions(file)
    yield from _long_texts(file)
    steps = file.lesson.steps
    for number, step in enumerate(steps):
        if step.ask and step.ask.hint is None and not step.hints:
            where = ("steps", number, "ask")
            yield file.finding("W606", f"the question of '{step.id}' has no hint", where, "add hint: {zh: …, en: …}")
    wanted = 1 if file.lesson.level == "intro" else 2
    asked = sum(step.ask is not None for step in steps)
    if file.lesson.status == "ready" and asked < wanted:
        message = f"a ready lesson of level {file.lesson.level} asks at least {wanted}, this one {asked}"
        yield file.finding("E605", message, ("status",), "add an ask, or set status: draft")


def _unchecked_sends(file: LessonFile) -> Iterator[Finding]:
    checked = {_about(expect) for step in file.lesson.steps for expect in step.expect}
    for number, step in enumerate(file.lesson.steps):
        for index, do in enumerate(step.do):
            sent = do.send or do.run
            if sent and sent.id not in checked:
                where = ("steps", number, "do", index)
                message = f"nothing is expected of '{sent.id}'"
                yield file.finding("W601", message, where, f"add an expect with of: {sent.id}, so that it stays true")


def _about(expect: Expect) -> str | None:
    _, fact = expect.only()
    return getattr(fact, "of", None)


def _without_questions(file: LessonFile) -> Iterator[Finding]:
    quiet = 0
    for number, step in enumerate(file.lesson.steps):
        quiet = 0 if step.ask else quiet + 1
        if quiet > MAX_STEPS_WITHOUT_QUESTION:
            message = f"{quiet} steps in a row without a question"
            yield file.finding("W602", message, ("steps", number, "id"), "ask something the model can answer")


def _long_texts(file: LessonFile) -> Iterator[Finding]:
    for number, step in enumerate(file.lesson.steps):
        words, characters = len(step.say.en.split()), han_length(step)
        where = ("steps", number, "say")
        mend = "one idea a step: split it"
        if words > MAX_WORDS_EN:
            yield file.finding("W603", f"{words} words; at most {MAX_WORDS_EN}", (*where, "en"), mend)
        if characters > MAX_CHARACTERS_ZH:
            message = f"{characters} characters; at most {MAX_CHARACTERS_ZH}"
            yield file.finding("W603", message, (*where, "zh"), mend)


def han_length(step: Step) -> int:
    """Return the length of the zh text as read: a Latin word or a filled-in value counts as one character."""
    text = re.sub(r"\{\{.*?\}\}", " x ", step.say.zh)
    return len(re.findall(r"[A-Za-z0-9./_:-]+|[^\sA-Za-z0-9*`]", text))


def access_findings(file: LessonFile) -> Iterator[Finding]:
    """Yield what a reader who does not see colours, positions or pictures would miss."""
    for passage, lang, text in spoken(file.lesson):
        where = (*passage.path, lang)
        if found := _COLOURS.search(text):
            mend = "name the thing by its name or its shape; colour is never the only signal"
            yield file.finding("W701", f"the colour '{found[0]}' is named", where, mend, word=found[0])
        if found := _POINTING.search(text):
            mend = "say what it is, not where it is; on a phone and in a screen reader it is elsewhere"
            yield file.finding("W702", f"'{found[0]}' points at a place on the screen", where, mend, word=found[0])
        if found := _IMAGE.search(text):
            yield file.finding(
                "W703", "a picture in the text", where, "the stage is the picture; remove it", word=found[0]
            )
