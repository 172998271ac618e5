"""`$((...))`: whole numbers of 64 bits. Source: POSIX.1-2017, XCU 2.6.4; C's precedence."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["ArithmeticProblem", "evaluate"]

TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9a-fA-F]+|[0-9]+)|([A-Za-z_][A-Za-z0-9_]*)|(\*\*|<=|>=|==|!=|&&|\|\||[-+*/%()<>!]))"
)
#: Binary operators by how tightly they bind, loosest first.
LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
DEEPEST = 50


class ArithmeticProblem(Exception):  # noqa: N818  (a problem of the line, not of the program)
    """An expression that has no value."""


def evaluate(text: str, variable: Callable[[str], str]) -> int:
    """Return the value of `text`. `variable` gives the text of a name. Raises ArithmeticProblem."""
    return Reader(text, variable).whole()


def _wrapped(number: int) -> int:
    """Return what a signed 64-bit integer holds of a number."""
    return (number + 2**63) % 2**64 - 2**63


def _quotient(left: int, right: int) -> int:
    """Divide as C does: towards zero."""
    if right == 0:
        raise ArithmeticProblem("division by 0")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "||": lambda a, b: int(bool(a) or bool(b)),
    "&&": lambda a, b: int(bool(a) and bool(b)),
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _quotient,
    "%": lambda a, b: a - b * _quotient(a, b),
}


class Reader:
    """Evaluates one expression while it reads it."""

    def __init__(self, text: str, variable: Callable[[str], str]) -> None:
        self.text = text.strip()
        self.variable = variable
        self.tokens = self._tokens()
        self.at = 0
        self.depth = 0

    def _tokens(self) -> list[str]:
        found: list[str] = []
        at = 0
        while at < len(self.text):
            token = TOKEN.match(self.text, at)
            if token is None:
                raise ArithmeticProblem(
                    f'{self.text}: syntax error: invalid arithmetic operator (error token is "{self.text[at:]}")'
                )
            found.append(token[0].strip())
            at = token.end()
        return found

    def whole(self) -> int:
        """Return the value of everything."""
        if not self.tokens:
            return 0
        value = self._level(0)
        if self.at < len(self.tokens):
            rest = " ".join(self.tokens[self.at :])
            raise ArithmeticProblem(f'{self.text}: syntax error in expression (error token is "{rest}")')
        return value

    def _level(self, level: int) -> int:
        if level == len(LEVELS):
            return self._unary()
        value = self._level(level + 1)
        while self.at < len(self.tokens) and self.tokens[self.at] in LEVELS[level]:
            operator = self.tokens[self.at]
            self.at += 1
            value = _wrapped(OPERATIONS[operator](value, self._level(level + 1)))
        return value

    def _unary(self) -> int:
        if self.at >= len(self.tokens):
            raise ArithmeticProblem(f"{self.text}: syntax error: operand expected")
        word = self.tokens[self.at]
        self.at += 1
        self.depth += 1
        if self.depth > DEEPEST:
            raise ArithmeticProblem("expression recursion level exceeded")
        try:
            return self._operand(word)
        finally:
            self.depth -= 1

    def _operand(self, word: str) -> int:
        if word in ("-", "+", "!"):
            value = self._unary()
            return _wrapped(-value) if word == "-" else value if word == "+" else int(not value)
        if word == "(":
            value = self._level(0)
            if self.tokens[self.at : self.at + 1] != [")"]:
                raise ArithmeticProblem(f"{self.text}: missing `)'")
            self.at += 1
            return value
        if word[0].isdigit():
            return self._number(word)
        if word[0].isalpha() or word[0] == "_":
            text = self.variable(word).strip()
            return self._number(text) if re.fullmatch("-?[0-9]+", text) else 0
        raise ArithmeticProblem(f'{self.text}: syntax error: operand expected (error token is "{word}")')

    def _number(self, text: str) -> int:
        digits = text.lstrip("-")
        if len(digits) > 25:
            raise ArithmeticProblem(f"{self.text}: value too great")
        base = 16 if digits[:2].lower() == "0x" else 8 if digits.startswith("0") and len(digits) > 1 else 10
        try:
            return _wrapped(int(text, base))
        except ValueError:
            raise ArithmeticProblem(f'{text}: value too great for base (error token is "{text}")') from None
