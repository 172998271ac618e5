"""Values of flags as Go reads them, with Go's complaints. Source: packages strconv, time, encoding/csv."""

from __future__ import annotations

import re

__all__ = ["parse_bool", "parse_duration", "parse_int", "split_list"]

TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
LARGEST = 2**63
_NUMBER = re.compile(r"[+-]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9][0-9]*)")
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)?")
UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_bool(text: str) -> bool:
    """Return strconv.ParseBool(text); ValueError in its words."""
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')


def parse_int(text: str) -> int:
    """Return strconv.ParseInt(text, 0, 64); ValueError in its words."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    is_octal = re.fullmatch(r"([+-]?)0([0-7]+)", text)
    number = int(f"{is_octal[1]}0o{is_octal[2]}", 0) if is_octal else int(text, 0)
    if not -LARGEST <= number < LARGEST:
        raise ValueError(f'strconv.ParseInt: parsing "{text}": value out of range')
    return number


def parse_duration(text: str) -> float:
    """Return time.ParseDuration(text) in seconds; ValueError in its words."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    total, at = 0.0, 0
    while at < len(rest):
        found = _PART.match(rest, at)
        if found is None:
            break
        if not found[2]:
            raise ValueError(_unit_trouble(text, rest[found.end() :]))
        total += float(found[1]) * UNITS[found[2]]
        at = found.end()
    if not rest or at < len(rest):
        raise ValueError(f'time: invalid duration "{text}"')
    return sign * total


def _unit_trouble(text: str, rest: str) -> str:
    unit = re.match(r"[^.\d]*", rest)
    name = unit[0] if unit else ""
    return f'time: unknown unit "{name}" in duration "{text}"' if name else f'time: missing unit in duration "{text}"'


def split_list(text: str) -> list[str]:
    """Return the texts between commas; one in double quotes may hold commas itself (a line of CSV)."""
    parts = re.findall(r'(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))', text)
    return [quoted.replace('""', '"') if quoted else plain for quoted, plain in parts] if text else []
