"""The parts that all generated manifests share: metadata, names, labels and ports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from app.shell.kubectl.errors import error

__all__ = ["Body", "ReadFile", "int_or_name", "metadata", "object_of", "pairs", "port_number", "wire"]

Body = dict[str, Any]
#: A file of the terminal: path -> text; a directory gives the names and texts in it; None where there is neither.
ReadFile = Callable[[str], "str | Mapping[str, str] | None"]


def object_of(api_version: str, kind: str, meta: Body, **rest: Any) -> Body:
    """Return a manifest; what is None is left out."""
    body: Body = {"kind": kind, "apiVersion": api_version, "metadata": meta}
    return body | {key: value for key, value in rest.items() if value is not None}


def metadata(
    name: str,
    namespace: str = "",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Body:
    """Return `metadata` of an object that no server has seen; `namespace` "" where the command line names none."""
    meta: Body = {"name": name} if name else {}
    if namespace:
        meta["namespace"] = namespace
    meta["creationTimestamp"] = None
    if labels:
        meta["labels"] = dict(sorted(labels.items()))
    if annotations:
        meta["annotations"] = dict(sorted(annotations.items()))
    return meta


def pairs(text: str) -> dict[str, str]:
    """Return the labels of `a=1,b=2`. Source: kubectl pkg/cmd/run/run.go, parseLabels()."""
    labels = {}
    for spec in text.split(",") if text else ():
        parts = spec.split("=")
        if len(parts) != 2:
            raise error(f"unexpected label spec: {spec}")
        if not parts[0]:
            raise error("unexpected empty label key")
        labels[parts[0]] = parts[1]
    return labels


def port_number(text: str) -> int:
    """Return a port of 0 to 65535. Source: k8s.io/utils/net/parse.go, ParsePort()."""
    if not re.fullmatch(r"\+?[0-9]+", text):
        raise error(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) > 65535:
        raise error(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def int_or_name(text: str) -> int | str:
    """Return an IntOrString as `intstr.Parse` reads it: a number of 32 bits, else a name."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]+", text) and abs(int(text)) < 1 << 31 else text


def unique(values: Iterable[str]) -> list[str]:
    """Return the values without repeats, in their order."""
    return list(dict.fromkeys(values))


def wire(body: Mapping[str, Any]) -> Body:
    """Return a generated manifest as it is sent: without nulls and without the status that only servers write."""
    return without_nulls({key: value for key, value in body.items() if key != "status"})


def without_nulls(body: Mapping[str, Any]) -> Body:
    """Return a copy in which no mapping has a key of null."""
    return {key: _without_nulls(value) for key, value in body.items() if value is not None}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_nulls(value)
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
