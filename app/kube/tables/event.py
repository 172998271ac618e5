"""The table of Events. Source: printEvent() and formatEventSource() of printers.go."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.bodies import mapping_at
from app.kube.tables.age import since
from app.kube.tables.table import TABLES, Body, Column, Table, View
from app.kube.tables.text import name

__all__ = ["cells", "source"]


def cells(body: Body, view: View) -> Sequence[str]:
    """Return LAST SEEN TYPE REASON OBJECT, wide SUBOBJECT SOURCE, MESSAGE, and wide FIRST SEEN COUNT NAME."""
    about, series = mapping_at(body, "involvedObject"), mapping_at(body, "series")
    first = body.get("firstTimestamp") or body.get("eventTime")
    last = series.get("lastObservedTime") or body.get("lastTimestamp") or first
    count = series.get("count") or body.get("count") or 1
    target = "/".join(part for part in (str(about.get("kind", "")).lower(), about.get("name")) if part)
    return (
        since(last, view.now),
        str(body.get("type") or ""),
        str(body.get("reason") or ""),
        target,
        str(about.get("fieldPath") or ""),
        source(body),
        str(body.get("message") or "").strip(),
        since(first, view.now),
        str(count),
        name(body),
    )


def source(body: Body) -> str:
    """Return who reported an event: `kubelet, node-1`."""
    by = mapping_at(body, "source")
    component = by.get("component") or body.get("reportingComponent")
    host = by.get("host") or body.get("reportingInstance")
    return ", ".join(str(part) for part in (component, host) if part)


TABLES.register("Event")(
    Table(
        (
            *(Column(title) for title in ("LAST SEEN", "TYPE", "REASON", "OBJECT")),
            Column("SUBOBJECT", is_wide=True),
            Column("SOURCE", is_wide=True),
            Column("MESSAGE"),
            *(Column(title, is_wide=True) for title in ("FIRST SEEN", "COUNT", "NAME")),
        ),
        cells,
    )
)
