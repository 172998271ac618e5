"""Strict decoding: unknown fields and values of the wrong JSON type, in the words of the API server.

    unknown field "spec.ports[0].nam"
    json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32

Source: sigs.k8s.io/json (a fork of encoding/json; kubejson strict errors), apimachinery pkg/api/resource/quantity.go,
pkg/apis/meta/v1/time.go, k8s.io/apiserver pkg/endpoints/handlers (create.go transformDecodeError).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.yaml12 import Path
from app.kube.explain import path_text
from app.kube.quantity import QUANTITY_WORDS, is_quantity
from app.kube.schema import Field, Schema, Type

INTEGERS = {"int32": 1 << 31, "int64": 1 << 63}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Slip:
    """One thing that cannot be decoded: where, and the server's words. `unknown` fields are dropped if not refused."""

    path: Path
    message: str
    unknown: bool = False


def slips(kind: str, api_version: str, body: Mapping[str, Any]) -> list[Slip]:
    """Return what is wrong with a body's fields and types, in the order in which the server reads (keys sorted)."""
    decoder = _Decoder()
    decoder.struct(Schema.of(kind, api_version), body, ())
    return decoder.slips


def refusal(kind: str, api_version: str, found: list[Slip]) -> str:
    """Return the message of the BadRequest."""
    return f'{kind} in version "{api_version.rpartition("/")[2]}" cannot be handled as a {kind}: {slips_text(found)}'


def slips_text(found: list[Slip]) -> str:
    """Return what the server says of slips: the first wrong type, or else all unknown fields."""
    wrong = next((slip.message for slip in found if not slip.unknown), "")
    return wrong or f"strict decoding error: {', '.join(slip.message for slip in found)}"


class _Decoder:
    """Walks a body beside the schema."""

    def __init__(self) -> None:
        self.slips: list[Slip] = []

    def struct(self, type_: Type, value: Mapping[str, Any], path: Path) -> None:
        fields = type_.fields
        for name in sorted(value):
            inner = value[name]
            found = fields.get(name)
            if found is None:
                self.slips.append(Slip((*path, name), f'unknown field "{path_text((*path, name))}"', unknown=True))
            elif inner is not None:
                self.value(found, found.type, inner, (*path, name))

    def value(self, at: Field, type_: str, value: Any, path: Path) -> None:
        if type_ == "string":
            if not isinstance(value, str):
                self.wrong(at, type_, value, path)
        elif type_.startswith("[]"):
            self.items(at, type_, value, path)
        elif type_.startswith("{}"):
            self.entries(at, type_, value, path)
        elif check := _SCALARS.get(type_):
            if why := check(type_, value):
                self.wrong(at, type_, value, path, "" if why == "type" else why)
        elif inner := at.struct:
            if isinstance(value, Mapping):
                self.struct(inner, value, path)
            else:
                self.wrong(at, type_, value, path)

    def items(self, at: Field, type_: str, value: Any, path: Path) -> None:
        if not isinstance(value, list):
            self.wrong(at, type_, value, path)
            return
        for index, item in enumerate(value):
            if item is not None:
                self.value(at, type_[2:], item, (*path, index))

    def entries(self, at: Field, type_: str, value: Any, path: Path) -> None:
        if not isinstance(value, Mapping):
            self.wrong(at, type_, value, path)
            return
        for name in sorted(value):
            if value[name] is not None:
                self.value(at, type_[2:], value[name], (*path, name))

    def wrong(self, at: Field, type_: str, value: Any, path: Path, why: str = "") -> None:
        self.slips.append(Slip(path, why or unmarshal_text(at, type_, value, path)))


def unmarshal_text(at: Field, type_: str, value: Any, path: Path) -> str:
    """Return `json: cannot unmarshal ...`; the path has neither indices nor the keys of maps."""
    names = _field_names(at, path)
    owner = at.owner.rpartition(".")[2]
    if type_ in ("Time", "MicroTime"):
        if not isinstance(value, str):
            return f"json: cannot unmarshal {_json_word(value)} into Go value of type string"
        return f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{value}" as "2006"'
    given = _json_word(value)
    if given == "number" and type_ in INTEGERS:
        given = f"number {value}"
    return f"json: cannot unmarshal {given} into Go struct field {owner}.{names} of type {go_type(at, type_)}"


def _field_names(at: Field, path: Path) -> str:
    steps = [step for step in path if isinstance(step, str)]
    if at.is_map and steps and steps[-1] != at.name:
        steps.pop()
    return ".".join(steps)


def go_type(at: Field, type_: str) -> str:
    """Return a type as Go prints it: `[]v1.Container`, `map[string]string`, `int32`."""
    if type_.startswith("[]"):
        return f"[]{go_type(at, type_[2:])}"
    if type_.startswith("{}"):
        return f"map[string]{go_type(at, type_[2:])}"
    if type_ == "bytes":
        return "[]uint8"
    if inner := at.struct:
        return f"{inner.package.rpartition('/')[2]}.{inner.go_name}"
    return {"IntOrString": "intstr.IntOrString", "Quantity": "resource.Quantity"}.get(type_, type_)


def _json_word(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def _integer(type_: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return "type"
    return "" if -INTEGERS[type_] <= value < INTEGERS[type_] else "type"


def _int_or_string(_type: str, value: Any) -> str:
    """An IntOrString is an int32 or a string. Source: apimachinery pkg/util/intstr, UnmarshalJSON()."""
    if isinstance(value, str):
        return ""
    if isinstance(value, bool) or not isinstance(value, int):
        given = _json_word(value)
        kind = "string" if given in ("bool", "array", "object") else "int32"
        shown = f"number {value}" if given == "number" else given
        return f"json: cannot unmarshal {shown} into Go value of type {kind}"
    if not -INTEGERS["int32"] <= value < INTEGERS["int32"]:
        return f"json: cannot unmarshal number {value} into Go value of type int32"
    return ""


def _quantity(_type: str, value: Any) -> str:
    return "" if is_quantity(value) else QUANTITY_WORDS


def _bytes(_type: str, value: Any) -> str:
    if not isinstance(value, str):
        return "type"
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        bad = re.search(r"[^A-Za-z0-9+/\r\n]", value)
        return f"illegal base64 data at input byte {bad.start() if bad else max(len(value) // 4 * 4, 0)}"
    return ""


def _bool(_type: str, value: Any) -> str:
    return "" if isinstance(value, bool) else "type"


def _float(_type: str, value: Any) -> str:
    return "" if isinstance(value, int | float) and not isinstance(value, bool) else "type"


def _time(_type: str, value: Any) -> str:
    return "" if isinstance(value, str) and RFC3339.fullmatch(value) else "type"


def _any(_type: str, _value: Any) -> str:
    return ""


_SCALARS = {
    "int32": _integer, "int64": _integer, "double": _float, "float64": _float, "bool": _bool, "bytes": _bytes,
    "IntOrString": _int_or_string, "Quantity": _quantity, "Time": _time, "MicroTime": _time, "any": _any,
}  # fmt: skip
