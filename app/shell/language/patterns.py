"""Shell patterns (`*`, `?`, `[...]`), braces, and the names of files that a pattern means.

Sources: POSIX.1-2017, XCU 2.13 (Pattern Matching Notation); bash(1), Brace Expansion.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from app.shell.language.syntax import Literal, Part, Word

__all__ = ["TooManyError", "braces", "is_pattern", "names", "translate"]

SPECIAL = frozenset("*?[")
RANGE = re.compile(r"(-?[0-9]{1,9})\.\.(-?[0-9]{1,9})(?:\.\.(-?[0-9]{1,9}))?|([A-Za-z])\.\.([A-Za-z])")
#: Text of a field, and whether it was quoted: quoted text means itself.
Segment = tuple[str, bool]


class TooManyError(Exception):
    """An expansion that makes more words than are allowed."""


def is_pattern(segments: Sequence[Segment]) -> bool:
    """Whether something unquoted stands for other text."""
    return any(not quoted and SPECIAL & set(text) for text, quoted in segments)


def translate(segments: Sequence[Segment]) -> str:
    """Return the regular expression of a pattern.

    What stands before the last `*` is matched as early as it can be and never tried again (atomic groups): that is
    enough for a match of the whole text, and no pattern takes more than time in proportion to the text.
    """
    pieces: list[list[str]] = [[]]
    for text, quoted in segments:
        if quoted:
            pieces[-1].append(re.escape(text))
            continue
        at = 0
        while at < len(text):
            char = text[at]
            at += 1
            if char == "*":
                pieces.append([])
            elif char == "?":
                pieces[-1].append(".")
            elif char == "[" and (bracket := _bracket(text, at)) is not None:
                pieces[-1].append(bracket[0])
                at = bracket[1]
            else:
                pieces[-1].append(re.escape(char))
    first, *rest = ["".join(piece) for piece in pieces]
    if not rest:
        return f"(?s:{first})"
    *middle, last = rest
    return f"(?s:{first}{''.join(f'(?>.*?{each})' for each in middle if each)}.*{last})"


def _bracket(text: str, at: int) -> tuple[str, int] | None:
    """Return a bracket expression as a regular expression, and where it ends; None if it is none."""
    start = at + 1 if text[at : at + 1] in ("!", "^") else at
    end = text.find("]", start + 1)
    if end < 0:
        return None
    inner = re.sub(r"([\\\[\]^&~|])", r"\\\1", text[start:end])
    made = f"[{'^' if start > at else ''}{inner}]"
    try:
        re.compile(made)
    except re.error:  # a range that runs backwards matches nothing
        return r"(?!)", end + 1
    return made, end + 1


def names(segments: Sequence[Segment], cwd: str, listed: Callable[[str], Sequence[str]], most: int) -> list[str]:
    """Return the paths that a pattern means, sorted. `listed` gives a directory's names, [] where there is none."""
    parts = _by_slash(segments)
    is_absolute = not parts[0] and len(parts) > 1
    found = ["/"] if is_absolute else [""]
    for n, part in enumerate(parts[1:] if is_absolute else parts):
        is_last = n == len(parts) - (2 if is_absolute else 1)
        found = _below(found, part, cwd, listed, is_last=is_last)
        if len(found) > most:
            raise TooManyError
    return sorted(found)


def _by_slash(segments: Sequence[Segment]) -> list[list[Segment]]:
    parts: list[list[Segment]] = [[]]
    for text, quoted in segments:
        for n, piece in enumerate(text.split("/")):
            if n:
                parts.append([])
            if piece:
                parts[-1].append((piece, quoted))
    return parts


def _below(
    found: list[str], part: list[Segment], cwd: str, listed: Callable[[str], Sequence[str]], *, is_last: bool
) -> list[str]:
    """Return what a part of the pattern means below each path that was found."""
    below: list[str] = []
    shows_hidden = bool(part) and part[0][0].startswith(".")
    matches = re.compile(translate(part)).fullmatch
    for path in found:
        directory = path if path.startswith("/") else f"{cwd.rstrip('/')}/{path}"
        if not is_pattern(part):
            name = "".join(text for text, _ in part)
            if not is_last or not name or name in (".", "..") or name in listed(directory):
                below.append(f"{path}{name}" if is_last else f"{path}{name}/")
            continue
        hits = [name for name in listed(directory) if matches(name) and (shows_hidden or not name.startswith("."))]
        below += [f"{path}{name}" if is_last else f"{path}{name}/" for name in hits]
    return below


# --- braces -----------------------------------------------------------------------------------------------------------


def braces(word: Word, most: int) -> list[Word]:
    """Return the words that `{a,b}` and `{1..3}` make of one; the word itself where there are none."""
    if not any(isinstance(part, Literal) and not part.quoted and "{" in part.text for part in word.parts):
        return [word]
    atoms: list[str | Part] = []
    for part in word.parts:
        if isinstance(part, Literal) and not part.quoted:
            atoms += list(part.text)
        else:
            atoms.append(part)
    return [Word(_joined(each), word.source) for each in _expanded(atoms, most, 0)]


def _joined(atoms: list[str | Part]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for atom in atoms:
        last = parts[-1] if parts else None
        if not isinstance(atom, str):
            parts.append(atom)
        elif isinstance(last, Literal) and not last.quoted:
            parts[-1] = Literal(last.text + atom)
        else:
            parts.append(Literal(atom))
    return tuple(parts)


def _expanded(atoms: list[str | Part], most: int, depth: int) -> list[list[str | Part]]:
    if depth > 20:
        return [atoms]
    at = 0
    while "{" in atoms[at:]:
        start = atoms.index("{", at)
        found = _choices(atoms, start)
        if found is None:
            at = start + 1
            continue
        choices, end = found
        tails = _expanded(atoms[end + 1 :], most, depth + 1)
        heads = [each for choice in choices for each in _expanded(choice, most, depth + 1)]
        if len(heads) * len(tails) > most:
            raise TooManyError
        return [[*atoms[:start], *head, *tail] for head in heads for tail in tails]
    return [atoms]


def _choices(atoms: list[str | Part], start: int) -> tuple[list[list[str | Part]], int] | None:
    """Return what the braces that open at `start` choose from, and where they close."""
    level, commas = 0, [start]
    for at in range(start, len(atoms)):
        level += 1 if atoms[at] == "{" else -1 if atoms[at] == "}" else 0
        if atoms[at] == "," and level == 1:
            commas.append(at)
        if level == 0:
            if len(commas) > 1:
                commas.append(at)
                return [atoms[a + 1 : b] for a, b in pairwise(commas)], at
            counted = _counted(atoms[start + 1 : at])
            return None if counted is None else (counted, at)
    return None


def _counted(atoms: list[str | Part]) -> list[list[str | Part]] | None:
    """Return the members of `1..3`, `a..e` or `1..10..2`."""
    if not all(isinstance(atom, str) for atom in atoms):
        return None
    found = RANGE.fullmatch("".join(str(atom) for atom in atoms))
    if found is None:
        return None
    if found[4]:
        first, last = ord(found[4]), ord(found[5])
        step = 1 if last >= first else -1
        return [[chr(n)] for n in range(first, last + step, step)]
    first, last = int(found[1]), int(found[2])
    step = abs(int(found[3] or 1)) or 1
    if abs(last - first) // step > 100_000:
        raise TooManyError
    padded = any(re.match("-?0[0-9]", text) for text in (found[1], found[2]))
    width = max(len(found[1]), len(found[2])) if padded else 0
    sign = 1 if last >= first else -1
    return [list(f"{n:0{width}d}") for n in range(first, last + sign, sign * step)]
