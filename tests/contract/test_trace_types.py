"""The browser's types of a trace are those of the published JSON Schema: names, what may be absent, closed lists."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from app.dataplane.hop import HOP_KINDS
from app.dataplane.packet import Leg
from app.sim.trace import trace_schema

SCHEMA: dict[str, Any] = trace_schema()["$defs"]
LAYERS = sorted(name for name, definition in SCHEMA.items() if "layer" in definition.get("properties", {}))


@pytest.fixture(scope="module")
def source(root: Path) -> str:
    return (root / "static/js/wire/protocol.js").read_text(encoding="utf-8")


def typedef(source: str, name: str) -> dict[str, bool]:
    """Return the properties of an object type: name to whether it must be there."""
    inline = re.search(rf"@typedef {{{{(.*?)}}}} {name}\b", source)
    if inline is not None:
        found = re.findall(r"(?:readonly )?(\w+)(\??): ", inline[1])
        return {field: mark == "" for field, mark in found}
    block = re.search(rf"@typedef {{object}} {name}\n(.*?)\*/", source, re.DOTALL)
    assert block is not None, f"protocol.js has no type {name}"
    found = re.findall(r"@property {.*} (\[?)(\w+)", block[1])
    return {field: bracket == "" for bracket, field in found}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_has_the_same_fields_on_both_sides(source: str, name: str) -> None:
    definition = SCHEMA[name]
    required = set(definition["required"])
    assert typedef(source, name) == {field: field in required for field in definition["properties"]}
    assert f"'{definition['properties']['layer']['enum'][0]}'" in source


@pytest.mark.parametrize(("name", "theirs"), [("TraceHop", "Hop"), ("Verdict", "Verdict"), ("Caption", "Caption")])
def test_what_the_browser_reads_is_in_the_schema(source: str, name: str, theirs: str) -> None:
    definition = SCHEMA[name]
    for field, must in typedef(source, theirs).items():
        assert field in definition["properties"], field
        assert not must or field in definition["required"], f"{field} may be absent"


def test_the_closed_lists_are_the_same(source: str) -> None:
    def listed(name: str) -> list[str]:
        found = re.search(rf"@typedef {{([^}}]*)}} {name}\b", source)
        assert found is not None
        return re.findall(r"'([a-z-]+)'", found[1])

    assert listed("HopKind") == list(HOP_KINDS)
    assert listed("Leg") == list(get_args(Leg))


def test_every_layer_is_one_of_the_header_layers(source: str) -> None:
    union = re.search(r"@typedef {([^{}]*)} HeaderLayer\b", source)
    assert union is not None
    assert sorted(re.findall(r"\w+Layer", union[1])) == LAYERS
