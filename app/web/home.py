"""What the home page says about the course: done marks, where to start, where to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.web.backend import View
from app.web.storage import LessonProgress

StepIds = Mapping[str, Sequence[str]]


def course_view(tracks: Sequence[View], progress: Sequence[LessonProgress], step_ids: StepIds) -> list[View]:
    """Return the tracks with each lesson's state: done, next (the first that is not) or open."""
    done = {item.lesson: set(item.done) for item in progress}
    titles = {card["id"]: card["title"] for track in tracks for card in track["lessons"]}
    cards = [card for track in tracks for card in track["lessons"]]
    left = {card["id"]: _left(card["id"], done, step_ids) for card in cards}
    following = next((card["id"] for card in cards if left[card["id"]]), None)

    def shown(card: View) -> View:
        state = "open" if left[card["id"]] else "done"
        needs = [{"id": need, "title": titles[need]} for need in card["requires"] if need in titles]
        done_steps = card["steps"] - len(left[card["id"]])
        state = "next" if card["id"] == following else state
        return {**card, "requires": needs, "state": state, "done_steps": done_steps}

    return [{"title": track["title"], "lessons": [shown(card) for card in track["lessons"]]} for track in tracks]


def _left(lesson: str, done: Mapping[str, set[str]], step_ids: StepIds) -> list[str]:
    """Return the steps still to do; steps that a new edition of the lesson does not have count for nothing."""
    return [step for step in step_ids.get(lesson, ()) if step not in done.get(lesson, set())]


def start_view(course: Sequence[View], progress: Sequence[LessonProgress], step_ids: StepIds) -> View | None:
    """Return where the big button leads: start, continue (the lesson touched last), done; None without lessons."""
    lessons = {lesson["id"]: lesson for track in course for lesson in track["lessons"]}
    done = {item.lesson: set(item.done) for item in progress}
    begun = [item.lesson for item in progress if item.lesson in lessons and lessons[item.lesson]["state"] != "done"]
    waiting = begun + [lesson for lesson, card in lessons.items() if card["state"] != "done"]
    if not waiting:
        return _start("done", next(iter(lessons.values())), "", 1) if lessons else None
    if not progress:
        return _start("start", lessons[waiting[0]], "", 1)
    step = _left(waiting[0], done, step_ids)[0]
    return _start("continue", lessons[waiting[0]], step, list(step_ids[waiting[0]]).index(step) + 1)


def _start(kind: str, lesson: View, step: str, step_number: int) -> View:
    return {"kind": kind, "lesson": lesson["id"], "title": lesson["title"], "step": step, "step_number": step_number}
