"""Manifests as plain data: reading a path, writing into a copy; times and identities as the API server writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Body = Mapping[str, Any]

NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What random suffixes are made of (apimachinery util/rand); podwalk derives them."""
MAX_GENERATED_PREFIX = 58
"""apiserver pkg/storage/names: a generated name has 63 letters at most."""


def value_at(body: Any, *path: str | int) -> Any:
    """Return the value at a path; None if there is none."""
    for step in path:
        if type(body) is dict or isinstance(body, Mapping):  # a Mapping costs Python code to recognize
            if type(step) is not str:
                return None
            body = body.get(step)
        elif isinstance(body, list) and isinstance(step, int) and -len(body) <= step < len(body):
            body = body[step]
        else:
            return None
    return body


def mapping_at(body: Any, *path: str | int) -> Mapping[str, Any]:
    """Return the mapping at a path; an empty one if there is none."""
    value = value_at(body, *path)
    return value if type(value) is dict or isinstance(value, Mapping) else {}


def list_at(body: Any, *path: str | int) -> list[Any]:
    """Return the list at a path; an empty one if there is none."""
    value = value_at(body, *path)
    return value if isinstance(value, list) else []


def with_value(body: Body, path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return a copy with `value` at `path` (mappings on the way are made); None takes the key out."""
    name, *rest = path
    copy = dict(body)
    if rest:
        inner = copy.get(name)
        copy[name] = with_value(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)
    elif value is None:
        copy.pop(name, None)
    else:
        copy[name] = value
    return copy


def with_metadata(body: Body, **values: Any) -> dict[str, Any]:
    """Return a copy with fields of `metadata` set; None takes a field out."""
    metadata = dict(mapping_at(body, "metadata"))
    for name, value in values.items():
        if value is None:
            metadata.pop(name, None)
        else:
            metadata[name] = value
    return {**body, "metadata": metadata}


def plain(value: Any) -> Any:
    """Return a deep copy as dicts and lists without null fields, as the server keeps an object.

    A null in a list is an empty structure, as decoding leaves it.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool:  # most of what there is
        return value
    if kind is dict or isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [{} if item is None else plain(item) for item in value]
    return value


def time_text(moment: datetime) -> str:
    """Return a metav1.Time: RFC 3339, UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: object) -> datetime | None:
    """Return the moment of a metav1.Time; None if it is none."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return None


def derived_uid(kind: str, namespace: str, name: str, revision: int) -> str:
    """Return a uid in a UUID's form; a name that is used again has another one."""
    digest = hashlib.sha1(f"{kind}/{namespace}/{name}/{revision}".encode(), usedforsecurity=False).hexdigest()
    return (
        f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-{'89ab'[int(digest[16], 16) % 4]}{digest[17:20]}-{digest[20:32]}"
    )


def derived_suffix(seed: str, length: int = 5) -> str:
    """Return what stands for a random suffix of a name."""
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(NAME_LETTERS[byte % len(NAME_LETTERS)] for byte in digest[:length])


def generated_name(prefix: str, seed: str) -> str:
    """Return what `metadata.generateName: PREFIX` becomes: five letters that depend on `seed` follow."""
    return prefix[:MAX_GENERATED_PREFIX] + derived_suffix(seed)


def free_name(prefix: str, is_taken: Callable[[str], bool], seed: str) -> str:
    """Return the first derived name with this prefix that is free (`generateName`)."""
    attempt = 0
    while is_taken(name := generated_name(prefix, f"{seed}/{prefix}/{attempt}")):
        attempt += 1
    return name
