"""The table of `kubectl get`: the server's cells, and the columns that the client adds.

Source: k8s.io/cli-runtime pkg/printers/tableprinter.go, k8s.io/kubectl pkg/cmd/get/get.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.kube.scheme import Kind
from app.kube.tables import View, table_of
from app.kube.tables.text import format_labels
from app.shell.kubectl.output.layout import layout
from app.shell.kubectl.resources import object_text

__all__ = ["Table"]


@dataclass
class Table:
    """How a kind's table is printed. `widths` are kept from one print to the next, as `get --watch` does."""

    kind: Kind
    view: View
    with_namespace: bool = False
    with_kind: bool = False
    with_headers: bool = True
    show_labels: bool = False
    label_columns: Sequence[str] = ()
    widths: list[int] = field(default_factory=list)

    def text(self, bodies: Sequence[Mapping[str, Any]], events: Sequence[str] = ()) -> str:
        """Return the header, if it is asked for, and a row for each object; `events` are words before the rows."""
        rows = [self._row(body) for body in bodies]
        if self.with_headers:
            rows.insert(0, self._header())
        if events:
            words = ["EVENT", *events] if self.with_headers else events
            rows = [[word, *row] for word, row in zip(words, rows, strict=True)]
        self.with_headers = False
        return layout(rows, widths=self.widths)

    def _header(self) -> list[str]:
        shown = [c.name for c in table_of(self.kind.kind).columns if self.view.is_wide or not c.is_wide]
        labels = [label.rpartition("/")[2].upper() for label in self.label_columns]
        return [
            *(["NAMESPACE"] if self.with_namespace else []),
            *shown,
            *labels,
            *(["LABELS"] if self.show_labels else []),
        ]

    def _row(self, body: Mapping[str, Any]) -> list[str]:
        table = table_of(self.kind.kind)
        cells = table.cells(body, self.view)
        shown = [cell for c, cell in zip(table.columns, cells, strict=True) if self.view.is_wide or not c.is_wide]
        metadata = body.get("metadata") or {}
        if self.with_kind and table.columns[0].name == "NAME":
            shown[0] = object_text(self.kind, shown[0])
        labels = metadata.get("labels") or {}
        added = [str(labels.get(label, "")) for label in self.label_columns]
        if self.show_labels:
            added.append(format_labels(labels))
        namespace = [str(metadata.get("namespace", ""))] if self.with_namespace else []
        return [_first_line(cell) for cell in (*namespace, *shown, *added)]


def _first_line(cell: str) -> str:
    found = re.search(r"[\n\r\f]", cell)
    return f"{cell[: found.start()]}..." if found else cell
