"""Plays a whole lesson on the model, once, in step order, and keeps what came of it as plain values.

    cluster file -> Simulator -> step 1: do, truth, facts -> step 2 ... -> Playthrough

Caches of the modelled kernel live on from one flow to the next, so the order of the steps matters and the result does
not depend on how a student walks through the lesson. Sessions of many students share one Playthrough.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.core.errors import PodwalkError
from app.core.yaml12 import Path
from app.curriculum.facts import Fact, check_fact, is_one_of
from app.curriculum.places import Places, UnknownPlaceError
from app.curriculum.prose import fill
from app.curriculum.queries import evaluate
from app.curriculum.reading import LessonFile
from app.curriculum.schema import Ask, Expect, Run, Send, Step
from app.curriculum.tables import Tables
from app.curriculum.truth import Truth, TruthSyntaxError, parse_truth
from app.curriculum.walks import NoAnswerError, asked_prefix, path
from app.curriculum.world import CommandOutput, Output, Sent, World
from app.kube.clusterfile import ClusterFile
from app.sim.request import TraceRequest
from app.sim.scene import scene
from app.sim.simulator import Simulator
from app.sim.trace import to_json

__all__ = ["Key", "MakeSim", "Playthrough", "Problem", "RunCommand", "StepResult", "play"]

#: app.shell.run, injected by whoever calls: this layer stands below the terminal.
RunCommand = Callable[[Simulator, str, str], CommandOutput]
MakeSim = Callable[[ClusterFile], Simulator]


@dataclass(frozen=True)
class Problem:
    """Something that the model contradicts, at a path of the lesson. `word` is the text to point at."""

    code: str
    message: str
    path: Path
    mend: str = ""
    word: str = ""


@dataclass(frozen=True)
class Key:
    """The computed answer of a question. `values` are the options' values as compared: filled in, places as ids."""

    truth: Truth
    right: frozenset[str]
    values: tuple[str, ...]
    shown: Mapping[str, int] = field(default_factory=dict)
    """While a next-hop question is open: how many hops of which flow may be shown."""

    def is_right(self, given: frozenset[str]) -> bool:
        """Whether an answer says what the model says."""
        return len(given) == len(self.right) and all(is_one_of(g, self.right) for g in given)

    def matches(self, value: str) -> bool:
        """Whether one option's value is (part of) the answer."""
        return is_one_of(value, self.right)


@dataclass(frozen=True)
class StepResult:
    """What is true at the end of one step."""

    step: Step
    world: World
    stage: tuple[str, ...]
    """Ids of the flows on the stage, in order."""
    outputs: tuple[Output, ...]
    facts: tuple[Fact, ...]
    key: Key | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Playthrough:
    """A lesson, played."""

    file: LessonFile
    start: World
    steps: tuple[StepResult, ...]

    def step(self, step_id: str) -> StepResult | None:
        """Return one step's result by id."""
        return next((result for result in self.steps if result.step.id == step_id), None)

    def problems(self) -> list[Problem]:
        """Return everything that the model contradicts."""
        return [problem for result in self.steps for problem in result.problems]


def play(file: LessonFile, sim: Simulator, run_command: RunCommand | None) -> Playthrough:
    """Play every step. Without `run_command`, a step that runs a command has problem E405."""
    player = _Player(sim, run_command)
    start = player.world()
    return Playthrough(file, start, tuple(player.step(step, number) for number, step in enumerate(file.lesson.steps)))


class _Player:
    """The one pass over the steps: the simulator, and what has been sent and run so far."""

    def __init__(self, sim: Simulator, run_command: RunCommand | None) -> None:
        self.sim = sim
        self.run_command = run_command
        self.sent: dict[str, Sent] = {}
        self.outputs: dict[str, Output] = {}
        self.stage: list[str] = []
        self.failed: set[str] = set()
        self.problems: list[Problem] = []

    def world(self) -> World:
        """Return a view of now; tables are read while the step is being judged, never later."""
        drawn = scene(self.sim)
        tables = Tables(self.sim.network)
        return World(drawn, Places(drawn), tables, dict(self.sent), dict(self.outputs), tables.prefixes())

    def step(self, step: Step, number: int) -> StepResult:
        """Do what the step does, then judge its question and its facts."""
        self.problems = []
        base: Path = ("steps", number)
        ran = self._do(step, base)
        world = self.world()
        key = self._key(step.ask, (*base, "ask"), world) if step.ask else None
        facts = tuple(check_fact(expect, world) for expect in step.expect)
        for index, fact in enumerate(facts):
            if not fact.ok and not self._is_told_already(step.expect[index]):
                where = (*base, "expect", index)
                self.problems.append(Problem("E411", f"the model disagrees: {fact.disagrees}", where, fact.mend))
        return StepResult(step, world, tuple(self.stage), ran, facts, key, tuple(self.problems))

    def _is_told_already(self, expect: Expect) -> bool:
        """Whether a fact fails only because its command did, which is a problem of its own."""
        return expect.output is not None and expect.output.of in self.failed

    # --- do -----------------------------------------------------------------------------------------------------------

    def _do(self, step: Step, base: Path) -> tuple[Output, ...]:
        sends = [do for do in step.do if do.send]
        if sends or any(do.clear for do in step.do):
            self.stage = []
        for index, do in enumerate(step.do):
            where = (*base, "do", index)
            try:
                if do.send:
                    self._send(do.send)
                elif do.run:
                    self._run(do.run, where)
            except (PodwalkError, UnknownPlaceError) as error:
                hint = error.hint if isinstance(error, PodwalkError) else ""
                message = error.message if isinstance(error, PodwalkError) else str(error)
                self.problems.append(Problem("E405", f"this cannot be done: {message}", where, hint))
        return tuple(self.outputs[do.run.id] for do in step.do if do.run and do.run.id in self.outputs)

    def _send(self, send: Send) -> None:
        to = fill(send.to, self.world().places)
        trace = self.sim.trace(TraceRequest(send.from_, to, ttl=send.ttl, size=send.size, df=send.df))
        self.sent[send.id] = Sent(send, trace, json.loads(to_json(trace)))
        self.stage.append(send.id)

    def _run(self, run: Run, where: Path) -> None:
        if self.run_command is None:
            self.problems.append(Problem("E405", "no terminal is at hand to run this", where))
            return
        command = fill(run.cmd, self.world().places)
        result = self.run_command(self.sim, run.on, command)
        self.outputs[run.id] = Output(run.id, run.on, command, result.stdout, result.exit_code, result.stderr)
        if result.exit_code != 0:
            self.failed.add(run.id)
            message = f"'{command}' fails with exit code {result.exit_code}: {result.stderr.strip()}"
            self.problems.append(Problem("E405", message, (*where, "run", "cmd")))

    # --- ask ----------------------------------------------------------------------------------------------------------

    def _key(self, ask: Ask, base: Path, world: World) -> Key | None:
        try:
            truth = parse_truth(ask.truth)
            right = evaluate(truth, world)
            values = tuple(_value(option.value, truth, world.places) for option in ask.options)
        except (TruthSyntaxError, NoAnswerError, UnknownPlaceError) as error:
            mend = "change what is asked, or what is sent"
            self.problems.append(Problem("E404", f"the question has no answer: {error}", (*base, "truth"), mend))
            return None
        key = Key(truth, right, values, _shown(truth, right, world))
        self.problems += _options_problems(ask, key, base, world.places)
        return key


def _value(value: str, truth: Truth, places: Places) -> str:
    return places.get(value).id if truth.is_place() else fill(value, places)


def _shown(truth: Truth, right: frozenset[str], world: World) -> dict[str, int]:
    """Return the prefix that an open next-hop question may show. hop(N) asks where the packet goes from place N-1."""
    if not truth.is_place():
        return {}
    sent, places = world.sent[truth.arguments[0]], world.places
    answer = places.by_id[next(iter(right))]
    if truth.member == "after":
        asked = places.get(truth.member_argument or "")
    else:
        asked = path(sent, places)[max(int(truth.member_argument or "1") - 2, 0)]
    return {sent.send.id: asked_prefix(sent, asked, answer, places)}


def _options_problems(ask: Ask, key: Key, base: Path, places: Places) -> list[Problem]:
    """Check that the options decide the question: one is right (multi: the whole set), another is not."""
    where = (*base, "truth")
    answer = ", ".join(sorted(_shown_value(value, places) for value in key.right))
    right = [value for value in key.values if key.matches(value)]
    missing = [v for v in key.right if not is_one_of(v, key.values)]
    if ask.kind == "multi":
        names = ", ".join(sorted(missing))
        return (
            [Problem("E401", f"the answer holds {names}, which is no option", where)] if missing else _enough(key, base)
        )
    if len(right) != 1 and not (ask.kind == "field" and not ask.options):
        count = "no option is" if not right else f"{len(right)} options are"
        return [Problem("E401", f"the answer is {answer}, and {count} that", where, "exactly one option must be right")]
    return [] if ask.kind == "field" else _enough(key, base)


def _enough(key: Key, base: Path) -> list[Problem]:
    if all(key.matches(value) for value in key.values):
        return [Problem("E401", "every option is right", (*base, "options"), "add one that a learner might believe")]
    return []


def _shown_value(value: str, places: Places) -> str:
    return places.by_id[value].selector if value in places.by_id else value
