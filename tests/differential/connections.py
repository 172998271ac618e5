"""The connection tables of both, as rows that can be held against each other: ids, timeouts and drawn ports are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from app.sim.trace import Trace

FLAG = re.compile(r"\[(\w+)\]")
FIELD = re.compile(r"\b(src|dst|sport|dport)=(\S+)")


class Connection(NamedTuple):
    """One entry of one node; each side is (source, destination, source port, destination port)."""

    node: str
    proto: str
    state: str
    original: tuple[str, ...]
    reply: tuple[str, ...]
    flags: str


def side(fields: Mapping[str, Any], fixed: frozenset[int]) -> tuple[str, ...]:
    ports = (fields.get("sport"), fields.get("dport"))
    names = ("" if port is None else str(port) if int(port) in fixed else "drawn" for port in ports)
    return (str(fields["src"]), str(fields["dst"]), *names)


def of_kernel(tables: Mapping[str, Iterable[str]], fixed: frozenset[int]) -> list[Connection]:
    """Return the rows of what each node's /proc/net/nf_conntrack holds."""
    rows = []
    for node, lines in tables.items():
        for line in lines:
            words = line.split()
            state = words[5] if words[2] == "tcp" else ""
            fields = FIELD.findall(line)
            half = len(fields) // 2
            original, reply = (side(dict(part), fixed) for part in (fields[:half], fields[half:]))
            rows.append(Connection(node, words[2], state, original, reply, ",".join(FLAG.findall(line))))
    return sorted(rows)


def of_model(trace: Trace, fixed: frozenset[int]) -> list[Connection]:
    """Return the rows of the trace's connections."""
    return sorted(
        Connection(node, row.proto, row.state or "", side(row.orig, fixed), side(row.reply, fixed), ",".join(row.flags))
        for node, rows in trace.conntrack.items()
        for row in rows
    )
