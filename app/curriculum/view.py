"""What the browser gets of a lesson: LessonView and StepView as plain dicts, and what an open question withholds.

While a question is open a StepView holds no fact, no erratum, no output, no `after`, and no trace; for a next-hop
question it holds the flow up to the place that is asked about. What is withheld is not sent, so no page can leak it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.curriculum import markdown
from app.curriculum.course import Term
from app.curriculum.facts import is_one_of
from app.curriculum.places import Places
from app.curriculum.playthrough import Key, Playthrough, StepResult
from app.curriculum.prose import fill
from app.curriculum.schema import Ask, Option, Text
from app.curriculum.world import Output, Sent
from app.sim.wire import wire

__all__ = ["Progress", "View", "lesson_view", "reason", "step_view"]

View = dict[str, Any]

NOTHING: View = {"zh": "", "en": ""}


@dataclass(frozen=True)
class Progress:
    """How far a student is with one step: `open`, `right`, `skipped`, or `read` for a step without a question."""

    state: str = "open"
    tries: int = 0
    value: str | None = None


def lesson_view(played: Playthrough, terms: Mapping[str, Term], done: Callable[[str], bool]) -> View:
    """Return the head of a lesson."""
    lesson, places = played.file.lesson, played.start.places
    return {
        "id": lesson.id,
        "title": plain(lesson.title, places),
        "summary": plain(lesson.summary, places),
        "minutes": lesson.minutes,
        "level": lesson.level,
        "objectives": [plain(objective, places) for objective in lesson.objectives],
        "scene": played.start.scene,
        "steps": [{"id": step.id, "title": plain(step.title, places), "done": done(step.id)} for step in lesson.steps],
        "terms": [_term(name, terms[name]) for name in lesson.terms if name in terms],
    }


def _term(name: str, term: Term) -> View:
    return {
        "id": name,
        "name": {"zh": markdown.plain(term.zh.name), "en": markdown.plain(term.en.name)},
        "definition": {"zh": markdown.plain(term.zh.text), "en": markdown.plain(term.en.text)},
    }


def step_view(result: StepResult, errata: Text | None, progress: Progress) -> View:
    """Return one step as the student may see it now."""
    step, places = result.step, result.world.places
    is_open = step.ask is not None and progress.state == "open"
    return {
        "id": step.id,
        "title": plain(step.title, places),
        "say": block(step.say, places),
        "scene": result.world.scene,
        "ask": _ask(step.ask, result, progress) if step.ask else None,
        "answer": None if is_open or not step.ask else _answer(step.ask, result, progress),
        "traces": _traces(result, is_open=is_open),
        "look": _look(result, is_open=is_open),
        "facts": [] if is_open else [{"text": plain(fact.text, None), "ok": True} for fact in result.facts if fact.ok],
        "after": None if is_open else _after(result),
        "errata": None if is_open or errata is None else block(errata, places),
    }


# --- question ---------------------------------------------------------------------------------------------------------


def _ask(ask: Ask, result: StepResult, progress: Progress) -> View:
    places, key = result.world.places, result.key
    values = key.values if key else tuple(option.value for option in ask.options)
    options = [] if ask.kind == "field" else zip(values, ask.options, strict=True)
    hints = [*([ask.hint] if ask.hint else []), *result.step.hints]
    return {
        "kind": ask.kind,
        "prompt": inline(ask.prompt, places),
        "options": [{"value": value, "label": _label(value, option, places)} for value, option in options],
        "state": progress.state,
        "tries": progress.tries,
        "hint": inline(hints[min(progress.tries, len(hints) - 1)], places) if hints else None,
    }


def _label(value: str, option: Option, places: Places) -> View:
    if option.label:
        return plain(option.label, places)
    place = places.by_id.get(value)
    return {"zh": place.zh, "en": place.en} if place else {"zh": markdown.plain(value), "en": markdown.plain(value)}


def _answer(ask: Ask, result: StepResult, progress: Progress) -> View:
    """Return the computed key with its reasons; `right` says whether the student found it."""
    key = result.key
    value = ",".join(sorted(key.right)) if key else ""
    why = reason(ask, result, key.right if key else frozenset(), is_right=True)
    return {"value": value, "why": why, "right": progress.state == "right"}


def reason(ask: Ask, result: StepResult, given: frozenset[str], *, is_right: bool) -> View:
    """Return why an answer is right or wrong: the reasons of the options it chose, and what to remember if right.

    A wrong set for `multi` gets the reason of one wrongly chosen option, else a count, so that it does not give the key
    away.
    """
    key, places = result.key, result.world.places
    if key is None:
        return NOTHING
    chosen = [o for v, o in zip(key.values, ask.options, strict=True) if is_one_of(v, given)]
    if not is_right:
        return _why_wrong(ask, key, chosen, given, places)
    reasons = [_named(option.why, option.label) if ask.kind == "multi" else option.why for option in chosen]
    return _joined([*reasons, *([ask.right] if ask.right else [])], places)


def _named(why: Text, label: Text | None) -> Text:
    """Return a reason that says which of several answers it is about."""
    zh, en = (label.zh, label.en) if label else ("", "")
    return Text.model_construct(
        zh=f"{zh}：{why.zh}" if zh and why.zh else why.zh, en=f"{en}: {why.en}" if en and why.en else why.en
    )


def _why_wrong(ask: Ask, key: Key, chosen: list[Option], given: frozenset[str], places: Places) -> View:
    values = dict(zip(map(id, ask.options), key.values, strict=True))
    wrong = [option for option in chosen if not key.matches(values[id(option)])]
    if wrong:
        return _joined([wrong[0].why], places)
    if ask.kind == "multi":
        missing = len(key.right) - len(given)
        en = f"So far so good, but {missing} more {'is' if missing == 1 else 'are'} missing."
        return {"zh": f"选的都对，但还少 {missing} 个。", "en": en}
    return {
        "zh": "算出来的是另一个值。再看一看，也可以先看提示。",
        "en": "The walk gives another value. Look again, or take the hint.",
    }


def _joined(texts: list[Text], places: Places) -> View:
    parts = [block(text, places) for text in texts]
    return {lang: "".join(part[lang] for part in parts) for lang in ("zh", "en")}


# --- what is on the stage ---------------------------------------------------------------------------------------------


def _traces(result: StepResult, *, is_open: bool) -> list[View]:
    sent = result.world.sent
    if not is_open:
        return [_trace(sent[name], result.world.places, wire(sent[name].trace)) for name in result.stage]
    shown = result.key.shown if result.key else {}
    return [_trace(sent[name], result.world.places, prefix(sent[name], hops)) for name, hops in shown.items()]


def _trace(sent: Sent, places: Places, message: View) -> View:
    title = plain(sent.send.title, places) if sent.send.title else {"zh": sent.send.id, "en": sent.send.id}
    return {"id": sent.send.id, "title": title, "wire": message}


def prefix(sent: Sent, hops: int) -> View:
    """Return the wire message of the first `hops` hops; how it goes on, and how it ends, is not in it."""
    return {**wire(sent.trace, until=hops), "verdict": None, "conntrack": {}}


def _look(result: StepResult, *, is_open: bool) -> View:
    """Return where the eye should be; an open question must not point at one of its own answers."""
    look, places = result.step.look, result.world.places
    answers = set(result.key.right) if is_open and result.key else set()
    focus = [places.get(selector) for selector in look.focus]
    camera = look.camera if look.camera in ("fit", "follow") else places.get(look.camera).id
    return {
        "focus": [place.id for place in focus if place.id not in answers],
        "level": look.level,
        "camera": "fit" if camera in answers else camera,
        "pause": list(look.pause),
    }


def _after(result: StepResult) -> View | None:
    text = block(result.step.after, result.world.places) if result.step.after else None
    if not result.outputs:
        return text
    printed = "".join(_printed(output) for output in result.outputs)
    said = text or NOTHING
    return {lang: printed + said[lang] for lang in ("zh", "en")}


def _printed(output: Output) -> str:
    return markdown.output(output.who, output.command, output.stdout)


# --- texts ------------------------------------------------------------------------------------------------------------


def plain(text: Text, places: Places | None) -> View:
    """Return a heading or label in both languages."""
    return {lang: markdown.plain(_filled(half, places)) for lang, half in _halves(text)}


def inline(text: Text, places: Places) -> View:
    """Return one run of Markdown as HTML in both languages."""
    return {lang: markdown.inline(_filled(half, places)) for lang, half in _halves(text)}


def block(text: Text, places: Places) -> View:
    """Return paragraphs of Markdown as HTML in both languages."""
    return {lang: markdown.block(_filled(half, places)) for lang, half in _halves(text)}


def _halves(text: Text) -> list[tuple[str, str]]:
    """Return both halves; where one is missing, the other stands in for it."""
    return [("zh", text.zh or text.en), ("en", text.en or text.zh)]


def _filled(text: str, places: Places | None) -> str:
    return fill(text, places) if places else text
