"""Findings about names: ids that repeat (E208, E209), and everything that must exist (E301 to E312)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import get_args

from app.core.errors import did_you_mean, listing
from app.core.yaml12 import Path
from app.curriculum.findings import Finding
from app.curriculum.library import Library
from app.curriculum.places import Places, UnknownPlaceError
from app.curriculum.prose import references
from app.curriculum.reading import LessonFile
from app.curriculum.schema import Ask, EvidenceFact, Expect, Leg, OutputFact, PathFact, Step, TableFact, TableName
from app.curriculum.texts import spoken
from app.curriculum.truth import TruthSyntaxError, parse_truth
from app.dataplane.hop import HOP_KINDS

__all__ = ["course_names", "element_names", "own_names"]

_LEGAL = {"LEG": get_args(Leg), "KIND": HOP_KINDS, "NAME": get_args(TableName)}


# --- ids --------------------------------------------------------------------------------------------------------------


def own_names(file: LessonFile) -> Iterator[Finding]:
    """Yield ids that are wrong within the file: the stem, repeated ids, flows and commands that were never made."""
    lesson = file.lesson
    if lesson.id != file.path.stem:
        mend = f"rename the file to {lesson.id}.yaml, or the id; progress and links hang on it"
        yield file.finding("E208", f"the id is '{lesson.id}', the file is '{file.path.stem}'", ("id",), mend)
    yield from _repeated(file, [((("steps", n, "id")), step.id) for n, step in enumerate(lesson.steps)], "step id")
    made = [
        (("steps", n, "do", i, kind, "id"), value.id)
        for n, step in enumerate(lesson.steps)
        for i, do in enumerate(step.do)
        for kind, value in [do.only()]
        if kind != "clear"
    ]
    yield from _repeated(file, made, "id")
    for number, step in enumerate(lesson.steps):
        if step.ask:
            values = [
                (("steps", number, "ask", "options", i, "value"), o.value) for i, o in enumerate(step.ask.options)
            ]
            yield from _repeated(file, values, "value")
    yield from _flows(file)
    steps = [step.id for step in lesson.steps]
    shown = lesson.source.at if lesson.source else None
    if shown is not None and shown not in steps:
        message = f"no step '{shown}'{did_you_mean(shown, steps)}"
        yield file.finding("E313", message, ("source", "at"), f"one of: {listing(steps)}")


def _repeated(file: LessonFile, places: Iterable[tuple[Path, str]], what: str) -> Iterator[Finding]:
    first: dict[str, Path] = {}
    for path, name in places:
        if name in first:
            line = file.mark(*first[name]).line
            yield file.finding("E209", f"{what} '{name}' repeats line {line}", path, "each needs its own")
        first.setdefault(name, path)


def _flows(file: LessonFile) -> Iterator[Finding]:
    """Yield uses of a flow or a command that no step up to there has made."""
    sent: set[str] = set()
    run: set[str] = set()
    for number, step in enumerate(file.lesson.steps):
        sent |= {do.send.id for do in step.do if do.send}
        run |= {do.run.id for do in step.do if do.run}
        for path, name, known in _uses(step, ("steps", number), sent, run):
            if name not in known:
                kind = "command" if known is run else "flow"
                message = f"no {kind} '{name}' up to this step{did_you_mean(name, known)}"
                mend = f"made so far: {listing(sorted(known)) or 'none'}"
                yield file.finding("E302", message, path, mend, word=name)


def _uses(step: Step, base: Path, sent: set[str], run: set[str]) -> Iterator[tuple[Path, str, set[str]]]:
    for index, expect in enumerate(step.expect):
        kind, fact = expect.only()
        if not isinstance(fact, TableFact):
            yield (*base, "expect", index, kind, "of"), fact.of, run if isinstance(fact, OutputFact) else sent
    if step.ask:
        try:
            used = parse_truth(step.ask.truth).uses()
        except TruthSyntaxError:
            return
        yield from (((*base, "ask", "truth"), name, sent) for kind, name in used if kind == "T")


# --- what must exist around the lesson --------------------------------------------------------------------------------


def course_names(file: LessonFile, library: Library) -> Iterator[Finding]:
    """Yield terms, lessons and sections that are not there, and circles of prerequisites."""
    lesson = file.lesson
    for number, term in enumerate(lesson.terms):
        if term not in library.glossary:
            message = f"no term '{term}' in glossary.yaml{did_you_mean(term, library.glossary)}"
            yield file.finding("E303", message, ("terms", number), "add it to lessons/glossary.yaml, in both languages")
    for number, required in enumerate(lesson.requires):
        if required not in library.readings and required != lesson.id:
            message = f"no lesson '{required}'{did_you_mean(required, library.readings)}"
            yield file.finding("E304", message, ("requires", number), f"lessons: {listing(library.order)}")
        elif circle := _circle(lesson.id, required, library):
            message = f"prerequisites run in a circle: {' > '.join(circle)}"
            yield file.finding("E305", message, ("requires", number), "remove one of them")
    yield from _source(file, library)


def _circle(lesson_id: str, start: str, library: Library) -> list[str]:
    """Return the way from `start` back to the lesson, empty if there is none."""
    queue, seen = [[lesson_id, start]], {start}
    while queue:
        way = queue.pop(0)
        if way[-1] == lesson_id:
            return way
        reading = library.readings.get(way[-1])
        following = reading.file.lesson.requires if reading and reading.file else []
        queue += [[*way, name] for name in following if name not in seen]
        seen |= set(following) - {lesson_id}
    return []


def _source(file: LessonFile, library: Library) -> Iterator[Finding]:
    source = file.lesson.source
    if source is None:
        return
    document = library.sources.get(source.doc)
    if document is None:
        message = f"no source document '{source.doc}'{did_you_mean(source.doc, library.sources)}"
        yield file.finding("E306", message, ("source", "doc"), f"one of: {listing(library.sources)}")
        return
    sections = [section.id for section in document.sections]
    if source.section not in sections:
        message = f"'{source.doc}' has no section '{source.section}'{did_you_mean(source.section, sections)}"
        yield file.finding("E306", message, ("source", "section"), f"one of: {listing(sections)}")


# --- elements of the cluster ------------------------------------------------------------------------------------------


def element_names(file: LessonFile, places: Places) -> Iterator[Finding]:
    """Yield selectors and `{{...}}` that name nothing in the lesson's cluster, and words outside a closed list."""
    for path, selector in _selectors(file):
        yield from _selector(file, path, selector, places)
    for path, who in _senders(file):
        place = places.by_selector.get(who)
        if place is None or place.interface is not None or who.startswith("lan/"):
            legal = [s for s, p in places.by_selector.items() if p.interface is None and not s.startswith("lan/")]
            mend = f"one of: {listing(legal)}"
            yield file.finding(
                "E301", f"no host '{who}' in this lesson's cluster{did_you_mean(who, legal)}", path, mend
            )
    yield from _holes(file, places)
    yield from _closed_lists(file)


def _selector(file: LessonFile, path: Path, selector: str, places: Places) -> Iterator[Finding]:
    try:
        places.get(selector)
    except UnknownPlaceError as error:
        mend = f"known names: podwalk lesson names {shlex.quote(file.file)}"
        yield file.finding("E301", str(error), path, mend, word=selector)


def _selectors(file: LessonFile) -> Iterator[tuple[Path, str]]:
    for number, step in enumerate(file.lesson.steps):
        base: Path = ("steps", number)
        yield from (((*base, "look", "focus", i), s) for i, s in enumerate(step.look.focus))
        if step.look.camera not in ("fit", "follow"):
            yield (*base, "look", "camera"), step.look.camera
        for index, expect in enumerate(step.expect):
            yield from _of_expect(expect, (*base, "expect", index))
        if step.ask:
            yield from _of_ask(step.ask, (*base, "ask"))


def _of_expect(expect: Expect, base: Path) -> Iterator[tuple[Path, str]]:
    kind, fact = expect.only()
    if isinstance(fact, PathFact):
        for key, selectors in (("is", fact.is_ or []), ("via", fact.via), ("never", fact.never)):
            yield from (((*base, kind, key, i), s) for i, s in enumerate(selectors))
    elif getattr(fact, "at", None):
        yield (*base, kind, "at"), fact.at


def _of_ask(ask: Ask, base: Path) -> Iterator[tuple[Path, str]]:
    try:
        truth = parse_truth(ask.truth)
    except TruthSyntaxError:
        return
    yield from (((*base, "truth"), text) for kind, text in truth.uses() if kind == "SEL")
    if truth.is_place():
        yield from (((*base, "options", i, "value"), option.value) for i, option in enumerate(ask.options))


def _senders(file: LessonFile) -> Iterator[tuple[Path, str]]:
    for number, step in enumerate(file.lesson.steps):
        for index, do in enumerate(step.do):
            base = ("steps", number, "do", index)
            if do.send:
                yield (*base, "send", "from"), do.send.from_
            if do.run:
                yield (*base, "run", "on"), do.run.on


def _holes(file: LessonFile, places: Places) -> Iterator[Finding]:
    for path, text in _filled_texts(file):
        for hole, selector, attribute in references(text):
            try:
                places.attribute(selector, attribute)
            except UnknownPlaceError as error:
                mend = f"known names: podwalk lesson names {shlex.quote(file.file)}"
                yield file.finding("E301", str(error), path, mend, word=hole)


def _filled_texts(file: LessonFile) -> Iterator[tuple[Path, str]]:
    yield from (((*passage.path, lang), text) for passage, lang, text in spoken(file.lesson))
    for number, step in enumerate(file.lesson.steps):
        base: Path = ("steps", number)
        for i, option in enumerate(step.ask.options if step.ask else []):
            yield (*base, "ask", "options", i, "value"), option.value
        for i, do in enumerate(step.do):
            if do.send:
                yield (*base, "do", i, "send", "to"), do.send.to
            if do.run:
                yield (*base, "do", i, "run", "cmd"), do.run.cmd
        for i, expect in enumerate(step.expect):
            yield from (((*base, "expect", i), text) for text in _strings(expect.only()[1].model_dump()))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


# --- closed lists -----------------------------------------------------------------------------------------------------


def _closed_lists(file: LessonFile) -> Iterator[Finding]:
    for number, step in enumerate(file.lesson.steps):
        base: Path = ("steps", number)
        for i, kind in enumerate(step.look.pause):
            yield from _legal(file, (*base, "look", "pause", i), kind, "KIND")
        for i, expect in enumerate(step.expect):
            fact = expect.only()[1]
            if isinstance(fact, EvidenceFact) and fact.kind is not None:
                yield from _legal(file, (*base, "expect", i, "evidence", "kind"), fact.kind, "KIND")
        if step.ask:
            yield from _truth(file, step.ask, (*base, "ask", "truth"))


def _truth(file: LessonFile, ask: Ask, path: Path) -> Iterator[Finding]:
    try:
        truth = parse_truth(ask.truth)
    except TruthSyntaxError as error:
        yield file.finding("E311", f"truth: {error}", path, "the functions are listed in docs/authoring.md")
        return
    for kind, text in truth.uses():
        if kind in _LEGAL:
            yield from _legal(file, path, text, kind)
    if (ask.kind == "next-hop") != truth.is_place():
        message = f"a question of kind {ask.kind} cannot ask {ask.truth}"
        mend = "next-hop goes with path(T).after(SEL) or .hop(N), and these with next-hop"
        yield file.finding("E311", message, path, mend)
    if truth.function == "diff" and ask.kind != "multi":
        yield file.finding(
            "E311", f"diff(...).fields has several answers, {ask.kind} takes one", path, "use kind: multi"
        )


def _legal(file: LessonFile, path: Path, word: str, kind: str) -> Iterator[Finding]:
    legal = _LEGAL[kind]
    if word not in legal:
        message = f"'{word}' is not known{did_you_mean(word, legal)}"
        yield file.finding("E312", message, path, f"one of: {', '.join(legal)}", word=word)
