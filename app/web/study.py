"""Lessons of one visitor: opened, answered, kept. The player computes and withholds; here it is kept and sealed.

A player can be built again from its notes, so only the most recently used ones stay in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.core.limits import limit
from app.web.backend import Player, View
from app.web.lru import LruCache
from app.web.storage import ProgressStore, StepNote

MakePlayer = Callable[[str, Sequence[Mapping[str, Any]]], Player]


class Study:
    """All visitors' lessons."""

    def __init__(self, make_player: MakePlayer, store: ProgressStore) -> None:
        self._make_player = make_player
        self._store = store
        self._players: LruCache[tuple[str, str], Player] = LruCache(limit("web.lesson_players"))

    def _player(self, visitor: str, lesson: str) -> Player:
        return self._players.get(
            (visitor, lesson), lambda: self._make_player(lesson, self._store.notes(visitor, lesson))
        )

    def open(self, visitor: str, lesson: str) -> View:
        """Return the LessonView with this visitor's done marks."""
        return {"lesson": self._player(visitor, lesson).open()}

    def enter(self, visitor: str, lesson: str, step: str) -> View:
        """Return a step as far as this visitor may see it, and note that they were there."""
        player = self._player(visitor, lesson)
        view = sealed(player.enter(step))
        self._keep(visitor, lesson, player)
        return {"step": view}

    def answer(self, visitor: str, lesson: str, step: str, value: str | list[str]) -> View:
        """Judge one try and keep it."""
        player = self._player(visitor, lesson)
        judged = player.answer(step, value)
        self._keep(visitor, lesson, player)
        shown = judged.get("step")
        return {**judged, "step": sealed(shown) if shown else None}

    def skip(self, visitor: str, lesson: str, step: str) -> View:
        """Reveal the answer and keep that it was revealed."""
        player = self._player(visitor, lesson)
        view = sealed(player.skip(step))
        self._keep(visitor, lesson, player)
        return {"step": view}

    def _keep(self, visitor: str, lesson: str, player: Player) -> None:
        done = {step["id"]: bool(step["done"]) for step in player.open()["steps"]}
        notes = [StepNote(note["step"], done.get(note["step"], False), note) for note in player.progress()]
        self._store.save(visitor, lesson, notes)


_WHILE_OPEN: View = {"answer": None, "facts": [], "after": None, "errata": None}


def sealed(step: View) -> View:
    """Return the step with nothing in it that answers its open question: the last check before it leaves.

    The player withholds by itself; a lesson format that grows a field must not leak through here.
    """
    ask = step.get("ask")
    if not ask or ask["state"] != "open":
        return step
    traces = [trace for trace in step["traces"] if trace["wire"]["withheld"] > 0 and trace["wire"]["verdict"] is None]
    return {**step, **_WHILE_OPEN, "traces": traces if ask["kind"] == "next-hop" else []}
