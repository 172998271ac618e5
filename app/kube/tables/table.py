"""What a table of a kind is: its columns and how one object fills them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from app.core.registry import Registry
from app.kube.bodies import mapping_at
from app.kube.tables.age import since

__all__ = ["NONE", "TABLES", "Body", "Column", "Table", "View", "columns", "table_of"]

Body: TypeAlias = Mapping[str, Any]
NONE = "<none>"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name as the header prints it; a wide one is shown with `-o wide` only."""

    name: str
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """Who looks: the cluster's present (in UTC), its version, e.g. (1, 34), and whether they see all of long cells."""

    now: datetime
    version: tuple[int, int]
    is_wide: bool = False

    def age(self, body: Body) -> str:
        """Return the AGE cell of an object."""
        return since(mapping_at(body, "metadata").get("creationTimestamp"), self.now)


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a kind, and the cells of one object: as many as there are columns, wide ones included."""

    columns: tuple[Column, ...]
    cells: Callable[[Body, View], Sequence[str]]


TABLES = Registry[Table]("table", package="app.kube.tables")


def columns(names: str, wide: str = "") -> tuple[Column, ...]:
    """Return columns from their names between commas: `columns("NAME,AGE", wide="IP,NOMINATED NODE")`."""
    return (
        *(Column(name) for name in names.split(",")),
        *(Column(name, is_wide=True) for name in wide.split(",") if name),
    )


def table_of(kind: str) -> Table:
    """Return the table of a kind; a kind without one of its own has NAME and AGE."""
    return TABLES.get(kind) if kind in TABLES else PLAIN


def _name_and_age(body: Body, view: View) -> Sequence[str]:
    return mapping_at(body, "metadata").get("name", ""), view.age(body)


PLAIN = Table(columns("NAME,AGE"), _name_and_age)
