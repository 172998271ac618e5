"""One student's way through one lesson: enter a step, answer, skip. No web, no clock, no chance.

A session is its progress: a list of what was answered. The same list gives the same views, on any machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from app.core.errors import UsageError
from app.curriculum.library import LoadedLesson
from app.curriculum.playthrough import MakeSim, RunCommand
from app.curriculum.run import LessonRun
from app.curriculum.view import Progress, View

__all__ = ["LessonSession", "Saved"]

#: One entry of the progress that is saved: {"step", "state", "tries", "value"}.
Saved: TypeAlias = Mapping[str, Any]

MAX_TRIES = 1_000
_STATES = ("open", "right", "skipped", "read")


class LessonSession:
    """A lesson being taken. `run` may be shared by many sessions; without it the lesson is played here."""

    def __init__(
        self,
        lesson: LoadedLesson,
        make_sim: MakeSim | None = None,
        run_command: RunCommand | None = None,
        *,
        progress: Iterable[Saved] = (),
        run: LessonRun | None = None,
    ) -> None:
        self.run = run or LessonRun(lesson, make_sim, run_command)
        self._progress: dict[str, Progress] = {}
        for saved in progress:
            self._restore(saved)

    def open(self) -> View:
        """Return the LessonView."""
        return self.run.lesson_view(frozenset(filter(self.is_done, self.run.step_ids)))

    def enter(self, step_id: str) -> View:
        """Return the StepView of a step. A step without a question is done once it has been entered."""
        if not self.run.has_ask(step_id):
            self._progress[step_id] = Progress("read")
        return self._view(step_id)

    def answer(self, step_id: str, value: object) -> View:
        """Judge an answer: {right, why, tries, step}; `step` is the revealed StepView when it is right, else None.

        `value` as for LessonRun.judge. Answering again after the reveal changes nothing.
        """
        judged = self.run.judge(step_id, value)
        before = self._of(step_id)
        if before.state == "open":
            tries = min(before.tries + 1, MAX_TRIES)
            self._progress[step_id] = Progress("right" if judged.right else "open", tries, judged.value)
        step = self._view(step_id) if judged.right else None
        return {"right": judged.right, "why": judged.why, "tries": self._of(step_id).tries, "step": step}

    def skip(self, step_id: str) -> View:
        """Give a question up: return the StepView with everything revealed."""
        if not self.run.has_ask(step_id):
            raise UsageError(f"step '{step_id}' asks nothing", hint="only a question can be skipped")
        before = self._of(step_id)
        if before.state == "open":
            self._progress[step_id] = Progress("skipped", before.tries, before.value)
        return self._view(step_id)

    def is_done(self, step_id: str) -> bool:
        """Whether a step was answered, skipped, or (without a question) read."""
        return self._of(step_id).state != "open"

    def progress(self) -> list[dict[str, Any]]:
        """Return what to save, in step order, as plain data."""
        kept = [(step_id, self._progress[step_id]) for step_id in self.run.step_ids if step_id in self._progress]
        return [{"step": s, "state": p.state, "tries": p.tries, "value": p.value} for s, p in kept]

    def _of(self, step_id: str) -> Progress:
        return self._progress.get(step_id, Progress())

    def _view(self, step_id: str) -> View:
        progress = self._of(step_id)
        return self.run.step_view(step_id, progress.state, progress.tries)

    def _restore(self, saved: Saved) -> None:
        """Take one saved entry over; what does not fit this lesson any more is left out."""
        step_id, state = str(saved.get("step")), saved.get("state")
        tries, value = saved.get("tries", 0), saved.get("value")
        if step_id not in self.run.step_ids or state not in _STATES or not isinstance(tries, int):
            return
        if (state == "read") != self.run.has_ask(step_id):
            kept = value if isinstance(value, str) else None
            self._progress[step_id] = Progress(str(state), min(max(tries, 0), MAX_TRIES), kept)
