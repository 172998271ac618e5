"""`-o go-template=...`: the part of Go's text/template that is used with kubectl.

{{.metadata.name}}  {{range .items}}...{{else}}...{{end}}  {{range $i, $x := .items}}  {{if}}...{{end}}  {{with}}
{{index .metadata.labels "app"}}  {{len .items}}  {{printf "%s\\n" .kind}}  {{eq .a "b"}}  pipes  {{- trims -}}
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.shell.kubectl.output.jsontext import compact_json

__all__ = ["ParseError", "TemplateError", "render_template"]

_ACTION = re.compile(r"\{\{(-?)((?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|(?!\}\}).)*?)(-?)\}\}", re.DOTALL)
_TOKEN = re.compile(r'\s*("(?:\\.|[^"\\])*"|`[^`]*`|:=|=|[|(),]|-?\d+(?:\.\d+)?|\$?[\w]*(?:\.[\w-]+)+|\$\w*|\.|\w+)')


MOST_BRACKETS = 200
"""A template of a person stays far below; each of them may nest."""
MOST_STEPS = 500_000
"""Ranges in ranges multiply: what a template carries out ends here."""
CHARACTERS = 16
"""So many of what is printed count as one step."""
STEPS = ""
"""Where a scope counts its steps: no variable has this name."""


class TemplateError(Exception):
    """The template cannot be carried out."""


class ParseError(TemplateError):
    """The template cannot be read."""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


@dataclass(slots=True)
class _Action:
    kind: str
    tokens: list[str]
    body: list[Any]
    otherwise: list[Any]


def render_template(text: str, value: Any) -> str:
    """Return the template's text over a value. TemplateError says what is wrong."""
    if sum(map(text.count, "({")) > MOST_BRACKETS:
        raise ParseError(f"more than {MOST_BRACKETS} brackets")
    parts = _split(text)
    nodes = _block(parts, inside="")
    scope: dict[str, Any] = {"$": value, STEPS: [MOST_STEPS]}
    return "".join(_run(node, value, scope) for node in nodes)


def _split(text: str) -> list[Any]:
    parts: list[Any] = []
    at, trim = 0, False
    for found in _ACTION.finditer(text):
        before = text[at : found.start()]
        before = before.lstrip() if trim else before
        parts.append(_Text(before.rstrip() if found[1] else before))
        body = found[2].strip()
        if not body.startswith("/*"):
            parts.append(body)
        at, trim = found.end(), bool(found[3])
    rest = text[at:]
    if "{{" in rest:
        raise ParseError("unclosed action")
    parts.append(_Text(rest.lstrip() if trim else rest))
    return parts


def _block(parts: list[Any], inside: str) -> list[Any]:
    """Read nodes until the `end` of the block, or its `else`, which stays."""
    nodes: list[Any] = []
    while parts:
        part = parts.pop(0)
        if isinstance(part, _Text):
            nodes.append(part)
            continue
        word = part.split(None, 1)[0] if part.split() else ""
        if word in ("end", "else"):
            if not inside:
                raise ParseError(f"unexpected {{{{{word}}}}}")
            parts.insert(0, part)
            return nodes
        if word in ("if", "range", "with"):
            nodes.append(_control(word, part[len(word) :], parts))
        else:
            nodes.append(_Action("print", _tokens(part), [], []))
    if inside:
        raise ParseError("unexpected EOF")
    return nodes


def _control(word: str, rest: str, parts: list[Any]) -> _Action:
    action = _Action(word, _tokens(rest), _block(parts, word), [])
    part = parts.pop(0)
    if part == "else":
        action.otherwise = _block(parts, word)
        part = parts.pop(0)
    elif part.startswith("else"):
        nested = part[4:].split(None, 1)
        action.otherwise = [_control(nested[0], nested[1] if len(nested) > 1 else "", parts)]
        return action
    if part != "end":
        raise ParseError(f"unexpected {{{{{part}}}}}")
    return action


def _tokens(text: str) -> list[str]:
    found, at = list[str](), 0
    text = text.rstrip()
    while at < len(text):
        word = _TOKEN.match(text, at)
        if word is None:
            raise ParseError(f"unexpected {text[at:].strip()[:1]!r} in operand")
        found.append(word[1])
        at = word.end()
    for each in found:
        if re.fullmatch(r"[A-Za-z]\w*", each) and each not in (*FUNCTIONS, "true", "false", "nil"):
            raise ParseError(f'function "{each}" not defined')
    return found


def _run(node: Any, dot: Any, scope: dict[str, Any]) -> str:
    scope[STEPS][0] -= 1
    if scope[STEPS][0] < 0:
        raise TemplateError(f"more than {MOST_STEPS:,} steps")
    if isinstance(node, _Text):
        return node.text
    names, tokens = _declared(node.tokens)
    if node.kind == "print":
        value = _pipeline(tokens, dot, scope)
        if names:
            scope[names[-1]] = value
            return ""
        text = _shown(value)
        scope[STEPS][0] -= len(text) // CHARACTERS
        return text
    value = _pipeline(tokens, dot, scope)
    if node.kind == "range":
        return _range(node, names, value, dot, scope)
    inner = dict(scope)
    if names:
        inner[names[-1]] = value
    branch, at = (node.body, value if node.kind == "with" else dot) if _is_true(value) else (node.otherwise, dot)
    return "".join(_run(each, at, inner) for each in branch)


def _range(node: _Action, names: Sequence[str], value: Any, dot: Any, scope: dict[str, Any]) -> str:
    pairs = [(key, value[key]) for key in sorted(value)] if isinstance(value, Mapping) else list(enumerate(value or ()))
    if not pairs:
        return "".join(_run(each, dot, dict(scope)) for each in node.otherwise)
    shown: list[str] = []
    for key, item in pairs:
        inner = dict(scope)
        inner.update(zip(names[-2:], (key, item) if len(names) > 1 else (item,), strict=False))
        shown += [_run(each, item, inner) for each in node.body]
    return "".join(shown)


def _declared(tokens: list[str]) -> tuple[list[str], list[str]]:
    for sign in (":=", "="):
        if sign in tokens:
            at = tokens.index(sign)
            return [name for name in tokens[:at] if name != ","], tokens[at + 1 :]
    return [], tokens


def _pipeline(tokens: list[str], dot: Any, scope: dict[str, Any]) -> Any:
    if not tokens:
        raise TemplateError("missing value for command")
    stages: list[list[str]] = [[]]
    depth = 0
    for word in tokens:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "|" and not depth:
            stages.append([])
        else:
            stages[-1].append(word)
    value: list[Any] = []
    for stage in stages:
        value = [_command(stage, dot, scope, value)]
    return value[0]


def _command(tokens: list[str], dot: Any, scope: dict[str, Any], last: list[Any]) -> Any:
    arguments, rest = [], list(tokens)
    if not rest:
        raise TemplateError("missing value for command")
    name = rest[0] if rest[0] in FUNCTIONS else ""
    if name:
        rest.pop(0)
    while rest:
        arguments.append(_operand(rest, dot, scope))
    arguments += last
    if name:
        try:
            return FUNCTIONS[name](*arguments)
        except (TypeError, ValueError, KeyError, IndexError) as wrong:
            raise TemplateError(f"error calling {name}: {wrong}") from None
    if len(arguments) != 1:
        raise TemplateError("can't give argument to non-function")
    return arguments[0]


def _operand(rest: list[str], dot: Any, scope: dict[str, Any]) -> Any:
    word = rest.pop(0)
    if word == "(":
        depth, inner = 1, list[str]()
        while rest and depth:
            each = rest.pop(0)
            depth += {"(": 1, ")": -1}.get(each, 0)
            inner.append(each)
        if depth:
            raise TemplateError("unclosed left paren")
        return _pipeline(inner[:-1], dot, scope)
    if word[0] == '"':
        return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), word[1:-1])
    if word[0] == "`":
        return word[1:-1]
    if re.fullmatch("-?[0-9]{1,18}", word):
        return int(word)
    if word in ("true", "false"):
        return word == "true"
    if word == "nil":
        return None
    return _field(word, dot, scope)


def _field(word: str, dot: Any, scope: dict[str, Any]) -> Any:
    first, *steps = word.split(".")
    if first.startswith("$"):
        if first not in scope:
            raise TemplateError(f'undefined variable "{first}"')
        value = scope[first]
    elif first:
        raise TemplateError(f'function "{first}" not defined')
    else:
        value = dot
    for step in steps:
        if not step:
            continue
        if value is not None and not isinstance(value, Mapping):
            raise TemplateError(f"can't evaluate field {step} in type interface {{}}")
        value = value.get(step) if value is not None else None
    return value


def _is_true(value: Any) -> bool:
    return bool(value)


def _shown(value: Any) -> str:
    """Return a value as Go prints it."""
    if value is None:
        return "<no value>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{_shown(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list | tuple):
        return f"[{' '.join(_shown(each) for each in value)}]"
    return str(value)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list | tuple) and isinstance(key, int):
            if not 0 <= key < len(value):
                raise IndexError(f"index out of range: {key}")
            value = value[key]
        else:
            raise TypeError("index of untyped nil" if value is None else "can't index item")
    return value


WIDEST = 1_000_000
"""Go's fmt takes no wider fields (tooLarge in fmt/print.go)."""


def _printf(form: str, *arguments: Any) -> str:
    left = list(arguments)

    def fill(found: re.Match[str]) -> str:
        if found[2] == "%":
            return "%"
        text = _shown(left.pop(0)) if left else f"%!{found[2]}(MISSING)"
        if found[2] == "q":
            text = f'"{text}"'
        width = int(found[1].rstrip("-") or 0)
        if abs(width) > WIDEST:
            return f"%!(BADWIDTH){text}"
        return text.ljust(-width) if width < 0 else text.rjust(width)

    return re.sub(r"%(-?\d*)(?:\.\d+)?([a-zA-Z%])", fill, form)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "index": _index,
    "len": len,
    "printf": _printf,
    "print": lambda *a: "".join(_shown(each) for each in a),
    "println": lambda *a: " ".join(_shown(each) for each in a) + "\n",
    "eq": lambda a, *others: any(a == b for b in others),
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "not": lambda a: not a,
    "and": lambda *a: next((each for each in a if not each), a[-1]),
    "or": lambda *a: next((each for each in a if each), a[-1]),
    "exists": lambda value, *keys: _index(value, *keys) is not None,
    "json": compact_json,
    "base64decode": lambda text: b64decode(text).decode("utf-8", "replace"),
}
