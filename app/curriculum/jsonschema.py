"""The JSON Schema of a lesson file, made from the models, for editors (lessons/schema/lesson.schema.json).

Only draft-07 keywords, because older editors know no others; null is left out, because an empty key means "left out".
"""

from __future__ import annotations

import json
from typing import Any

from app.curriculum.schema import Lesson
from app.dataplane.hop import HOP_KINDS

__all__ = ["lesson_schema", "schema_text"]

_TITLE = "podwalk-lesson/v1"


def lesson_schema() -> dict[str, Any]:
    """Return the schema as plain data."""
    made = Lesson.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = made.pop("$defs")
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **made, "title": _TITLE, "definitions": definitions}
    _name_hop_kinds(definitions)
    cleaned: dict[str, Any] = _clean(schema)
    return cleaned


def _name_hop_kinds(definitions: dict[str, Any]) -> None:
    """List the kinds that the engine knows where a lesson names them."""
    kinds = {"type": "string", "enum": list(HOP_KINDS)}
    definitions["Look"]["properties"]["pause"]["items"] = kinds
    definitions["EvidenceFact"]["properties"]["kind"] |= kinds


def schema_text() -> str:
    """Return the schema as the file holds it."""
    return json.dumps(lesson_schema(), ensure_ascii=False, indent=1, sort_keys=False) + "\n"


def _clean(node: Any) -> Any:
    """Drop pydantic's titles and nulls: `anyOf: [X, null]` becomes X."""
    if isinstance(node, list):
        return [_clean(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "anyOf" in node:
        options = [option for option in node["anyOf"] if option != {"type": "null"}]
        node = {
            **{k: v for k, v in node.items() if k != "anyOf"},
            **(options[0] if len(options) == 1 else {"anyOf": options}),
        }
    if node.get("default", 0) is None:
        node = {k: v for k, v in node.items() if k != "default"}
    return {k: _clean(v) for k, v in node.items() if not (k == "title" and isinstance(v, str) and v != _TITLE)}
