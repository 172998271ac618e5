"""Which language a page is in: `?lang=`, else the cookie, else Accept-Language, else Simplified Chinese."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import msgspec

LOCALES = {"zh": "zh-CN", "en": "en"}
"""Primary language subtag -> the locale's folder and the value of the page's `lang` attribute."""
COOKIE = "lang"
DEFAULT = "zh-CN"
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def locale_of(tag: str | None) -> str | None:
    """Return "zh-CN" or "en" for a language tag (RFC 5646) such as zh, zh-TW or en-GB, None for any other."""
    return LOCALES.get((tag or "").split("-")[0].strip().lower())


def choose(query: str | None, cookie: str | None, accept: str) -> str:
    """Return the page's locale; `accept` is an Accept-Language header (RFC 9110, 12.5.4)."""
    return locale_of(query) or locale_of(cookie) or _accepted(accept) or DEFAULT


def _accepted(header: str) -> str | None:
    weighted = []
    for position, item in enumerate(header[:512].split(",")):
        tag, _, quality = item.partition(";")
        locale = locale_of(tag)
        if locale:
            weighted.append((-_quality(quality), position, locale))
    return min(weighted)[2] if weighted else None


def _quality(parameter: str) -> float:
    found = re.search(r"q=([01](?:\.[0-9]{0,3})?)", parameter)
    return float(found[1]) if found else 1.0


def fill(template: str, params: dict[str, object]) -> str:
    """Replace `{name}` by the parameter; an unknown name is left as it is (the browser's formatter does the same)."""
    return _PLACEHOLDER.sub(lambda found: str(params.get(found[1], found[0])), template)


@functools.lru_cache(maxsize=16)
def _strings(path: Path, changed_ns: int) -> dict[str, str]:  # noqa: ARG001  (part of the key)
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str])


def ui_text(static: Path, locale: str, key: str, params: dict[str, object]) -> str:
    """Return the UI string `key` of static/locales/LOCALE/ui.json; the key itself where there is none."""
    path = static / "locales" / locale / "ui.json"
    if not path.is_file():
        return key
    return fill(_strings(path, path.stat().st_mtime_ns).get(key, key), params)
