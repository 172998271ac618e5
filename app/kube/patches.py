"""Patches: what a PATCH request makes of an object. A JSON merge patch and a JSON patch know nothing of Kubernetes.

Sources: RFC 7386 (merge patch), RFC 6902 (JSON patch), RFC 6901 (JSON pointer).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.bodies import plain
from app.kube.status import StatusError, bad_request


def merge_patch(target: Any, patch: Any) -> Any:
    """Return the outcome of a JSON merge patch: mappings merged, null removes, the rest replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def json_patch(target: Any, operations: Any) -> Any:
    """Return the outcome of a JSON patch. StatusError: an operation cannot be read, or cannot be done."""
    if not isinstance(operations, list):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    document = plain(target)
    for operation in operations:
        if not isinstance(operation, Mapping):
            raise bad_request(
                "error decoding patch: json: cannot unmarshal string into Go value of type jsonpatch.Operation"
            )
        document = _operate(document, operation)
    return document


def _undoable() -> StatusError:
    """What the server says when an operation fails: apiserver pkg/endpoints/handlers/patch.go, applyJSPatch()."""
    return StatusError(422, "Invalid", "the server rejected our request due to an error in our request")


def _operate(document: Any, operation: Mapping[str, Any]) -> Any:
    name, steps = operation.get("op"), _pointer(operation.get("path"))
    match name:
        case "add":
            return _put(document, steps, plain(operation.get("value")), insert=True)
        case "replace":
            _look(document, steps)
            return _put(document, steps, plain(operation.get("value")), insert=False)
        case "remove":
            return _take(document, steps)
        case "move" | "copy":
            source = _pointer(operation.get("from"))
            value = plain(_look(document, source))
            rest = _take(document, source) if name == "move" else document
            return _put(rest, steps, value, insert=True)
        case "test":
            if _look(document, steps) != operation.get("value"):
                raise _undoable()
            return document
    raise _undoable()


def _pointer(text: object) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise _undoable()
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _index(step: str, length: int) -> int:
    if not step.isascii() or not step.isdecimal() or len(step) > 9 or int(step) >= length:
        raise _undoable()
    return int(step)


def _look(value: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(value, dict):
            if step not in value:
                raise _undoable()
            value = value[step]
        elif isinstance(value, list):
            value = value[_index(step, len(value))]
        else:
            raise _undoable()
    return value


def _put(document: Any, steps: list[str], value: Any, *, insert: bool) -> Any:
    if not steps:
        return value
    holder, last = _look(document, steps[:-1]), steps[-1]
    if isinstance(holder, dict):
        holder[last] = value
    elif isinstance(holder, list) and insert:
        holder.insert(len(holder) if last == "-" else _index(last, len(holder) + 1), value)
    elif isinstance(holder, list):
        holder[_index(last, len(holder))] = value
    else:
        raise _undoable()
    return document


def _take(document: Any, steps: list[str]) -> Any:
    _look(document, steps)
    if not steps:
        raise _undoable()
    holder = _look(document, steps[:-1])
    if isinstance(holder, dict):
        del holder[steps[-1]]
    else:
        del holder[_index(steps[-1], len(holder))]
    return document
