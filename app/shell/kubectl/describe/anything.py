"""`kubectl describe` of what has no description of its own: its fields, as words, in the order of their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.kube.bodies import mapping_at
from app.shell.kubectl.describe.writer import Described, Writer, heading

__all__ = ["describe_anything"]

SHOWN_ABOVE = ("name", "namespace", "labels", "annotations", "managedFields")


def describe_anything(about: Described, out: Writer) -> None:
    """Write any object (unstructured describer)."""
    heading(about, out)
    metadata = mapping_at(about.body, "metadata")
    rest = {key: value for key, value in metadata.items() if key not in SHOWN_ABOVE}
    _fields({**about.body, "metadata": rest}, out, 0)
    about.events(out)


def _fields(body: Mapping[str, Any], out: Writer, level: int) -> None:
    for key in sorted(body, key=_words):
        value, words = body[key], _words(key)
        if isinstance(value, Mapping):
            out.line(f"{words}:", level)
            _fields(value, out, level + 1)
        elif isinstance(value, list | tuple):
            out.line(f"{words}:", level)
            for item in value:
                if isinstance(item, Mapping):
                    _fields(item, out, level + 1)
                else:
                    out.line(f"{item}", level + 1)
        else:
            text = str(value).lower() if isinstance(value, bool) else "<nil>" if value is None else str(value)
            out.line(f"{words}:\t{text}", level)


def _words(key: str) -> str:
    """Return `firstTimestamp` as `First Timestamp`, `apiVersion` as `API Version`."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[^A-Za-z0-9]+", key)
    return " ".join(
        w.upper() if w.lower() in ("api", "uid", "ip", "url", "id", "cidr") else w[:1].upper() + w[1:] for w in words
    )
