"""The cells of `kubectl get`, as the API server makes them: one file a kind (pkg/printers/internalversion/printers.go).

    table = table_of("Pod")
    [column.name for column in table.columns]      # NAME READY STATUS RESTARTS AGE IP ...; `is_wide` ones with -o wide
    table.cells(body, View(now, (1, 34)))          # one text for each column

The client adds NAMESPACE, the prefix of the name and LABELS itself, and lays the columns out.
"""

from __future__ import annotations

from app.kube.tables.table import TABLES, Column, Table, View, columns, table_of

__all__ = ["TABLES", "Column", "Table", "View", "columns", "table_of"]
