"""Filling in: a value of a manifest changed in place of the old one, whatever stands there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Body = Mapping[str, Any]
Json = dict[str, Any]


def in_spec(body: Body, fill: Callable[[Body], Json]) -> Json:
    """Return a body with its spec filled."""
    spec = body.get("spec", {})
    return {**body, "spec": fill(spec)} if isinstance(spec, Mapping) else dict(body)


def each_of(body: Json, name: str, fill: Callable[[Any], Json]) -> None:
    """Fill every mapping of a list in place of the old one."""
    given = body.get(name)
    if isinstance(given, list):
        body[name] = [fill(each) if isinstance(each, Mapping) else each for each in given]


def inner(body: Json, name: str, fill: Callable[[Any], Json]) -> None:
    """Fill the mapping of that name, if there is one."""
    given = body.get(name)
    if isinstance(given, Mapping):
        body[name] = fill(dict(given))
