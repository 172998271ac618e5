"""The editor's JSON Schema follows the models: it is made from them, and accepts what they accept."""

import json

import pytest
from jsonschema import Draft7Validator

from app.core.assets import lessons_dir
from app.core.yaml12 import load_documents
from app.curriculum.jsonschema import lesson_schema, schema_text
from app.curriculum.library import lesson_paths

SCHEMA_FILE = lessons_dir() / "schema" / "lesson.schema.json"


def test_the_file_in_the_tree_is_the_one_that_the_models_give() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "write it again: python -c 'from app.curriculum.jsonschema import schema_text; print(schema_text(), end=\"\")'"
        " > lessons/schema/lesson.schema.json"
    )


def test_it_keeps_to_draft_07() -> None:
    schema = lesson_schema()
    Draft7Validator.check_schema(schema)
    text = json.dumps(schema)
    for newer in ("unevaluatedProperties", "prefixItems", "$defs", "dependentRequired"):
        assert newer not in text


@pytest.mark.parametrize("path", lesson_paths(lessons_dir()), ids=lambda p: p.stem)
def test_shipped_lessons_are_valid_in_an_editor(path: object) -> None:
    from pathlib import Path

    assert isinstance(path, Path)
    (document,) = load_documents(path.read_bytes(), path.name)
    assert [error.message for error in Draft7Validator(lesson_schema()).iter_errors(document.data)] == []
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=../schema/lesson.schema.json"
