"""Tokens to a syntax tree. Source: POSIX.1-2017, XCU 2.10 (Shell Grammar)."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from app.shell.language.scanner import Scanner, Token
from app.shell.language.syntax import (
    AndOr,
    Assignment,
    Command,
    ForLoop,
    Group,
    IncompleteError,
    Literal,
    Pipeline,
    Redirect,
    Script,
    ShellSyntaxError,
    Simple,
    Test,
    WhileLoop,
    Word,
)  # fmt: skip

__all__ = ["parse"]

REDIRECTIONS = frozenset({"<", ">", ">>", ">|", ">&", "<&", "&>", "&>>", "<<", "<<-", "<<<"})
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
#: Reserved words that end a list, and those that begin what is real but not modelled.
CLOSING = frozenset({"do", "done", "then", "elif", "else", "fi", "}", "esac"})
NOT_MODELLED = {
    "case": "case",
    "select": "select",
    "function": "functions",
    "[[": "[[ ... ]] (write [ ... ])",
    "coproc": "coproc",
}


def parse(text: str) -> Script:
    """Return the syntax tree of `text`, one or more lines.

    Raises IncompleteError where more lines could complete it, ShellSyntaxError where nothing could.
    """
    return _parse_until(Scanner(text, _parse_until), "")


def _parse_until(scanner: Scanner, closing: str) -> Script:
    scanner.depth += 1
    scanner.check_depth()
    script = Parser(scanner).script(closing)
    scanner.depth -= 1
    return script


class Parser:
    """Reads one script from a scanner."""

    def __init__(self, scanner: Scanner) -> None:
        self.scanner = scanner

    def script(self, closing: str) -> Script:
        """Read lists up to the operator `closing` ("" for the end), and take it."""
        script = self._list(lambda token: token.word is None and token.text == closing)
        token = self.scanner.peek()
        if token.word is None and token.text == closing:
            self.scanner.take()
            self.scanner.finish()
            return script
        raise self._unexpected(token, wanted=closing)

    def _unexpected(self, token: Token, wanted: str = "") -> ShellSyntaxError:
        if token.word is None and not token.text:
            what = (
                f"unexpected EOF while looking for matching `{wanted}'"
                if wanted == ")"
                else "syntax error: unexpected end of file"
            )
            return IncompleteError(what)
        text = token.word.source if token.word else {"\n": "newline"}.get(token.text, token.text)
        return ShellSyntaxError(f"syntax error near unexpected token `{text}'")

    def _list(self, is_end: Callable[[Token], bool]) -> Script:
        """Read lists up to a token that ends them; it is not taken."""
        items: list[AndOr] = []
        while True:
            self._skip_newlines()
            token = self.scanner.peek()
            if is_end(token) or (token.word is None and not token.text):
                return Script(tuple(items))
            items.append(self._and_or())
            token = self.scanner.peek()
            if token.word is None and token.text in (";", "\n"):
                self.scanner.take()
            elif token.word is None and token.text == "&":
                raise ShellSyntaxError(
                    "podwalk: jobs in the background (&) are not modelled; virtual time waits for nobody"
                )
            elif not is_end(token) and (token.word is not None or token.text):
                raise self._unexpected(token)

    def _skip_newlines(self) -> None:
        while self.scanner.peek().word is None and self.scanner.peek().text == "\n":
            self.scanner.take()

    def _and_or(self) -> AndOr:
        first = self._pipeline()
        rest: list[tuple[str, Pipeline]] = []
        while self.scanner.peek().text in ("&&", "||"):
            operator = self.scanner.take().text
            self._skip_newlines()
            rest.append((operator, self._pipeline()))
        return AndOr(first, tuple(rest))

    def _pipeline(self) -> Pipeline:
        is_negated = is_timed = False
        while (word := self._reserved()) in ("!", "time"):
            self.scanner.take()
            is_negated ^= word == "!"
            is_timed |= word == "time"
        token = self.scanner.peek()
        if is_timed and token.word is None and token.text in ("", "\n", ";"):
            return Pipeline((Simple((), (), ()),), is_negated, is_timed)
        commands = [self._command()]
        while self.scanner.peek().text in ("|", "|&"):
            if self.scanner.take().text == "|&":
                commands[-1] = _with_redirect(commands[-1], Redirect(2, ">&", Word((Literal("1"),), "1")))
            self._skip_newlines()
            commands.append(self._command())
        return Pipeline(tuple(commands), is_negated, is_timed)

    def _reserved(self) -> str:
        """Return the next word if nothing in it is quoted or expanded, else nothing."""
        word = self.scanner.peek().word
        if word is None or len(word.parts) != 1:
            return ""
        part = word.parts[0]
        return part.text if isinstance(part, Literal) and not part.quoted else ""

    def _command(self) -> Command:
        token = self.scanner.peek()
        if token.word is None:
            if token.text == "(":
                return self._subshell()
            if token.text in REDIRECTIONS:
                return self._simple()
            raise self._unexpected(token)
        word = self._reserved()
        compound: dict[str, Callable[[str], Command]] = {
            "{": self._group,
            "for": self._for,
            "while": self._while,
            "until": self._while,
            "if": self._if,
        }
        if word in compound:
            self.scanner.depth += 1
            self.scanner.check_depth()
            self.scanner.take()
            command = compound[word](word)
            self.scanner.depth -= 1
            return command
        if word in CLOSING:
            raise self._unexpected(token)
        if word in NOT_MODELLED:
            raise ShellSyntaxError(f"podwalk: {NOT_MODELLED[word]}: not modelled in this shell")
        return self._simple()

    # --- compound commands --------------------------------------------------------------------------------------------

    def _subshell(self) -> Group:
        self.scanner.take()
        self.scanner.depth += 1
        self.scanner.check_depth()
        body = self.script(")")
        self.scanner.depth -= 1
        return Group(body, self._redirects(), is_subshell=True)

    def _group(self, _: str) -> Group:
        body = self._body("}")
        return Group(body, self._redirects(), is_subshell=False)

    def _for(self, _: str) -> ForLoop:
        token = self.scanner.peek()
        name = self._reserved()
        if token.text == "(":
            raise ShellSyntaxError("podwalk: for ((...)) is not modelled; write for i in $(seq 1 5)")
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
            raise (
                self._unexpected(token)
                if token.word is None
                else ShellSyntaxError(f"`{token.word.source}': not a valid identifier")
            )
        self.scanner.take()
        self._skip_newlines()
        words: list[Word] = []
        if self._reserved() == "in":
            self.scanner.take()
            while (token := self.scanner.peek()).word is not None:
                words.append(token.word)
                self.scanner.take()
        if self.scanner.peek().text in (";", "\n"):
            self.scanner.take()
        self._skip_newlines()
        self._expect("do")
        return ForLoop(name, tuple(words), self._body("done"), self._redirects())

    def _while(self, word: str) -> WhileLoop:
        condition = self._body("do")
        return WhileLoop(condition, self._body("done"), word == "until", self._redirects())

    def _if(self, _: str) -> Test:
        condition = self._body("then")
        body = self._list(lambda _: self._reserved() in ("elif", "else", "fi"))
        otherwise: Script | None = None
        word = self._reserved()
        if word not in ("elif", "else", "fi"):
            raise self._unexpected(self.scanner.peek())
        self.scanner.take()
        if word == "elif":
            return Test(condition, body, Script((AndOr(Pipeline((self._if(""),))),)), ())
        if word == "else":
            otherwise = self._body("fi")
        return Test(condition, body, otherwise, self._redirects())

    def _body(self, closing: str) -> Script:
        """Read a list up to a reserved word, and take that."""
        script = self._list(lambda _: self._reserved() in CLOSING)
        if not script.items:
            raise self._unexpected(self.scanner.peek())
        self._expect(closing)
        return script

    def _expect(self, word: str) -> None:
        if self._reserved() != word:
            raise self._unexpected(self.scanner.peek())
        self.scanner.take()

    # --- simple commands ----------------------------------------------------------------------------------------------

    def _simple(self) -> Simple:
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            token = self.scanner.peek()
            if token.word is not None:
                self.scanner.take()
                assignment = None if words else _assignment(token.word)
                if assignment is not None:
                    assignments.append(assignment)
                else:
                    words.append(token.word)
            elif token.text in REDIRECTIONS:
                redirects.append(self._redirect())
            elif token.text == "(":
                raise self._unexpected(token)
            else:
                return Simple(tuple(assignments), tuple(words), tuple(redirects))

    def _redirects(self) -> tuple[Redirect, ...]:
        redirects: list[Redirect] = []
        while self.scanner.peek().text in REDIRECTIONS:
            redirects.append(self._redirect())
        return tuple(redirects)

    def _redirect(self) -> Redirect:
        operator = self.scanner.take()
        token = self.scanner.peek()
        if token.word is None:
            raise self._unexpected(token)
        self.scanner.take()
        text = "<<" if operator.text == "<<-" else ">" if operator.text == ">|" else operator.text
        descriptor = operator.descriptor if operator.descriptor >= 0 else 0 if text.startswith("<") else 1
        redirect = Redirect(descriptor, text, token.word)
        if text == "<<":
            self.scanner.announce(redirect, strips_tabs=operator.text == "<<-")
        return redirect


def _assignment(word: Word) -> Assignment | None:
    """Return the assignment that a word is, if it is one: a name and `=` that are not quoted."""
    first = word.parts[0] if word.parts else None
    if not isinstance(first, Literal) or first.quoted:
        return None
    found = ASSIGNMENT.match(first.text)
    if found is None:
        return None
    rest = first.text[found.end() :]
    parts = (*((Literal(rest),) if rest else ()), *word.parts[1:])
    return Assignment(found[1], Word(parts, word.source[found.end() :]))


def _with_redirect(command: Command, redirect: Redirect) -> Command:
    return msgspec.structs.replace(command, redirects=(*command.redirects, redirect))
