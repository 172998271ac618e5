"""From text to words, and a cursor over them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.dataplane.nft.errors import NftError

__all__ = ["Cursor", "split"]

WORD = re.compile(r'"[^"\n]*"|#[^\n]*|@[\w./-]+|!=|==|\\\n|[{},;:=!&|^<>\n()]|[\w./*-]+|[^\S\n]+|.')
END = ("\n", ";", "")
TIME = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?")


def split(text: str) -> list[str]:
    """Return the words of a text: names, numbers, quoted text, signs, and each newline."""
    return [word for word in WORD.findall(text) if word == "\n" or not (word.isspace() or word[0] in "#\\")]


class Cursor:
    """Reads words from left to right and knows the line."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self.at = 0
        self.line = 1

    @property
    def next(self) -> str:
        """The word that comes next, "" at the end."""
        return self.words[self.at] if self.at < len(self.words) else ""

    def peek(self, ahead: int) -> str:
        """Return a later word."""
        return self.words[self.at + ahead] if self.at + ahead < len(self.words) else ""

    def take(self) -> str:
        """Return the next word and step over it."""
        word = self.next
        self.at += 1
        if word == "\n":
            self.line += 1
        return word

    def taken(self, *wanted: str) -> bool:
        """Step over these words if they come next."""
        if tuple(self.words[self.at : self.at + len(wanted)]) != wanted:
            return False
        for _ in wanted:
            self.take()
        return True

    def expect(self, word: str) -> None:
        """Step over `word`. Raises NftError for another one."""
        if self.next != word:
            raise self.unexpected(f"expecting '{word}'" if not word.isalpha() else f"expecting {word}")
        self.take()

    def name(self) -> str:
        """Return the next word, which must be a name or number. Raises NftError."""
        word = self.next
        if not word or not (word[0].isalnum() or word[0] in "_.*-"):
            raise self.unexpected("expecting string")
        return self.take()

    def number(self) -> int:
        """Return the next word as a number. Raises NftError."""
        word = self.name()
        try:
            return int(word, 0)
        except ValueError:
            raise NftError("syntax error, unexpected string, expecting number", word) from None

    def quoted(self) -> str:
        """Return the text in quotes (or the one word) that comes next. Raises NftError."""
        word = self.take()
        if not word.strip():
            raise NftError("syntax error, unexpected newline, expecting quoted string")
        text = word.strip('"')
        if len(text.encode()) > 127:
            raise NftError("comment too long, 128 characters maximum allowed", word)
        return text

    def time_us(self) -> int:
        """Return a time like 3h, 1m30s or 10800 (seconds). Raises NftError."""
        word = self.name()
        found = TIME.fullmatch(word)
        if word.isdecimal():
            return int(word) * 1_000_000
        if found is None:
            raise NftError("syntax error, unexpected string, expecting time", word)
        days, hours, minutes, seconds, milliseconds = (int(part or 0) for part in found.groups())
        return ((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + milliseconds) * 1000

    def skip_ends(self) -> None:
        """Step over newlines and semicolons."""
        while self.next in ("\n", ";"):
            self.take()

    def skip_newlines(self) -> None:
        """Step over newlines."""
        while self.next == "\n":
            self.take()

    @property
    def is_end(self) -> bool:
        """Whether a statement ends here."""
        return self.next in END or self.next == "}"

    def unexpected(self, instead: str = "") -> NftError:
        """Return nft's refusal of the next word."""
        word = self.next
        what = (
            "end of file" if not word else "newline" if word == "\n" else f"'{word}'" if not word[0].isalnum() else word
        )
        return NftError(f"syntax error, unexpected {what}{', ' if instead else ''}{instead}", word.strip())
