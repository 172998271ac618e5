"""A lesson, played once and shared by everybody who takes it: views and judgements, no progress inside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from app.core.errors import UsageError, did_you_mean, listing
from app.curriculum.library import LoadedLesson
from app.curriculum.names import element_names, own_names
from app.curriculum.places import Places
from app.curriculum.playthrough import MakeSim, Playthrough, RunCommand, StepResult, play
from app.curriculum.schema import Ask, Text
from app.curriculum.start import StartError
from app.curriculum.view import Progress, View, block, lesson_view, plain, reason, step_view
from app.sim.scene import scene
from app.sim.simulator import Simulator

__all__ = ["Judgement", "LessonRun"]


@dataclass(frozen=True)
class Judgement:
    """Whether an answer is right, why, and the answer as it is kept with the progress."""

    right: bool
    why: View
    value: str


class LessonRun:
    """`make_sim` builds the simulator of a cluster file; `run_command` is app.shell.run, given by the caller.

    Raises StartError, with findings, for a lesson that names what is not there or whose cluster cannot be built.
    """

    def __init__(
        self, lesson: LoadedLesson, make_sim: MakeSim | None = None, run_command: RunCommand | None = None
    ) -> None:
        self.lesson = lesson
        sim = (make_sim or Simulator)(lesson.cluster_file())
        broken = [*own_names(lesson.file), *element_names(lesson.file, Places(scene(sim)))]
        if broken:
            raise StartError(broken)
        self.playthrough: Playthrough = play(lesson.file, sim, run_command)

    @cached_property
    def step_ids(self) -> tuple[str, ...]:
        """The steps in order."""
        return tuple(result.step.id for result in self.playthrough.steps)

    def lesson_view(self, done: frozenset[str] = frozenset()) -> View:
        """Return the LessonView; `done` are ids of finished steps."""
        return lesson_view(self.playthrough, self.lesson.library.glossary, done.__contains__)

    def step_view(self, step_id: str, state: str = "open", tries: int = 0) -> View:
        """Return the StepView for a question that is `open`, `right` or `skipped`; what is withheld is not in it."""
        result = self.result(step_id)
        return step_view(result, self._errata(step_id), Progress(state, tries))

    def reading(self) -> list[View]:
        """Return title and text of every step: plain reading, with nothing that answers a question."""
        return [
            {"id": r.step.id, "title": plain(r.step.title, r.world.places), "say": block(r.step.say, r.world.places)}
            for r in self.playthrough.steps
        ]

    def has_ask(self, step_id: str) -> bool:
        """Whether a step asks something."""
        return self.result(step_id).step.ask is not None

    def judge(self, step_id: str, value: object) -> Judgement:
        """Judge an answer. `value` is a text; for `multi` a list of texts or one text with commas.

        Raises UsageError for an unknown step, a step without a question, or a value that is no text.
        """
        result = self.result(step_id)
        ask = result.step.ask
        if ask is None:
            raise UsageError(f"step '{step_id}' asks nothing", hint="only a step with a question can be answered")
        given = _given(ask, result, value)
        right = result.key is not None and result.key.is_right(given)
        return Judgement(right, reason(ask, result, given, is_right=right), ",".join(sorted(given)))

    def result(self, step_id: str) -> StepResult:
        """Return what is true at a step. Raises UsageError with the nearest name for an unknown one."""
        result = self.playthrough.step(step_id)
        if result is None:
            shown = str(step_id)[:80]
            raise UsageError(
                f"no step '{shown}'{did_you_mean(shown, self.step_ids)}", hint=f"steps: {listing(self.step_ids)}"
            )
        return result

    def _errata(self, step_id: str) -> Text | None:
        """Return the erratum at the one step that shows it, so that it cannot answer an earlier question."""
        source = self.lesson.file.lesson.source
        return source.errata if source and step_id == (source.at or self.step_ids[-1]) else None


def _given(ask: Ask, result: StepResult, value: object) -> frozenset[str]:
    """Return an answer as the set of values it names; places may be given as selectors or as element ids."""
    words = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(word, str | int) and not isinstance(word, bool) for word in words):
        raise UsageError("an answer is a text", hint="for a question of kind multi, a list of texts")
    texts = [str(word).strip() for word in words]
    if ask.kind == "multi":
        texts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    if ask.kind == "next-hop":
        places = result.world.places
        texts = [places.by_selector[text].id if text in places.by_selector else text for text in texts]
    return frozenset(texts)
