"""kubectl's tables against other people's facts: cells of the printers' own tests, ages, the layout of real clusters."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.kube.tables import View, table_of
from app.kube.tables.age import human_duration
from app.shell.kubectl.output.layout import layout

DATA = Path(__file__).parent / "data"
TABLES, AGES, LAYOUT = (
    json.loads((DATA / f"kubectl_{name}.json").read_text()) for name in ("tables", "ages", "layout")
)
DURATIONS = [age for age in AGES if age["function"] == "HumanDuration"]


@pytest.mark.parametrize("row", TABLES, ids=lambda row: f"{row['kind']} {row['cells']}")
def test_the_cells_are_the_printers(row: dict[str, Any]) -> None:
    now = datetime.fromisoformat(row["now"])
    for is_wide in (False, True):
        wanted = row.get("cells_with_wide") or row["cells"] + row.get("wide_cells", []) if is_wide else row["cells"]
        table = table_of(row["kind"])
        cells = table.cells(row["object"], View(now, (1, 34), is_wide))
        shown = [
            (column.name, cell)
            for column, cell in zip(table.columns, cells, strict=True)
            if not column.is_wide or (is_wide and len(wanted) > len(row["cells"]))
        ]
        if is_wide and "wide_cells" not in row and "cells_with_wide" not in row:
            continue
        names = row["columns"] + (row.get("wide_columns", []) if is_wide and len(wanted) > len(row["cells"]) else [])
        assert shown == list(zip(names, wanted, strict=True))


@pytest.mark.parametrize("age", DURATIONS, ids=lambda age: str(age["seconds"]))
def test_a_duration_is_rounded_as_kubernetes_does(age: dict[str, Any]) -> None:
    assert human_duration(round(age["seconds"] * 10**9)) == age["expect"]


@pytest.mark.parametrize("block", LAYOUT["blocks"], ids=lambda block: block["command"])
def test_the_columns_are_those_of_real_clusters(block: dict[str, Any]) -> None:
    assert layout(block["rows"]).splitlines() == block["stdout_lines"]
