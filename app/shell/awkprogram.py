"""The part of awk that people use in a pipe: `[CONDITION] {print EXPRESSION, ...}`.

Conditions: /PATTERN/, $N ~ /PATTERN/, $N == TEXT, NR > N and the like, END with NR. Source: POSIX.1-2017, awk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from app.core.limits import limit
from app.core.regex import Regex
from app.shell.escapes import unescape

__all__ = ["Program", "ProgramProblem", "read_program"]

ITEM = re.compile(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|\$(NF-[0-9]{1,15}|NF|[0-9]{1,15})|(NR|NF)|([0-9]{1,15}(?:\.[0-9]{1,9})?))\s*"""
)
COMPARE = re.compile(r"(==|!=|<=|>=|<|>)")
MATCHES = re.compile(r"\s*(!?~)\s*/((?:[^/\\]|\\.)*)/\s*")
PATTERN = re.compile(r"\s*(!?)\s*/((?:[^/\\]|\\.)*)/\s*")
#: Which signs (-1, 0, 1) of a comparison make it true.
COMPARISONS = {"==": (0,), "!=": (-1, 1), "<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1)}
NUMBER = re.compile(r"\s*-?[0-9]{1,15}(\.[0-9]{1,15})?\s*")


class ProgramProblem(Exception):  # noqa: N818  (a problem of the line, not of the program)
    """A program that is none, or one of which more is asked than is modelled."""


class Row(Struct):
    """A line: its number and its fields; field 0 is the line."""

    number: int
    fields: list[str]


Value = Callable[[Row], str]
Condition = Callable[[Row], bool]


class Program(Struct):
    """What is printed of which lines; `at_end` is printed once, of the last line."""

    condition: Condition
    prints: list[list[Value]]
    at_end: list[list[Value]]

    def run(self, lines: Sequence[str], separator: str | Regex | None) -> str:
        """Return what is printed. `separator` None: blanks."""
        out: list[str] = []
        row = Row(0, [""])
        size = 0
        for number, line in enumerate(lines, 1):
            row = Row(number, [line, *_split(line, separator)])
            if self.condition(row):
                out += ["".join(value(row) for value in items) + "\n" for items in self.prints]
                size += len(out[-1]) if out else 0
                if size > limit("terminal.output_characters"):
                    break
        out += ["".join(value(row) for value in items) + "\n" for items in self.at_end]
        return "".join(out)


def _split(line: str, separator: str | Regex | None) -> list[str]:
    if separator is None:
        return line.split()
    if isinstance(separator, str):
        return line.split(separator) if line else []
    parts, at = [], 0
    while (found := separator.search(line, at)) is not None and found[1] > found[0]:
        parts.append(line[at : found[0]])
        at = found[1]
    return [*parts, line[at:]]


def read_program(text: str) -> Program:
    """Return a program. Raises ProgramProblem, RegexProblem."""
    condition: Condition = lambda _: True  # noqa: E731
    prints: list[list[Value]] = []
    at_end: list[list[Value]] = []
    rest = text.strip()
    if not rest:
        raise ProgramProblem("an empty program")
    while rest:
        head, brace, tail = _cut(rest)
        body, _, rest = tail.partition("}") if brace else ("print", "", "")
        if brace and not tail.endswith("}") and "}" not in tail:
            raise ProgramProblem("a } is missing")
        rest = rest.strip()
        if head.strip() == "END":
            at_end += _prints(body)
        elif prints:
            raise ProgramProblem("only one rule and END are modelled")
        else:
            condition, prints = _condition(head), _prints(body)
    return Program(condition if prints else (lambda _: False), prints, at_end)


def _cut(text: str) -> tuple[str, str, str]:
    """Split at the first brace that is not inside a pattern or a text."""
    quoted = re.match(r"""(?:"(?:[^"\\]|\\.)*"|/(?:[^/\\]|\\.)*/|[^{"/])*""", text)
    end = quoted.end() if quoted is not None else 0
    return text[:end], text[end : end + 1], text[end + 1 :]


def _prints(body: str) -> list[list[Value]]:
    made = []
    for part in body.split(";"):
        statement = part.strip()
        if not statement:
            continue
        if not re.match(r"print\b", statement):
            raise ProgramProblem(f"only print is modelled, not `{statement[:40]}'")
        made.append(_items(statement[5:].strip() or "$0"))
    return made


def _items(text: str) -> list[Value]:
    """Return the values of a print, blanks where commas stand."""
    values: list[Value] = []
    at = 0
    while at < len(text):
        if text[at] == ",":
            values.append(lambda _: " ")
            at += 1
            continue
        found = ITEM.match(text, at)
        if found is None or found.end() == at:
            raise ProgramProblem(f"`{text[at : at + 40]}' is not modelled in a print")
        values.append(_value(found))
        at = found.end()
    return values


def _value(found: re.Match[str]) -> Value:
    text, field, counter, number = found.groups()
    if text is not None:
        literal = unescape(text.replace('\\\\"', '"'))[0]
        return lambda _: literal
    if field is not None:
        return lambda row: _field(row, field)
    if counter is not None:
        return lambda row: str(row.number if counter == "NR" else len(row.fields) - 1)
    return lambda _: number


def _field(row: Row, name: str) -> str:
    count = len(row.fields) - 1
    place = count - int(name[3:] or 0) if name.startswith("NF") else int(name)
    return row.fields[place] if 0 <= place <= count else ""


def _condition(text: str) -> Condition:
    text = text.strip()
    if not text:
        return lambda _: True
    pattern = PATTERN.fullmatch(text)
    if pattern is not None:
        regex = Regex(pattern[2], extended=True)
        return lambda row: (regex.search(row.fields[0]) is not None) != bool(pattern[1])
    left = ITEM.match(text)
    if left is None:
        raise ProgramProblem(f"the condition `{text[:40]}' is not modelled")
    value = _value(left)
    matches = MATCHES.fullmatch(text, left.end())
    if matches is not None:
        inner = Regex(matches[2], extended=True)
        return lambda row: (inner.search(value(row)) is not None) != (matches[1] == "!~")
    compare = COMPARE.match(text, left.end())
    right = ITEM.fullmatch(text, compare.end()) if compare is not None else None
    if compare is None or right is None:
        raise ProgramProblem(f"the condition `{text[:40]}' is not modelled")
    other, signs = _value(right), COMPARISONS[compare[1]]
    return lambda row: _compared(value(row), other(row)) in signs


def _compared(left: str, right: str) -> int:
    """Return -1, 0 or 1: numbers are compared as numbers, all else as text."""
    if NUMBER.fullmatch(left) and NUMBER.fullmatch(right):
        return (float(left) > float(right)) - (float(left) < float(right))
    return (left > right) - (left < right)
