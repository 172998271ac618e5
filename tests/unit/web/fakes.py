"""A small course and cluster in place of the real ones: what app/web does with them is tested, not what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.errors import UsageError
from app.web.backend import Backend
from app.web.commands import SandboxSend

View = dict[str, Any]
SECRET = "the-key-is-cni0"


def text(words: str) -> View:
    return {"zh": words, "en": words}


def fake_wire(*, withheld: int = 0, to: str = "icmp://10.2.2.50") -> View:
    verdict = None if withheld else {"outcome": "delivered", "why": SECRET}
    return {"schema": "podwalk-wire/v1", "to": to, "verdict": verdict, "withheld": withheld, "hops": []}


SCENE: View = {
    "schema": "podwalk-scene/v1",
    "cluster": "fake",
    "rooms": [
        {"id": "n1", "kind": "node", "label": "n1", "parent": None, "ip": "10.0.0.11"},
        {"id": "n2", "kind": "node", "label": "n2", "parent": None, "ip": "10.0.0.12"},
        {"id": "pod/default/a", "kind": "pod", "label": "a", "parent": "n1", "ip": "10.2.1.2", "listens": []},
        {"id": "pod/default/b", "kind": "pod", "label": "b", "parent": "n2", "ip": "10.2.2.2", "listens": ["tcp/80"]},
        {"id": "ext/client", "kind": "external", "label": "client", "parent": None, "ip": "10.0.0.200"},
    ],
}


class LeakyPlayer:
    """A player that withholds nothing: only `study.sealed` stands between it and the browser."""

    steps = ("look", "predict")

    def __init__(self, notes: Sequence[Mapping[str, Any]]) -> None:
        self.notes: dict[str, View] = {str(note["step"]): dict(note) for note in notes}

    def open(self) -> View:
        done = {step: self.notes.get(step, {}).get("state") in ("seen", "right", "skipped") for step in self.steps}
        steps = [{"id": step, "title": text(step), "done": done[step]} for step in self.steps]
        return {"id": "first", "title": text("First"), "steps": steps, "scene": SCENE}

    def enter(self, step_id: str) -> View:
        self._note(step_id)
        return self._view(step_id)

    def answer(self, step_id: str, value: str | list[str]) -> View:
        note = self._note(step_id)
        right = value == "cni0"
        note.update(tries=note["tries"] + 1, state="right" if right or note["state"] == "right" else note["state"])
        return {"right": right, "why": text("why"), "tries": note["tries"], "step": self._view(step_id)}

    def skip(self, step_id: str) -> View:
        note = self._note(step_id)
        note["state"] = "right" if note["state"] == "right" else "skipped"
        return self._view(step_id)

    def progress(self) -> list[View]:
        return list(self.notes.values())

    def _note(self, step_id: str) -> View:
        if step_id not in self.steps:
            raise UsageError("no such step", hint="look, predict")
        fresh = {"step": step_id, "tries": 0, "state": "open" if step_id == "predict" else "seen"}
        return self.notes.setdefault(step_id, fresh)

    def _view(self, step_id: str) -> View:
        note = self.notes[step_id]
        ask = {"kind": "choice", "prompt": text("?"), "options": [], "state": note["state"], "tries": note["tries"]}
        return {
            "id": step_id,
            "title": text(step_id),
            "say": text(f"<p>say {step_id}</p>"),
            "ask": ask if step_id == "predict" else None,
            "answer": {"value": SECRET},
            "traces": [{"id": "ping", "title": text("ping"), "wire": fake_wire()}],
            "facts": [{"text": text(SECRET), "ok": True}],
            "after": text(SECRET),
            "errata": text(SECRET),
        }


class FakeCourse:
    def tracks(self) -> list[View]:
        card = {"title": text("First"), "summary": text("sum"), "minutes": 2, "level": "intro", "requires": []}
        cards = [{**card, "id": name, "steps": 2} for name in ("first", "second")]
        return [{"title": text("Track"), "lessons": cards}]

    def step_ids(self) -> dict[str, list[str]]:
        return {"first": list(LeakyPlayer.steps), "second": list(LeakyPlayer.steps)}

    def story(self, lesson_id: str) -> list[View]:
        return [{"id": step, "title": text(step), "say": text(f"<p>say {step}</p>")} for step in LeakyPlayer.steps]

    def make_player(self, lesson_id: str, notes: Sequence[Mapping[str, Any]]) -> LeakyPlayer:
        if lesson_id not in ("first", "second"):
            raise UsageError("no such lesson", hint="first, second")
        return LeakyPlayer(notes)


class FakeModel:
    made = 0

    def __init__(self) -> None:
        FakeModel.made += 1
        self.sent = 0

    def scene(self) -> View:
        return {**SCENE, "sent": self.sent}

    def services(self) -> list[tuple[str, str]]:
        return []

    def send(self, command: SandboxSend) -> View:
        if command.from_ == "pod/default/nobody":
            raise UsageError("there is no 'pod/default/nobody' in this cluster")
        if command.to == "tcp://boom":
            raise ZeroDivisionError("secret detail")
        if command.to == "tcp://slow":
            sum(number * number for number in range(20_000_000))
        self.sent += 1
        return fake_wire(to=command.to)


def fake_backend() -> Backend:
    return Backend(FakeCourse(), FakeModel, b'{"title": "podwalk-trace/v1"}')
