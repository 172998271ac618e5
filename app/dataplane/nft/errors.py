"""What nft refuses, and the word of the input that it points at."""

from __future__ import annotations

from collections.abc import Iterable

from app.core.errors import nearest

__all__ = ["NftError"]


class NftError(Exception):
    """Text that nft or the kernel would not take.

    `word` is what it points at ("" the whole command), `line` the line of the text (1-based, 0 unknown).
    """

    def __init__(self, message: str, word: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.word = word
        self.line = line


def process(why: str, word: str = "") -> NftError:
    """Return the kernel's refusal by errno."""
    return NftError(f"Could not process rule: {why}", word)


def missing(word: str, legal: Iterable[str], kind: str, *, is_listed: bool = False) -> NftError:
    """Return the refusal of a name that is none, with the nearest one: `kind` is `table ‘{}’ in family ip`."""
    near = nearest(word, legal)
    if near is not None:
        return NftError(f"{NO_SUCH}; did you mean {kind.format(near)}?", word)
    return NftError(NO_SUCH, word) if is_listed else process(NO_SUCH, word)


NO_SUCH = "No such file or directory"
EXISTS = "File exists"
BUSY = "Device or resource busy"
NOT_SUPPORTED = "Operation not supported"
TOO_MANY_LINKS = "Too many links"
