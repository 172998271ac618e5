"""What is known at the end of one step: the elements, the traces and outputs so far, and the tables.

`Sent.data` is the trace in the published JSON form, so that lessons, tests and outsiders read one and the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from app.curriculum.places import Place, Places, Scene
from app.curriculum.schema import Send

__all__ = ["CommandOutput", "Output", "Row", "Sent", "Table", "World"]

Row: TypeAlias = Mapping[str, str]


class CommandOutput(Protocol):
    """What a terminal command left: app.shell's result, seen from here."""

    @property
    def exit_code(self) -> int:
        """0: it worked."""

    @property
    def stdout(self) -> str:
        """What it printed."""

    @property
    def stderr(self) -> str:
        """What it complained about."""


class Table(Protocol):
    """Read access to the tables of the modelled kernel."""

    def __call__(self, place: Place, name: str) -> list[Row] | None:
        """Return the rows of table `name` at `place`; None: that element has no such table."""


@dataclass(frozen=True)
class Sent:
    """One flow that a lesson sent: the trace as a value and as published data."""

    send: Send
    trace: Any
    data: Mapping[str, Any]

    def hops(self, leg: str) -> list[Mapping[str, Any]]:
        """Return the hops of one leg, in order."""
        return [hop for hop in self.data["hops"] if hop["leg"] == leg]


@dataclass(frozen=True)
class Output:
    """One command that a lesson ran, and what it printed."""

    id: str
    who: str
    command: str
    stdout: str
    exit_code: int
    stderr: str = ""


@dataclass(frozen=True)
class World:
    """Everything that a question or a fact of one step can be about."""

    scene: Scene
    places: Places
    table: Table
    sent: Mapping[str, Sent] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)
    prefixes: frozenset[str] = frozenset()
    """The destinations of all routes: networks that a text may name."""
