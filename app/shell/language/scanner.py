"""Characters to words and operators.

Source: POSIX.1-2017, XCU 2.2 (Quoting), 2.3 (Token Recognition). One scanner serves a whole script: a command
substitution is read by a parser on the same characters, so nesting needs no second look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from app.shell.language.syntax import (
    Arithmetic,
    IncompleteError,
    Literal,
    Part,
    Redirect,
    Script,
    ShellSyntaxError,
    Substitution,
    Variable,
    Word,
)  # fmt: skip

__all__ = ["Heredoc", "Scanner", "Token"]

OPERATORS = (
    "&>>",
    "<<<",
    "<<-",
    "&&",
    "||",
    ";;",
    "<<",
    ">>",
    ">&",
    "<&",
    "&>",
    ">|",
    "|&",
    "|",
    ";",
    "&",
    "<",
    ">",
    "(",
    ")",
)
BLANK = " \t"
#: What ends an unquoted word.
META = frozenset(" \t\n|&;<>()")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SPECIAL = "?$#!@*-0123456789"
OPERATOR_IN_BRACES = re.compile(r":-|:=|:\+|:\?|-|=|\+|\?|##|#|%%|%")


class Token(Struct, frozen=True):
    """An operator or newline (`text`), a word, or the end (`text` is empty and there is no word).

    `descriptor` is the number right before a redirection (`2>`), -1 where there is none.
    """

    text: str
    word: Word | None = None
    descriptor: int = -1


class Heredoc(Struct):
    """A here-document that was announced: the redirection that gets its lines once they are read."""

    redirect: Redirect
    delimiter: str
    is_quoted: bool
    strips_tabs: bool


class Scanner:
    """Reads tokens from `text`. `parse_until` reads a script up to a closing bracket on the same scanner."""

    def __init__(self, text: str, parse_until: Callable[[Scanner, str], Script]) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.heredocs: list[Heredoc] = []
        self._parse_until = parse_until
        self._peeked: Token | None = None
        self._peeked_at = 0

    def peek(self) -> Token:
        """Return the next token without taking it."""
        if self._peeked is None:
            start = self.at
            self._peeked = self._read()
            self._peeked_at, self.at = self.at, start
        return self._peeked

    def take(self) -> Token:
        """Return the next token."""
        token = self.peek()
        self.at, self._peeked = self._peeked_at, None
        if token.text == "\n":
            self._read_heredocs()
        return token

    def _read(self) -> Token:
        self._skip_blanks()
        text, at = self.text, self.at
        if at >= len(text):
            return Token("")
        if text[at] == "\n":
            self.at += 1
            return Token("\n")
        number = re.compile(r"[0-9](?=[<>])").match(text, at)
        if number is not None:
            self.at += 1
        found = next((each for each in OPERATORS if text.startswith(each, self.at)), "")
        if found:
            self.at += len(found)
            return Token(found, None, int(number[0]) if number else -1)
        return Token("", self._word())

    def _skip_blanks(self) -> None:
        text = self.text
        while self.at < len(text):
            if text[self.at] in BLANK:
                self.at += 1
            elif text.startswith("\\\n", self.at):
                self.at += 2
            elif text[self.at] == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            else:
                return

    # --- words --------------------------------------------------------------------------------------------------------

    def _word(self) -> Word:
        start = self.at
        parts: list[Part] = []
        while self.at < len(self.text) and self.text[self.at] not in META:
            self._part(parts)
        return Word(tuple(parts), self.text[start : self.at])

    def _part(self, parts: list[Part]) -> None:
        """Read one part of an unquoted word."""
        char = self.text[self.at]
        if char == "'":
            end = self._find("'", self.at + 1)
            parts.append(Literal(self.text[self.at + 1 : end], quoted=True))
            self.at = end + 1
        elif char == '"':
            self.at += 1
            self._double_quoted(parts)
        elif char == "\\":
            self._escaped(parts)
        elif char in "$`":
            parts.append(self._expansion(quoted=False))
        else:
            start = self.at
            while self.at < len(self.text) and self.text[self.at] not in META and self.text[self.at] not in "'\"\\$`":
                self.at += 1
            parts.append(Literal(self.text[start : self.at]))

    def _escaped(self, parts: list[Part]) -> None:
        if self.text.startswith("\\\n", self.at):
            self.at += 2
            return
        if self.at + 1 >= len(self.text):
            raise IncompleteError("syntax error: unexpected end of file")
        parts.append(Literal(self.text[self.at + 1], quoted=True))
        self.at += 2

    def _double_quoted(self, parts: list[Part]) -> None:
        """Read up to the closing double quote; `at` is behind the opening one."""
        before = len(parts)
        opening = self.at
        while True:
            if self.at >= len(self.text):
                raise IncompleteError("unexpected EOF while looking for matching `\"'")
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                break
            self._quoted_part(parts, '"')
        if len(parts) == before or opening == self.at:
            parts.append(Literal("", quoted=True))

    def _quoted_part(self, parts: list[Part], closing: str) -> None:
        """Read one part inside double quotes or a here-document."""
        char = self.text[self.at]
        if char in "$`":
            parts.append(self._expansion(quoted=True))
        elif char == "\\" and self.at + 1 < len(self.text):
            after = self.text[self.at + 1]
            if after != "\n":
                parts.append(Literal(after if after in f"$`\\{closing}" else f"\\{after}", quoted=True))
            self.at += 2
        else:
            start = self.at
            self.at += 1
            while self.at < len(self.text) and self.text[self.at] not in f"$`\\{closing}":
                self.at += 1
            parts.append(Literal(self.text[start : self.at], quoted=True))

    def _find(self, char: str, start: int) -> int:
        end = self.text.find(char, start)
        if end < 0:
            raise IncompleteError(f"unexpected EOF while looking for matching `{char}'")
        return end

    # --- expansions ---------------------------------------------------------------------------------------------------

    def _expansion(self, *, quoted: bool) -> Part:
        text = self.text
        if text[self.at] == "`":
            return self._backquoted(quoted=quoted)
        if text.startswith("$((", self.at):
            return self._arithmetic(quoted=quoted)
        if text.startswith("$(", self.at):
            self.at += 2
            return Substitution(self._nested(")"), quoted)
        if text.startswith("${", self.at):
            return self._braced(quoted=quoted)
        name = NAME.match(text, self.at + 1)
        if name is not None:
            self.at = name.end()
            return Variable(name[0], quoted)
        if self.at + 1 < len(text) and text[self.at + 1] in SPECIAL:
            self.at += 2
            return Variable(text[self.at - 1], quoted)
        if not quoted and text.startswith(("$'", '$"'), self.at):
            raise ShellSyntaxError("$'...' and $\"...\" are not modelled; write '...' or \"...\"")
        self.at += 1
        return Literal("$", quoted=True)

    def _nested(self, closing: str) -> Script:
        """Parse a script up to `closing` at this place, and go on behind it."""
        heredocs, self.heredocs = self.heredocs, []
        self._peeked = None
        script = self._parse_until(self, closing)
        self.heredocs = heredocs
        return script

    def _backquoted(self, *, quoted: bool) -> Substitution:
        end = self.at + 1
        while True:
            end = self._find("`", end)
            if self.text[end - 1] != "\\":
                break
            end += 1
        inner = re.sub(r"\\([\\`$])", r"\1", self.text[self.at + 1 : end])
        self.at = end + 1
        scanner = Scanner(inner, self._parse_until)
        scanner.depth = self.depth
        return Substitution(self._parse_until(scanner, ""), quoted)

    def _arithmetic(self, *, quoted: bool) -> Arithmetic:
        level, end = 2, self.at + 3
        while level:
            if end >= len(self.text):
                raise IncompleteError("unexpected EOF while looking for matching `)'")
            level += {"(": 1, ")": -1}.get(self.text[end], 0)
            end += 1
        inner = self.text[self.at + 3 : end - 2]
        self.at = end
        return Arithmetic(self.inner(inner), quoted)

    def _braced(self, *, quoted: bool) -> Variable:
        """Read `${NAME}` and `${NAME OPERATOR WORD}`."""
        end = self._closing_brace(self.at + 2)
        inner = self.text[self.at + 2 : end]
        whole = self.text[self.at : end + 1]
        self.at = end + 1
        counted = re.fullmatch(rf"#({NAME.pattern}|[{re.escape(SPECIAL)}])", inner)
        if counted is not None:
            return Variable(counted[1], quoted, "len")
        name = re.match(rf"{NAME.pattern}|[0-9]+|[?$#!@*-]", inner)
        if name is None:
            raise ShellSyntaxError(f"{whole}: bad substitution")
        rest = inner[name.end() :]
        if not rest:
            return Variable(name[0], quoted)
        operator = OPERATOR_IN_BRACES.match(rest)
        if operator is None:
            raise ShellSyntaxError(f"{whole}: bad substitution")
        return Variable(name[0], quoted, operator[0], self.inner(rest[operator.end() :]))

    def _closing_brace(self, at: int) -> int:
        level = 1
        while at < len(self.text):
            if self.text[at] == "\\":
                at += 1
            elif self.text.startswith("${", at):
                level += 1
            elif self.text[at] == "}":
                level -= 1
                if not level:
                    return at
            at += 1
        raise IncompleteError("unexpected EOF while looking for matching `}'")

    def inner(self, text: str) -> Word:
        """Return the word of a text in which only `$`, backquotes and backslashes mean something."""
        scanner = Scanner(text, self._parse_until)
        scanner.depth = self.depth + 1
        scanner.check_depth()
        parts: list[Part] = []
        while scanner.at < len(text):
            scanner._quoted_part(parts, "")
        return Word(tuple(parts), text)

    def check_depth(self) -> None:
        """Refuse what nests deeper than anybody writes: reading it is recursive."""
        if self.depth > 40:
            raise ShellSyntaxError("the line nests too deeply")

    # --- here-documents -----------------------------------------------------------------------------------------------

    def announce(self, redirect: Redirect, *, strips_tabs: bool) -> None:
        """Note a here-document whose lines begin after the next newline."""
        literals = [part for part in redirect.word.parts if isinstance(part, Literal)]
        is_quoted = any(part.quoted for part in literals)
        self.heredocs.append(Heredoc(redirect, "".join(part.text for part in literals), is_quoted, strips_tabs))

    def finish(self) -> None:
        """End a script: no here-document may still wait for its lines."""
        for heredoc in self.heredocs:
            raise _unended(heredoc)

    def _read_heredocs(self) -> None:
        waiting, self.heredocs = self.heredocs, []
        for heredoc in waiting:
            text = "".join(self._lines(heredoc))
            word = Word((Literal(text, quoted=True),), text) if heredoc.is_quoted else self.inner(text)
            heredoc.redirect.word = word

    def _lines(self, heredoc: Heredoc) -> Iterator[str]:
        while self.at < len(self.text):
            end = self.text.find("\n", self.at)
            end = len(self.text) if end < 0 else end
            line = self.text[self.at : end]
            self.at = min(end + 1, len(self.text))
            line = line.lstrip("\t") if heredoc.strips_tabs else line
            if line == heredoc.delimiter:
                return
            yield f"{line}\n"
        raise _unended(heredoc)


def _unended(heredoc: Heredoc) -> IncompleteError:
    return IncompleteError(f"here-document delimited by end-of-file (wanted `{heredoc.delimiter}')")
