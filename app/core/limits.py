"""Every limit lives in `app/limits.toml`, with its reason; this is the one reader."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

LIMITS_FILE = Path(__file__).resolve().parent.parent / "limits.toml"


@cache
def all_limits() -> dict[str, int]:
    """Return every limit as `section.name -> number`, in the order of the file."""
    sections = tomllib.loads(LIMITS_FILE.read_text(encoding="utf-8"))
    return {f"{section}.{name}": int(value) for section, keys in sections.items() for name, value in keys.items()}


def limit(name: str) -> int:
    """Return the limit `section.name`, e.g. `yaml.depth`. A name that is not in the file is a KeyError."""
    return all_limits()[name]
