"""Regular expressions as grep and sed have them, matched in time proportional to pattern times text.

Python's own engine tries again and again: `(a*)*b` never ends on a line of thirty letters. Here all ways are followed
at once (a Pike machine), so that no line that is typed can hold the terminal up.
Source: POSIX.1-2017, XBD chapter 9 (basic and extended regular expressions); GNU's \\w \\s \\b \\< \\> \\+ \\? \\|.
Simplified: of several matches at one place the first alternative wins, as in Perl; POSIX takes the longest.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

__all__ = ["Regex", "RegexProblem"]

#: More repetitions of one thing than anybody writes; each is a copy.
MOST_REPEATS = 255
MOST_STEPS = 2_000
CLASSES: dict[str, Callable[[str], bool]] = {
    "alpha": str.isalpha, "digit": lambda c: c in "0123456789", "alnum": str.isalnum, "space": str.isspace,
    "upper": str.isupper, "lower": str.islower, "punct": lambda c: c.isprintable() and not c.isalnum() and c != " ",
    "blank": lambda c: c in " \t", "xdigit": lambda c: c in "0123456789abcdefABCDEF",
    "print": str.isprintable, "graph": lambda c: c.isprintable() and c != " ", "cntrl": lambda c: c < " ",
}  # fmt: skip


class RegexProblem(Exception):  # noqa: N818  (a problem of the line, not of the program)
    """A pattern that is none; the message is glibc's."""


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


class Step(Struct):
    """One instruction: `char` (a test), `split` (two ways), `save`, `assert` (a place), `match`."""

    op: str
    test: Callable[[str], bool] | None = None
    x: int = 0
    y: int = 0
    assertion: str = ""


class Node(Struct):
    """A part of the pattern: `kind` is char, cat, alt, repeat, group, assert or empty."""

    kind: str
    parts: list[Node] = []
    test: Callable[[str], bool] | None = None
    low: int = 0
    high: int = -1
    number: int = 0
    assertion: str = ""


class Regex:
    """A compiled pattern. `groups` is how many there are."""

    def __init__(self, pattern: str, *, extended: bool = False, ignore_case: bool = False) -> None:
        reader = Reader(pattern, extended=extended, ignore_case=ignore_case)
        node = reader.whole()
        self.groups = reader.groups
        self.steps: list[Step] = []
        self._emit(Node("group", [node], number=0))
        self._add(Step("match"))

    def search(self, text: str, start: int = 0) -> list[int] | None:
        """Return the places of the first match from `start` on: begin and end of the whole, then of each group (-1)."""
        best: list[int] | None = None
        blank = [-1] * (2 * self.groups + 2)
        threads: list[tuple[int, list[int]]] = []
        for at in range(start, len(text) + 1):
            seen: set[int] = set()
            now: list[tuple[int, list[int]]] = []
            for step, saved in threads:
                self._follow(step, saved, text, at, seen, now)
            if best is None:
                self._follow(0, blank, text, at, seen, now)
            threads = []
            for step, saved in now:
                instruction = self.steps[step]
                if instruction.op == "match":
                    best = saved
                    break
                assert instruction.test is not None
                if at < len(text) and instruction.test(text[at]):
                    threads.append((step + 1, saved))
            if best is not None and not threads:
                break
        return best

    def _follow(
        self, first: int, saved: list[int], text: str, at: int, seen: set[int], now: list[tuple[int, list[int]]]
    ) -> None:
        """Add every place that is reached from `first` without taking a character, in order of preference."""
        stack = [(first, saved)]
        while stack:
            step, saved = stack.pop()
            if step in seen:
                continue
            seen.add(step)
            instruction = self.steps[step]
            if instruction.op == "jump":
                stack.append((instruction.x, saved))
            elif instruction.op == "split":
                stack += [(instruction.y, saved), (instruction.x, saved)]
            elif instruction.op == "save":
                copy = saved.copy()
                copy[instruction.x] = at
                stack.append((step + 1, copy))
            elif instruction.op == "assert":
                if _holds(instruction.assertion, text, at):
                    stack.append((step + 1, saved))
            else:
                now.append((step, saved))

    # --- the program --------------------------------------------------------------------------------------------------

    def _add(self, step: Step) -> int:
        if len(self.steps) >= MOST_STEPS:
            raise RegexProblem("Regular expression too big")
        self.steps.append(step)
        return len(self.steps) - 1

    def _emit(self, node: Node) -> None:
        if node.kind == "char":
            self._add(Step("char", node.test))
        elif node.kind == "assert":
            self._add(Step("assert", assertion=node.assertion))
        elif node.kind == "group":
            self._add(Step("save", x=2 * node.number))
            self._emit(node.parts[0])
            self._add(Step("save", x=2 * node.number + 1))
        elif node.kind == "alt":
            self._emit_alternatives(node)
        elif node.kind == "repeat":
            self._emit_repeat(node)
        else:
            for part in node.parts:
                self._emit(part)

    def _emit_alternatives(self, node: Node) -> None:
        ends = []
        for part in node.parts[:-1]:
            split = self._add(Step("split"))
            self.steps[split].x = split + 1
            self._emit(part)
            ends.append(self._add(Step("jump")))
            self.steps[split].y = len(self.steps)
        self._emit(node.parts[-1])
        for end in ends:
            self.steps[end].x = len(self.steps)

    def _emit_repeat(self, node: Node) -> None:
        for _ in range(node.low):
            self._emit(node.parts[0])
        if node.high < 0:
            split = self._add(Step("split"))
            self.steps[split].x = split + 1
            self._emit(node.parts[0])
            self._add(Step("jump", x=split))
            self.steps[split].y = len(self.steps)
            return
        splits = []
        for _ in range(node.high - node.low):
            split = self._add(Step("split"))
            self.steps[split].x = split + 1
            splits.append(split)
            self._emit(node.parts[0])
        for split in splits:
            self.steps[split].y = len(self.steps)


def _holds(assertion: str, text: str, at: int) -> bool:
    before = at > 0 and _is_word(text[at - 1])
    after = at < len(text) and _is_word(text[at])
    return {
        "^": at == 0, "$": at == len(text), "b": before != after, "B": before == after,
        "<": after and not before, ">": before and not after,
    }[assertion]  # fmt: skip


class Reader:
    """Reads a pattern."""

    def __init__(self, pattern: str, *, extended: bool, ignore_case: bool) -> None:
        self.text = pattern
        self.extended = extended
        self.ignore_case = ignore_case
        self.at = 0
        self.groups = 0
        self.depth = 0

    def whole(self) -> Node:
        """Return the node of the whole pattern."""
        node = self._alternatives()
        if self.at < len(self.text):
            raise RegexProblem("Unmatched ) or \\)")
        return node

    def _sees(self, operator: str) -> bool:
        """Whether an operator comes next: `(` in extended patterns, `\\(` in basic ones."""
        return self.text.startswith(operator if self.extended else f"\\{operator}", self.at)

    def _skip(self) -> None:
        self.at += 1 if self.extended else 2

    def _alternatives(self) -> Node:
        parts = [self._sequence()]
        while self._sees("|"):
            self._skip()
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Node("alt", parts)

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while (
            self.at < len(self.text)
            and not self._sees("|")
            and not (self._sees(")") and (self.depth or not self.extended))
        ):
            atom = self._atom(is_first=not parts)
            parts.append(self._repeated(atom))
        return Node("cat", parts)

    def _repeated(self, atom: Node) -> Node:
        first = self.at
        while self.at < len(self.text):
            if self.at - first > 20:
                raise RegexProblem("Regular expression too big")
            if self.text[self.at] == "*":
                self.at += 1
                atom = Node("repeat", [atom], low=0)
            elif self._sees("+") or self._sees("?"):
                is_plus = self._sees("+")
                self._skip()
                atom = Node("repeat", [atom], low=int(is_plus), high=-1 if is_plus else 1)
            elif self._sees("{") and (bounds := self._bounds()) is not None:
                atom = Node("repeat", [atom], low=bounds[0], high=bounds[1])
            else:
                break
        return atom

    def _bounds(self) -> tuple[int, int] | None:
        close = "}" if self.extended else "\\}"
        start = self.at + (1 if self.extended else 2)
        end = self.text.find(close, start)
        low, comma, high = self.text[start : max(end, start)].partition(",")
        if end < 0 or not (low + high).isascii() or not (low + high).isdigit():
            if self.extended:
                return None
            raise RegexProblem("Invalid content of \\{\\}" if end >= 0 else "Unmatched \\{")
        first = int(low or 0) if len(low) < 6 else MOST_REPEATS + 1
        last = first if not comma else -1 if not high else int(high) if len(high) < 6 else MOST_REPEATS + 1
        if max(first, last) > MOST_REPEATS:
            raise RegexProblem("Regular expression too big")
        if -1 < last < first:
            raise RegexProblem("Invalid content of \\{\\}")
        self.at = end + len(close)
        return first, last

    def _atom(self, *, is_first: bool) -> Node:
        char = self.text[self.at]
        if self._sees("("):
            return self._group()
        if char == "\\":
            return self._escape()
        self.at += 1
        if char == "[":
            return self._bracket()
        if char == ".":
            return Node("char", test=lambda _: True)
        if char == "^" and (self.extended or is_first):
            return Node("assert", assertion="^")
        if char == "$" and (self.extended or self.at == len(self.text) or self._sees(")") or self._sees("|")):
            return Node("assert", assertion="$")
        return self._literal(char)

    def _literal(self, char: str) -> Node:
        if self.ignore_case:
            both = {char.lower(), char.upper()}
            return Node("char", test=both.__contains__)
        return Node("char", test=char.__eq__)

    def _group(self) -> Node:
        self._skip()
        self.groups += 1
        self.depth += 1
        number = self.groups
        if self.depth > 40:
            raise RegexProblem("Regular expression too big")
        node = self._alternatives()
        if not self._sees(")"):
            raise RegexProblem("Unmatched ( or \\(")
        self._skip()
        self.depth -= 1
        return Node("group", [node], number=number)

    def _escape(self) -> Node:
        self.at += 1
        if self.at >= len(self.text):
            raise RegexProblem("Trailing backslash")
        char = self.text[self.at]
        self.at += 1
        if char in "bB<>":
            return Node("assert", assertion=char)
        tests: dict[str, Callable[[str], bool]] = {
            "w": _is_word, "W": lambda c: not _is_word(c), "s": str.isspace, "S": lambda c: not c.isspace(),
        }  # fmt: skip
        if char in tests:
            return Node("char", test=tests[char])
        if char.isdigit() and char != "0":
            raise RegexProblem("podwalk: back-references are not modelled")
        if char == ")" and not self.extended:
            raise RegexProblem("Unmatched ) or \\)")
        return self._literal({"n": "\n", "t": "\t"}.get(char, char))

    def _bracket(self) -> Node:
        text = self.text
        is_negated = text[self.at : self.at + 1] == "^"
        self.at += is_negated
        start = self.at
        tests: list[Callable[[str], bool]] = []
        members: list[tuple[str, str]] = []
        while True:
            if self.at >= len(text):
                raise RegexProblem("Unmatched [, [^, [:, [., or [=")
            if text[self.at] == "]" and self.at > start:
                break
            if text.startswith("[:", self.at):
                end = text.find(":]", self.at)
                name = text[self.at + 2 : end] if end > 0 else ""
                if name not in CLASSES:
                    raise RegexProblem("Invalid character class name" if end > 0 else "Unmatched [, [^, [:, [., or [=")
                tests.append(CLASSES[name])
                self.at = end + 2
                continue
            low = high = text[self.at]
            self.at += 1
            if text[self.at : self.at + 1] == "-" and text[self.at + 1 : self.at + 2] not in ("]", ""):
                high = text[self.at + 1]
                self.at += 2
                if high < low:
                    raise RegexProblem("Invalid range end")
            members.append((low, high))
        self.at += 1
        return Node("char", test=_member_test(members, tests, is_negated=is_negated, ignore_case=self.ignore_case))


def _member_test(
    members: list[tuple[str, str]], tests: list[Callable[[str], bool]], *, is_negated: bool, ignore_case: bool
) -> Callable[[str], bool]:
    def is_member(char: str) -> bool:
        return any(low <= char <= high for low, high in members) or any(test(char) for test in tests)

    def test(char: str) -> bool:
        found = is_member(char.lower()) or is_member(char.upper()) if ignore_case else is_member(char)
        return found != is_negated

    return test
