"""One line of iptables-restore, cut into words. Source: iptables 1.8.9, iptables/xshared.c, add_param_to_argv()."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.dataplane.netfilter.rule import RuleError

__all__ = ["join_words", "split_words"]

#: Text up to a blank, or up to the end of a quoted part: a closing quote ends the word.
WORD = re.compile(r"""([^\s"]*)"((?:[^"\\]|\\.)*)"|([^\s"]+)""", re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def split_words(text: str) -> list[str]:
    """Return the words of a rule, quotes taken off. Raises RuleError for a quote that does not end."""
    if "\\" not in text:
        parts = text.split('"')
        if len(parts) % 2 and all(_stands_alone(parts, index) for index in range(1, len(parts), 2)):
            return [word for index, part in enumerate(parts) for word in ([part] if index % 2 else part.split())]
    words = []
    position, end = 0, len(text)
    while position < end:
        if text[position].isspace():
            position += 1
            continue
        found = WORD.match(text, position)
        if found is None:
            raise RuleError(f"Quote not closed in: {text[:80]}")
        words.append(found[3] if found[3] is not None else found[1] + ESCAPED.sub(r"\1", found[2]))
        position = found.end()
    return words


def _stands_alone(parts: Sequence[str], index: int) -> bool:
    """Whether the quoted part at `index` is a word of its own: blanks around it."""
    is_first, is_last = index == 1, index == len(parts) - 2
    starts = parts[index - 1][-1:] == " " or (is_first and not parts[0])
    ends = parts[index + 1][:1] == " " or (is_last and not parts[-1])
    return starts and ends


def join_words(words: Sequence[str]) -> str:
    """Return words as one line that split_words() cuts into the same words."""
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    if word and not re.search(r'[\s"\\]', word):
        return word
    return '"' + re.sub(r'(["\\])', r"\\\1", word) + '"'
