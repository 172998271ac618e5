"""Lint and check: everything that can be said about a lesson file, at once and in file order.

lint   reads: YAML, shape, names, language, teaching, access. Builds the cluster, sends nothing.
check  lint, and if nothing is broken plays the lesson on the model: facts, answers, addresses in prose.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.curriculum.findings import Finding, in_file_order, without_ignored
from app.curriculum.language import language_findings
from app.curriculum.library import Library, LoadedLesson
from app.curriculum.names import course_names, element_names, own_names
from app.curriculum.places import Places
from app.curriculum.playthrough import MakeSim, Playthrough, RunCommand, play
from app.curriculum.prose import nearest_address, unknown_literals
from app.curriculum.reading import LessonFile, Reading
from app.curriculum.start import StartError, start_state
from app.curriculum.teaching import access_findings, teaching_findings
from app.curriculum.texts import spoken
from app.sim.scene import scene
from app.sim.simulator import Simulator

__all__ = ["check", "lint"]


def lint(reading: Reading, library: Library, make_sim: MakeSim | None = None) -> list[Finding]:
    """Return every finding that needs no flow to be sent."""
    file = reading.file
    if file is None:
        return in_file_order(reading.findings)
    findings = [*reading.findings, *own_names(file), *course_names(file, library)]
    findings += language_findings(file, library.glossary)
    findings += [*teaching_findings(file), *access_findings(file)]
    try:
        sim = (make_sim or Simulator)(start_state(file, library.roots))
        findings += element_names(file, Places(scene(sim)))
    except StartError as error:
        findings += error.findings
    return _told(findings, file)


def check(
    reading: Reading, library: Library, run_command: RunCommand | None, make_sim: MakeSim | None = None
) -> list[Finding]:
    """Return the findings of `lint`; where it finds no broken name or shape, also what the model says."""
    findings = lint(reading, library, make_sim)
    file = reading.file
    if file is None or any(finding.code.startswith(("E1", "E2", "E3")) for finding in findings):
        return findings
    sim = (make_sim or Simulator)(LoadedLesson(file, library).cluster_file())
    played = play(file, sim, run_command)
    return _told([*findings, *_model_findings(file, played), *_literal_findings(file, played)], file)


def _told(findings: list[Finding], file: LessonFile) -> list[Finding]:
    return in_file_order(without_ignored(findings, file.document.source.lines))


def _model_findings(file: LessonFile, played: Playthrough) -> Iterator[Finding]:
    for problem in played.problems():
        yield file.finding(problem.code, problem.message, problem.path, problem.mend, word=problem.word)


def _literal_findings(file: LessonFile, played: Playthrough) -> Iterator[Finding]:
    """Yield addresses in prose that nothing in the cluster has at that step (E402)."""
    for passage, lang, text in spoken(file.lesson):
        world = played.steps[passage.step].world if passage.step is not None else played.start
        for word in unknown_literals(text, world.places, world.prefixes):
            near = nearest_address(word, world.places)
            message = f"the text names {word}, which exists nowhere in the cluster at this step"
            message += f" (nearest: {near})" if near else ""
            mend = "write {{pod/NAMESPACE/NAME.ip}} so that the text follows the model"
            yield file.finding("E402", message, (*passage.path, lang), mend, word=word)
    yield from _option_findings(file, played)


def _option_findings(file: LessonFile, played: Playthrough) -> Iterator[Finding]:
    """Yield options that become the same value once they are filled in: two that look different, but are one."""
    for number, result in enumerate(played.steps):
        key, ask = result.key, result.step.ask
        if key is None or ask is None:
            continue
        for index, value in enumerate(key.values):
            if value in key.values[:index]:
                where = ("steps", number, "ask", "options", index, "value")
                message = f"this option is {value}, as an earlier one is"
                yield file.finding("E401", message, where, "options must differ in the model, not only in the text")
