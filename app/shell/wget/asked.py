"""The command line of either wget, read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.shell.result import CommandError, not_modelled

__all__ = ["Asked", "Words", "read_words"]


@dataclass
class Asked:
    """What is asked. `output` "" names the file after the URL, "-" is stdout; times are seconds, 0: no limit."""

    urls: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    output: str = ""
    directory: str = ""
    agent: str = ""
    post: str | None = None
    timeout: float = 0
    tries: int = 20
    redirects: int = 20

    def has(self, *names: str) -> bool:
        """Whether one of these options was given."""
        return any(name in self.flags for name in names)


@dataclass(frozen=True)
class Words:
    """The options of a wget: short letters by their long names, which take a value, which are not modelled.

    `unknown` and `needs_value` make its complaints.
    """

    letters: Mapping[str, str]
    plain: frozenset[str]
    valued: Mapping[str, Callable[[Asked, str], None]]
    elsewhere: frozenset[str]
    unknown: Callable[[str], CommandError]
    needs_value: Callable[[str], CommandError]


def read_words(args: Sequence[str], words: Words) -> Asked:
    """Return the command line as `words` explains it. Raises CommandError."""
    asked, rest = Asked(), list(args)
    while rest:
        word = rest.pop(0)
        if word == "--":
            asked.urls += rest
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            _take(asked, words, name, word, [value, *rest] if equals else rest, rest if not equals else None)
        elif word.startswith("-") and word != "-":
            _letters(asked, words, word[1:], rest)
        else:
            asked.urls.append(word)
    return asked


def _letters(asked: Asked, words: Words, letters: str, rest: list[str]) -> None:
    if letters[:2] in ("nv", "nc", "nd", "np", "nH"):
        _take(asked, words, words.letters.get(letters[:2], letters[:2]), letters[:2], [], None)
        if letters[2:]:
            _letters(asked, words, letters[2:], rest)
        return
    while letters:
        letter, letters = letters[0], letters[1:]
        name = words.letters.get(letter)
        if name is None:
            raise words.unknown(letter)
        if name in words.valued:
            _take(asked, words, name, letter, [letters] if letters else rest, None if letters else rest)
            return
        _take(asked, words, name, letter, [], None)


def _take(
    asked: Asked, words: Words, name: str, shown: str, values: Sequence[str], used: list[str] | None
) -> None:  # fmt: skip
    """Take one option; its value is the first of `values`, and is taken off `used`."""
    if name in words.elsewhere:
        raise not_modelled(f"wget {'--' if len(shown) > 2 else '-'}{shown.removeprefix('--')}")
    if name in words.plain:
        asked.flags.add(name)
        return
    if name not in words.valued:
        raise words.unknown(shown)
    if not values:
        raise words.needs_value(shown)
    value = values[0]
    if used is not None:
        used.pop(0)
    words.valued[name](asked, value)
