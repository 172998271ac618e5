"""Findings about language, E501 to E508: both halves there, saying the same things, and zh set as Kubernetes sets it.

Source: the Kubernetes localisation guide for zh (spaces between Han and Latin, full-width punctuation, API kinds stay
English); docs/authoring.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.curriculum.course import Term
from app.curriculum.findings import Finding
from app.curriculum.prose import references
from app.curriculum.reading import LessonFile
from app.curriculum.texts import Passage, passages

__all__ = ["language_findings"]

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_CODE = re.compile(r"`([^`]+)`")
_PLACEHOLDER = re.compile(r"\b(?:TODO|FIXME|XXX|TBD)\b|待译|待补|此处填写")
_MARKUP = re.compile(r"[<>&`*_\[\]]|^#+ |^\s*[-+] ")
_TYPOGRAPHY: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(rf"[{_HAN}][A-Za-z0-9]|[A-Za-z0-9%][{_HAN}]"),
        "no space between Han and Latin",
        "put one space between",
    ),
    (
        re.compile(rf"[{_HAN}]\s*[,;:!?](?:\s|$|[{_HAN}])|[{_HAN}]\.(?:\s|$)"),
        "half-width punctuation",
        "use ，。；：！？",
    ),
    (re.compile(rf"[{_HAN}]\("), "half-width bracket", "use （ ）"),
    (
        re.compile(r"[，。；：！？、（）“”] (?=\S)|\S [，。；：！？、（）”]"),
        "space beside full-width punctuation",
        "remove it",
    ),
    (re.compile("您"), "您 is too formal here", "write 你"),
    (re.compile(rf"[{_HAN}，、；]\n[{_HAN}]"), "line break inside a Han sentence", "keep a paragraph on one line"),
)


def language_findings(file: LessonFile, glossary: Mapping[str, Term]) -> Iterator[Finding]:
    """Yield what is wrong with the lesson's words, not with its facts."""
    for passage in passages(file.lesson):
        halves = dict(passage.text.halves())
        yield from _unquoted(file, passage, halves)
        for lang in ("zh", "en"):
            if lang not in halves:
                mend = f"write the {lang} half; a text without it cannot be shown to half of the class"
                yield file.finding("E501", f"the {lang} half is missing", passage.path, mend)
        if len(halves) == 2:
            yield from _differences(file, passage)
        for lang, text in halves.items():
            yield from _of_half(file, passage, lang, text)
        if "zh" in halves:
            yield from _chinese(file, passage, halves["zh"], glossary)


def _unquoted(file: LessonFile, passage: Passage, halves: Mapping[str, str]) -> Iterator[Finding]:
    """Yield texts of a one-line `{zh: ..., en: ...}` that are not quoted."""
    lines = file.document.source.lines
    whole = file.document.node(passage.path)
    if not lines[whole.line - 1].startswith("{", whole.column - 1):
        return
    for lang in halves:
        node = file.document.node((*passage.path, lang))
        if not lines[node.line - 1].startswith(('"', "'"), node.column - 1):
            yield file.finding("E104", "text inside { } is not quoted", (*passage.path, lang), f'write {lang}: "…"')


def _differences(file: LessonFile, passage: Passage) -> Iterator[Finding]:
    zh, en = passage.text.zh, passage.text.en
    holes_zh, holes_en = (sorted({hole[1:] for hole in references(text)}) for text in (zh, en))
    if holes_zh != holes_en:
        only = {f"{{{{{selector}.{name}}}}}" for selector, name in set(holes_zh) ^ set(holes_en)}
        message = f"zh and en fill in different things: {', '.join(sorted(only))} stands in one half only"
        yield file.finding("E502", message, passage.path, "use the same {{...}} in both halves")
    code_zh, code_en = (sorted(set(_CODE.findall(text))) for text in (zh, en))
    if code_zh != code_en and passage.role != "plain":
        only = set(code_zh) ^ set(code_en)
        message = f"zh and en quote different code: {', '.join(f'`{word}`' for word in sorted(only))}"
        yield file.finding("E503", message, passage.path, "commands and names are the same in both halves")


def _of_half(file: LessonFile, passage: Passage, lang: str, text: str) -> Iterator[Finding]:
    where = (*passage.path, lang)
    if found := _PLACEHOLDER.search(text):
        yield file.finding("E506", f"'{found[0]}' is not a text yet", where, "write it", word=found[0])
    if passage.role == "plain" and (found := _MARKUP.search(_without_holes(text))):
        message = f"a heading or label is plain text; '{found[0].strip()}' is markup"
        yield file.finding("E508", message, where, "write it without Markdown, < > and &", word=found[0].strip())


def _chinese(file: LessonFile, passage: Passage, text: str, glossary: Mapping[str, Term]) -> Iterator[Finding]:
    where = (*passage.path, "zh")
    shown = _without_code(text)
    for pattern, message, mend in _TYPOGRAPHY:
        if found := pattern.search(shown):
            word = found[0].replace("\n", "")
            yield file.finding("E505", f"{message}: '{word}'", where, mend, word=found[0].split("\n")[0].strip("x"))
    for term in glossary.values():
        for avoid in term.zh.avoid:
            if avoid in shown:
                yield file.finding("E507", f"'{avoid}' is not our word", where, f"write {term.zh.name}", word=avoid)


def _without_holes(text: str) -> str:
    return re.sub(r"\{\{.*?\}\}", "x", text)


def _without_code(text: str) -> str:
    """Return the text with code, holes and emphasis marks out of the way; code and holes count as Latin."""
    bare = _CODE.sub("x", _without_holes(text))
    return re.sub(r"\*\*|(?<=\]\()[^)]*", "", bare)
