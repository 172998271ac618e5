"""Words to fields: what a command is called with.

Source: POSIX.1-2017, XCU 2.6 (Word Expansions): tilde, parameters, command substitution, arithmetic, field splitting,
pathnames, quote removal, in this order; bash's braces come first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from app.core.limits import limit
from app.shell.language.arithmetic import ArithmeticProblem, evaluate
from app.shell.language.patterns import Segment, TooManyError, braces, is_pattern, names, translate
from app.shell.language.syntax import Arithmetic, Literal, Script, Substitution, Variable, Word

__all__ = ["Expander", "ExpansionProblem", "Scope"]

BLANKS = re.compile(r"[ \t\n]+")
Field = list[Segment]


class ExpansionProblem(Exception):  # noqa: N818  (a problem of the line, not of the program)
    """A word that cannot be expanded; the command is not run."""


class Scope(Protocol):
    """What expansion asks the shell for."""

    @property
    def positional(self) -> Sequence[str]:
        """`$1` and so on."""

    @property
    def cwd(self) -> str:
        """The working directory."""

    def variable(self, name: str) -> str | None:
        """Return a variable's or a special parameter's value; None where it is not set."""

    def assign(self, name: str, value: str) -> None:
        """Set a variable."""

    def substitute(self, script: Script) -> str:
        """Run a script and return what it prints."""

    def listed(self, directory: str) -> Sequence[str]:
        """Return the names in a directory, [] where there is none."""


class Expander:
    """Expands words in one scope. Raises ExpansionProblem."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def fields(self, words: Sequence[Word]) -> list[str]:
        """Return the fields of all words: split, globbed, unquoted."""
        most = limit("terminal.words")
        found: list[str] = []
        problem = ExpansionProblem(f"podwalk: a command with more than {most} words; a real shell would go on")
        try:
            for word in words:
                for each in braces(word, most):
                    found += self._globbed(each, most)
        except TooManyError:
            raise problem from None
        if len(found) > most:
            raise problem
        return found

    def text(self, word: Word | None) -> str:
        """Return a word as one text, neither split nor globbed: an assignment, a file's name, a here-document."""
        if word is None:
            return ""
        return "".join(text for part in self._tilde(word) for text, _ in self._joined(part))

    def pattern(self, word: Word | None) -> list[Segment]:
        """Return a word as a pattern."""
        return [] if word is None else [segment for part in word.parts for segment in self._joined(part)]

    def _globbed(self, word: Word, most: int) -> list[str]:
        found: list[str] = []
        for field in self._split(word):
            hits = names(field, self.scope.cwd, self.scope.listed, most) if is_pattern(field) else []
            found += hits or ["".join(text for text, _ in field)]
        return found

    def _split(self, word: Word) -> list[Field]:
        """Return the fields of a word, before globbing."""
        fields: list[Field] = []
        is_open = False
        for part in self._tilde(word):
            if isinstance(part, Variable) and part.name == "@" and part.quoted and not part.operator:
                every = list(self.scope.positional)
                for n, text in enumerate(every):
                    if n or not is_open:
                        fields.append([])
                    fields[-1].append((text, True))
                is_open = is_open or bool(every)
                continue
            is_split = not isinstance(part, Literal) and not part.quoted
            for text, quoted in self._joined(part):
                if not is_split:
                    if not is_open:
                        fields.append([])
                    fields[-1].append((text, quoted))
                    is_open = True
                    continue
                is_open = self._add_split(fields, text, is_open=is_open)
        return fields

    def _add_split(self, fields: list[Field], text: str, *, is_open: bool) -> bool:
        """Add the fields of an unquoted expansion; return whether the last one can still grow."""
        for n, piece in enumerate(BLANKS.split(text)):
            if n:
                is_open = False
            if piece:
                if not is_open:
                    fields.append([])
                fields[-1].append((piece, False))
                is_open = True
        return is_open

    def _tilde(self, word: Word) -> Sequence[Literal | Variable | Substitution | Arithmetic]:
        first = word.parts[0] if word.parts else None
        if not isinstance(first, Literal) or first.quoted or not re.match(r"~(/|$)", first.text):
            return word.parts
        if first.text == "~" and len(word.parts) > 1:
            return word.parts
        home = self.scope.variable("HOME") or "/root"
        return [Literal(home, quoted=True), Literal(first.text[1:]), *word.parts[1:]]

    def _joined(self, part: Literal | Variable | Substitution | Arithmetic) -> list[Segment]:
        """Return the text of a part, not split."""
        if isinstance(part, Literal):
            return [(part.text, part.quoted)]
        if isinstance(part, Variable):
            return [(self._parameter(part), part.quoted)]
        if isinstance(part, Substitution):
            return [(self.scope.substitute(part.script).rstrip("\n"), part.quoted)]
        return [(str(self._number(part)), part.quoted)]

    def _number(self, part: Arithmetic) -> int:
        try:
            return evaluate(self.text(part.word), lambda name: self.scope.variable(name) or "")
        except ArithmeticProblem as problem:
            raise ExpansionProblem(f"bash: {problem}") from None

    def _parameter(self, part: Variable) -> str:
        value = self.scope.variable(part.name)
        operator = part.operator
        if operator == "len":
            return str(len(value or ""))
        if operator in ("#", "##", "%", "%%"):
            return _trimmed(value or "", self.pattern(part.word), operator)
        is_missing = value is None or (operator.startswith(":") and not value)
        kind = operator[-1:]
        if kind == "+":
            return "" if is_missing else self.text(part.word)
        if not is_missing or not kind:
            return value or ""
        text = self.text(part.word)
        if kind == "=":
            self.scope.assign(part.name, text)
        if kind == "?":
            raise ExpansionProblem(f"bash: {part.name}: {text or 'parameter null or not set'}")
        return text


def _trimmed(value: str, pattern: list[Segment], operator: str) -> str:
    """Return a value without the shortest (`#`, `%`) or longest (`##`, `%%`) part that matches, in front or behind.

    What stands after the operator was read as quoted text, so its `*` and `?` are looked for here.
    """
    compiled = re.compile(translate([(text, False) for text, _ in pattern]), re.DOTALL)
    places = range(len(value) + 1)
    ends = places if operator in ("#", "%%") else reversed(places)
    for at in ends:
        head, tail = value[:at], value[at:]
        if compiled.fullmatch(head if operator.startswith("#") else tail):
            return tail if operator.startswith("#") else head
    return value
