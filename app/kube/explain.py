"""pydantic's errors in podwalk's words: each at its line and column, with the legal values and the nearest name."""

from __future__ import annotations

import re
import types
from collections.abc import Container, Iterable, Mapping
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.core.errors import ManifestError, PodwalkError, did_you_mean, listing, nearest
from app.core.yaml12 import Document, Path
from app.kube.values import kind_of

_WANTED = {
    "string_type": "a string",
    "int_type": "an integer",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def without_nulls(value: Any) -> Any:
    """Return the data without keys whose value is null: Kubernetes takes them for left out."""
    if type(value) is str:  # most of what there is
        return value
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def path_text(path: Path) -> str:
    """Return a path as Kubernetes writes it: `spec.nodes[0].ip`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def explain(
    error: ValidationError, model: type[BaseModel], document: Document, base: Path = (), slips: Container[Path] = ()
) -> list[PodwalkError]:
    """Return one ManifestError for each error of the validation of `model` at `base` in the document.

    `slips` are paths of fields that were meant but misspelt, and told already; they are not missing as well.
    """
    errors = error.errors(include_url=False)
    unknown = [tuple(details["loc"]) for details in errors if details["type"] == "extra_forbidden"]
    meant = {(*path[:-1], nearest(str(path[-1]), legal_keys(model, path[:-1]))) for path in unknown}
    return [
        _explain_one(details, model, document, base)
        for details in errors
        if details["type"] != "missing" or not (details["loc"] in meant or (*base, *details["loc"]) in slips)
    ]


def _explain_one(details: ErrorDetails, model: type[BaseModel], document: Document, base: Path) -> ManifestError:
    path: Path = tuple(details["loc"])
    kind, context = details["type"], details.get("ctx", {})
    if path and path[-1] == "[key]":
        return _wrong_key(path[:-1], document, base)
    if kind == "extra_forbidden":
        return unknown_key(base + path, legal_keys(model, path[:-1]), document)
    if kind == "missing":
        return _missing(path, document, base)
    sentence, hint = _sentence(kind, details, context, document.node(base + path).text)
    return ManifestError(f"{path_text(base + path)}: {sentence}", hint=hint, at=document.mark(base + path))


def unknown_key(path: Path, legal: Iterable[str], document: Document) -> ManifestError:
    """Return the error for a key that is not in `legal`, the keys beside it."""
    names, key = list(legal), str(path[-1])
    where = f" in {path_text(path[:-1])}" if path[:-1] else ""
    return ManifestError(
        f"unknown key '{key}'{where}{did_you_mean(key, names)}",
        hint=f"legal: {listing(sorted(names))}",
        at=document.key_mark(path),
    )


def _missing(path: Path, document: Document, base: Path) -> ManifestError:
    where = path_text(base + path[:-1]) or "the document"
    return ManifestError(
        f"{where} lacks '{path[-1]}'", hint=f"add `{path[-1]}: ...`", at=document.mark(base + path[:-1])
    )


def _wrong_key(path: Path, document: Document, base: Path) -> ManifestError:
    return ManifestError(f"{path_text(base + path)}: the key must be a string", at=document.key_mark(base + path))


def _sentence(kind: str, details: ErrorDetails, context: Mapping[str, Any], written: str) -> tuple[str, str]:
    """Return what is wrong with a value (the text after its path) and how to mend it."""
    value = details["input"]
    if kind == "podwalk":
        return str(context["message"]), str(context["hint"]) or _quote_hint(value, written)
    if kind == "literal_error":
        legal = re.findall(r"'([^']*)'", str(context["expected"]))
        if not isinstance(value, str):
            return f"must be a string, not {kind_of(value)}", f"legal: {listing(legal)}"
        return f"'{value}' is not a legal value{did_you_mean(value, legal)}", f"legal: {listing(legal)}"
    if kind in _WANTED:
        return f"must be {_WANTED[kind]}, not {kind_of(value)}", _quote_hint(value, written) if "str" in kind else ""
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = "at least" if kind == "greater_than_equal" else "at most"
        return f"must be {bound} {context['ge' if 'ge' in context else 'le']}, not {value}", ""
    if kind == "too_long":
        return f"has {context['actual_length']} entries; at most {context['max_length']} are allowed", ""
    if kind == "too_short":
        return "is empty; at least one entry is required", ""
    return details["msg"], ""


def _quote_hint(value: object, written: str) -> str:
    return f'write "{written}" in quotes' if isinstance(value, int | float) else ""


def legal_keys(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that a mapping at `path` below a value of `model` may have."""
    inner: type[BaseModel] | None = model
    for step in path:
        if isinstance(step, str) and inner is not None:
            inner = _model_of(inner, step)
    return [field.alias or name for name, field in inner.model_fields.items()] if inner else []


def _model_of(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    fields = [field for name, field in model.model_fields.items() if key in (field.alias, name)]
    return _find_model(fields[0].annotation) if fields else None


def _find_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, list, dict, Union, types.UnionType) or hasattr(annotation, "__metadata__"):
        return next((found for part in get_args(annotation) if (found := _find_model(part))), None)
    return None
