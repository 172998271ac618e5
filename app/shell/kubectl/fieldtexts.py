"""What fields mean, in our own words; the real texts are the API's and not repeated here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from app.kube.schema import Field

__all__ = ["NO_TEXT", "field_text", "kind_text"]

NO_TEXT = "<no description>"
"""Of a field that the course does not meet."""


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def kind_text(kind: str) -> str:
    """Return what a kind is."""
    return _texts()["kinds"].get(kind, NO_TEXT)


def field_text(field: Field) -> str:
    """Return what a field means."""
    texts = _texts()["fields"]
    own = texts.get(f"{field.owner.rpartition('.')[2]}.{field.name}")
    return own or texts.get(f"*.{field.name}") or NO_TEXT
