"""From the text of a lesson file to a `Lesson`, or to findings that say what to mend and where.

    text -> core.yaml12 (E1xx) -> pydantic (E2xx) -> LessonFile

PyYAML gives the places, pydantic says which key is wrong, and the two meet by following pydantic's `loc` through the
YAML nodes. A missing key and an unknown one that looks like it are one finding, not two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.core.errors import Mark, PodwalkError, Problems, listing, nearest
from app.core.yaml12 import Document, Path, load_documents
from app.curriculum.findings import Finding
from app.curriculum.schema import SCHEMA_NAME, Lesson

__all__ = ["LessonFile", "Reading", "dotted", "read_file", "read_text"]

_VERSION = re.compile(r"podwalk-lesson/v(\d+)")
_NOT_ALLOWED = ("tag ", "too many", "nested", "merge keys", "alias", "a key must", "key ", "the file has", "integer")


@dataclass(frozen=True)
class LessonFile:
    """A lesson that has the right shape, with the places of everything in it."""

    lesson: Lesson
    document: Document
    path: FilePath

    @property
    def file(self) -> str:
        """The file's name as messages show it."""
        return self.document.source.file

    def mark(self, *path: str | int) -> Mark:
        """Return where the value at `path` stands."""
        return self.document.mark(path)

    def finding(self, code: str, message: str, path: Path, mend: str = "", *, word: str = "") -> Finding:
        """Make a finding at the value of `path`; with `word`, at that word within the value's text."""
        at = self.find(path, word) if word else self.document.mark(path)
        return Finding(code, message, at, mend, dotted(path))

    def find(self, path: Path, word: str) -> Mark:
        """Return where `word` first stands in the source text of the value at `path`; else the value itself."""
        node, source = self.document.node(path), self.document.source
        last = self._end_line(path)
        for number in range(node.line, last + 1):
            start = node.column - 1 if number == node.line else 0
            column = source.lines[number - 1].find(word, start)
            if column >= 0:
                return source.mark(number, column + 1, len(word))
        return self.document.mark(path)

    def _end_line(self, path: Path) -> int:
        """Return the last line that may belong to the value at `path`: the line before the next thing of the file."""
        start = self.document.node(path).line
        later = [line for line in _lines(self.document.root) if line > start]
        return (min(later) - 1) if later else len(self.document.source.lines)


@dataclass(frozen=True)
class Reading:
    """What came of reading one file: a lesson, or the reasons why not. Some findings leave a lesson all the same."""

    file: LessonFile | None
    findings: tuple[Finding, ...]


def read_file(path: FilePath, name: str | None = None) -> Reading:
    """Read a lesson file; `name` is how messages call it. An unreadable file is a finding (E101)."""
    shown = name or str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Reading(None, (Finding("E101", f"cannot be read: {error.strerror}", Mark(shown, 1, 1)),))
    return read_text(raw, shown, path)


def read_text(text: str | bytes, name: str, path: FilePath | None = None) -> Reading:
    """Read a lesson from text. `path` is where its manifests are looked up from."""
    try:
        documents = load_documents(text, name)
    except PodwalkError as error:
        return Reading(None, tuple(_yaml_findings(error)))
    if len(documents) != 1 or documents[0].root.kind != "mapping":
        at = documents[0].mark() if documents else Mark(name, 1, 1)
        mend = f"start the file with `schema: {SCHEMA_NAME}`"
        return Reading(None, (Finding("E201", "a lesson file holds one mapping", at, mend),))
    return _validated(documents[0], path or FilePath(name))


def _validated(document: Document, path: FilePath) -> Reading:
    version = _version_finding(document)
    if version:
        return Reading(None, (version,))
    try:
        lesson = Lesson.model_validate(document.data)
    except ValidationError as error:
        return Reading(None, tuple(_shape_findings(error, document)))
    return Reading(LessonFile(lesson, document, path), ())


def _version_finding(document: Document) -> Finding | None:
    data = document.data
    schema = data.get("schema") if isinstance(data, dict) else None
    found = _VERSION.fullmatch(schema) if isinstance(schema, str) else None
    if not found or schema == SCHEMA_NAME:
        return None
    message = f"written for v{found[1]}; this program knows v1"
    return Finding("E205", message, document.mark(("schema",)), "upgrade podwalk, or use an older copy", "schema")


# --- E1xx -------------------------------------------------------------------------------------------------------------


def _yaml_findings(error: PodwalkError) -> Iterator[Finding]:
    for problem in error.problems if isinstance(error, Problems) else (error,):
        yield Finding(_yaml_code(problem.message), problem.message, problem.at or Mark("?", 1, 1), _yaml_mend(problem))


def _yaml_code(message: str) -> str:
    if message.startswith("duplicate key"):
        return "E102"
    return "E103" if message.startswith(_NOT_ALLOWED) else "E101"


def _yaml_mend(problem: PodwalkError) -> str:
    """Say how to mend it; in a one-line `{zh: …, en: …}` the usual cause is a text without quotes."""
    snippet = problem.at.snippet if problem.at else ""
    if re.search(r":\s+\{\{", snippet):
        return "a text that starts with {{ must be quoted, or written below a |"
    if problem.at and snippet.startswith("{{", problem.at.column - 1 - problem.at.snippet_offset):
        return "inside { } a text with {{ must be quoted"
    if re.search(r"(?<!\{)\{(?!\{).*\b(zh|en):\s*[^\"'|>\s]", snippet):
        return 'text inside { } must be quoted: write {zh: "…", en: "…"}, or put zh: and en: on their own lines'
    return problem.hint


# --- E2xx -------------------------------------------------------------------------------------------------------------


def _shape_findings(error: ValidationError, document: Document) -> Iterator[Finding]:
    """Yield one finding for each mistake; an unknown key that resembles a missing one takes its place."""
    details = error.errors(include_url=False)
    missing = {tuple(d["loc"]) for d in details if d["type"] == "missing"}
    taken: set[Path] = set()
    for detail in details:
        if detail["type"] == "extra_forbidden":
            finding, replaced = _unknown_key(detail, document, missing - taken)
            taken |= {replaced} if replaced else set()
            yield finding
    for detail in details:
        if detail["type"] != "extra_forbidden" and tuple(detail["loc"]) not in taken:
            yield _shape_finding(detail, document)


def _unknown_key(detail: ErrorDetails, document: Document, missing: set[Path]) -> tuple[Finding, Path | None]:
    loc = tuple(detail["loc"])
    key, legal = str(loc[-1]), _legal_keys(loc[:-1])
    absent = {str(m[-1]) for m in missing if m[:-1] == loc[:-1]}
    near = nearest(key, absent) or nearest(key, legal)
    required = (*loc[:-1], near) if near in absent else None
    message = f"unknown key '{key}'" + (f"; did you mean '{near}'?" if near else "")
    mend = f"rename it to '{near}'" + (" (required here)" if required else "") if near else f"one of: {listing(legal)}"
    if " " in key and not near and legal == ["zh", "en"]:
        mend += "; a text with a comma inside { } must be quoted"
    return Finding("E204", message, document.key_mark(loc), mend, dotted(loc)), required


def _shape_finding(detail: ErrorDetails, document: Document) -> Finding:
    loc = tuple(detail["loc"])
    make = _BY_TYPE.get(detail["type"], _wrong_value)
    code, message, mend = make(detail, loc)
    return Finding(code, message, document.mark(loc), mend, dotted(loc))


def _missing(_detail: ErrorDetails, loc: Path) -> tuple[str, str, str]:
    where = dotted(loc[:-1]) or "the lesson"
    return "E203", f"key '{loc[-1]}' is missing", f"add '{loc[-1]}:' to {where}"


def _not_allowed(detail: ErrorDetails, _loc: Path) -> tuple[str, str, str]:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    legal = re.findall(r"'([^']*)'", expected) or [expected]
    near = nearest(str(detail["input"]), legal)
    message = f"{_shown(detail['input'])} is not allowed" + (f"; did you mean '{near}'?" if near else "")
    return "E206", message, f"one of: {', '.join(legal)}"


def _one_key(detail: ErrorDetails, _loc: Path) -> tuple[str, str, str]:
    legal = ", ".join(detail.get("ctx", {}).get("legal", ()))
    mend = "write its value, or remove the item" if "nothing" in detail["msg"] else "start a new item with '-' for each"
    return "E207", detail["msg"], f"{mend}; one of: {legal}"


def _pattern(detail: ErrorDetails, loc: Path) -> tuple[str, str, str]:
    if loc and loc[-1] == "url":
        return "E202", f"{_shown(detail['input'])} is not an https address", "write https://..."
    if loc and loc[-1] == "misconception":
        return (
            "E202",
            f"{_shown(detail['input'])} is not a misconception's number",
            "M1 to M37",
        )
    return "E208", f"{_shown(detail['input'])} is not an id", "lower-case letters, digits and dashes, at most 63"


def _wrong_value(detail: ErrorDetails, loc: Path) -> tuple[str, str, str]:
    kind = detail["type"].removesuffix("_type").removesuffix("_parsing")
    wanted = _WANTED.get(kind)
    if wanted is None:
        return "E202", f"{_shown(detail['input'])}: {detail['msg'][0].lower()}{detail['msg'][1:]}", ""
    mend = _MENDS.get(kind, "")
    if kind == "model":
        legal = _legal_keys(loc)
        mend = 'for a text write {zh: "…", en: "…"}' if legal == ["zh", "en"] else f"its keys: {listing(legal)}"
    return "E202", f"{_shown(detail['input'])} stands where {wanted} belongs", mend


_BY_TYPE: dict[str, Callable[[ErrorDetails, Path], tuple[str, str, str]]] = {
    "missing": _missing,
    "literal_error": _not_allowed,
    "enum": _not_allowed,
    "one_key": _one_key,
    "string_pattern_mismatch": _pattern,
}
_WANTED = {
    "string": "a text",
    "int": "a whole number",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
    "model": "a mapping",
}
_MENDS = {
    "string": "put it in quotes if it is meant as text",
    "list": "start each item with '-', or write [a, b]",
    "int": "write it in digits, without quotes",
}


def _legal_keys(loc: Sequence[str | int]) -> list[str]:
    """Return the keys that are allowed at `loc`, as the file spells them."""
    annotation: Any = Lesson
    for step in loc:
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        elif isinstance(step, str):
            model = _model_in(annotation)
            fields = model.model_fields if model else {}
            annotation = next((f.annotation for n, f in fields.items() if (f.alias or n) == step), None)
    found = _model_in(annotation)
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation such as `list[Step]` or `Ask | None` is about."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg))), None)


def _shown(value: object) -> str:
    text = f"'{value}'" if isinstance(value, str) else "nothing" if value is None else str(value)
    if isinstance(value, dict | list):
        text = "a mapping" if isinstance(value, dict) else "a list"
    return text if len(text) <= 60 else f"{text[:57]}..."


def dotted(path: Sequence[str | int]) -> str:
    """Return a path as findings show it: `steps.1.do.0.send.to`."""
    return ".".join(str(step) for step in path)


def _lines(node: Any) -> Iterator[int]:
    stack = [node]
    while stack:
        top = stack.pop()
        yield top.line
        stack += [*top.items, *(part for pair in top.entries.values() for part in pair)]
