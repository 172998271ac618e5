"""Captions: a code and its parameters become a sentence. The templates lie in static/locales/LANG/captions.json."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import cast

from app.core.assets import static_dir

__all__ = ["LANGUAGES", "catalogue", "fill", "render"]

LANGUAGES = ("zh-CN", "en")
_PARAM = re.compile(r"\{(\w+)\}")


@cache
def catalogue(lang: str) -> dict[str, dict[str, str]]:
    """Return the caption texts of `lang`: sections hop, kind, leg, verdict, learns, outcome."""
    path = static_dir() / "locales" / lang / "captions.json"
    return cast("dict[str, dict[str, str]]", json.loads(path.read_text(encoding="utf-8")))


def fill(template: str, params: dict[str, str | int]) -> str:
    """Replace each `{name}` by its parameter; a name without one stays as it is."""
    return _PARAM.sub(lambda m: str(params.get(m[1], m[0])), template)


def render(code: str, params: dict[str, str | int], lang: str = "en") -> str:
    """Return the sentence for a hop's or a verdict's `code`. Raises KeyError for a code that has no caption."""
    texts = catalogue(lang)
    template = texts["verdict"].get(code) or texts["hop"][code]
    return fill(template, params)
