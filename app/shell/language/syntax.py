"""What a line of shell means before anything is expanded: the syntax tree.

Source: POSIX.1-2017, XCU chapter 2 (Shell Command Language), the part of it that this terminal knows.
"""

from __future__ import annotations

from msgspec import Struct

__all__ = [
    "AndOr", "Arithmetic", "Assignment", "Command", "ForLoop", "Group", "IncompleteError", "Literal", "Part",
    "Pipeline", "Redirect", "Script", "ShellSyntaxError", "Simple", "Substitution", "Test", "Variable", "WhileLoop",
    "Word",
]  # fmt: skip


class ShellSyntaxError(Exception):
    """A line that is no sentence of the language; the message is bash's, or says what is not modelled."""


class IncompleteError(ShellSyntaxError):
    """A line that would be complete with more lines after it: an open quote, loop or here-document."""


class Literal(Struct, frozen=True):
    """Text as it stands; `quoted` text is never split, globbed or brace-expanded."""

    text: str
    quoted: bool = False


class Variable(Struct, frozen=True):
    """`$NAME` or `${NAME}`; with an operator (`:-`, `-`, `:=`, `:+`, `#`, `##`, `%`, `%%`, `len`) its word."""

    name: str
    quoted: bool = False
    operator: str = ""
    word: Word | None = None


class Substitution(Struct, frozen=True):
    """`$(...)` or backquotes: what a script prints."""

    script: Script
    quoted: bool = False


class Arithmetic(Struct, frozen=True):
    """`$((...))`."""

    word: Word
    quoted: bool = False


Part = Literal | Variable | Substitution | Arithmetic


class Word(Struct, frozen=True):
    """One word: its parts side by side. `source` is what was typed."""

    parts: tuple[Part, ...]
    source: str = ""


class Redirect(Struct):
    """One redirection: descriptor, operator (`<`, `>`, `>>`, `>&`, `<&`, `&>`, `&>>`, `<<`, `<<<`) and word.

    Of a here-document (`<<`) the word becomes the text between the delimiters when the parser gets there.
    """

    descriptor: int
    operator: str
    word: Word


class Assignment(Struct, frozen=True):
    """`NAME=word`."""

    name: str
    word: Word


class Simple(Struct, frozen=True):
    """Assignments, words and redirections; the first word that is left after expansion names the command."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


class Group(Struct, frozen=True):
    """`{ ...; }`, or `( ... )` with variables and a directory of its own."""

    body: Script
    redirects: tuple[Redirect, ...]
    is_subshell: bool


class ForLoop(Struct, frozen=True):
    """`for NAME in WORDS; do BODY; done`."""

    name: str
    words: tuple[Word, ...]
    body: Script
    redirects: tuple[Redirect, ...] = ()


class WhileLoop(Struct, frozen=True):
    """`while CONDITION; do BODY; done`, or `until`."""

    condition: Script
    body: Script
    is_until: bool
    redirects: tuple[Redirect, ...] = ()


class Test(Struct, frozen=True):
    """`if CONDITION; then BODY; [elif ...;] [else OTHERWISE;] fi`; an `elif` is an `if` in `otherwise`."""

    condition: Script
    body: Script
    otherwise: Script | None
    redirects: tuple[Redirect, ...] = ()


Command = Simple | Group | ForLoop | WhileLoop | Test


class Pipeline(Struct, frozen=True):
    """Commands joined by `|`; `!` before them turns the exit code round, `time` measures them."""

    commands: tuple[Command, ...]
    is_negated: bool = False
    is_timed: bool = False


class AndOr(Struct, frozen=True):
    """Pipelines joined by `&&` and `||`: `rest` has (operator, pipeline)."""

    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...] = ()


class Script(Struct, frozen=True):
    """Lists one after the other."""

    items: tuple[AndOr, ...]
