"""`grep`. Source: grep(1), GNU grep 3.8."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.core.regex import Regex, RegexProblem
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import Given, lines_of, options, read_inputs, whole

__all__ = ["grep"]

LONG = {
    "extended-regexp": "E", "fixed-strings": "F", "ignore-case": "i", "invert-match": "v", "word-regexp": "w",
    "line-regexp": "x", "count": "c", "files-with-matches": "l", "quiet": "q", "silent": "q", "only-matching": "o",
    "line-number": "n", "no-filename": "h", "with-filename": "H", "regexp": "e", "max-count": "m", "no-messages": "s",
    "after-context": "A", "before-context": "B", "context": "C", "color": "", "recursive": "r",
}  # fmt: skip
USAGE = "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n"
META = frozenset("\\^$.[]*+?{}|()")
#: Begin and end of each match in a line.
Finder = Callable[[str], list[tuple[int, int]]]


@COMMANDS.register("grep")
def grep(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the lines that match: grep [-EFivwxcnoqlhH] [-A N] [-B N] [-C N] PATTERN [FILE]."""
    words = [word for word in args if not word.startswith("--color")]
    given = options("grep", words, "EFGivwxclqonhHsra", "emABC", LONG, USAGE)
    patterns = given.all.get("e") or given.words[:1]
    if not patterns:
        raise CommandError(USAGE, 2)
    find = _finder([line for each in patterns for line in each.split("\n")], given)
    paths = given.words if given.has("e") else given.words[1:]
    inputs = read_inputs(at, "grep", paths)
    with_name = (len(paths) > 1 or given.has("H")) and not given.has("h")
    made, has_any = "", False
    for path, text in inputs.texts:
        found, shown = _one("(standard input)" if path == "-" else path, text, find, given, with_name=with_name)
        has_any |= found
        made += shown
    stderr = "" if given.has("s") else inputs.stderr
    code = 2 if inputs.stderr and not (given.has("q") and has_any) else int(not has_any)
    return CommandResult(code, "" if given.has("q") else made, stderr)


def _one(path: str, text: str, find: Finder, given: Given, *, with_name: bool) -> tuple[bool, str]:
    """Return whether a file has a line that is wanted, and what is printed of it."""
    lines = lines_of(text)
    most = whole(given.options["m"], "grep: invalid max count") if given.has("m") else len(lines)
    is_other = given.has("v")
    hits: list[int] = []
    for number, line in enumerate(lines):
        if len(hits) >= most:
            break
        if bool(find(line)) != is_other:
            hits.append(number)
    name = f"{path}:" if with_name else ""
    if given.has("l"):
        return bool(hits), f"{path}\n" if hits else ""
    if given.has("c"):
        return bool(hits), f"{name}{len(hits)}\n"
    if given.has("o"):
        parts = [(n, lines[n][a:b]) for n in hits for a, b in find(lines[n]) if b > a] if not is_other else []
        return bool(hits), "".join(f"{name}{f'{n + 1}:' if given.has('n') else ''}{part}\n" for n, part in parts)
    return bool(hits), _with_context(lines, hits, given, path if with_name else "")


def _with_context(lines: list[str], hits: list[int], given: Given, name: str) -> str:
    """Return the lines that match, with those around them."""
    around = given.options.get("C", "0")
    wrong = "grep: invalid context length argument"
    before, after = (min(whole(given.options.get(letter, around), wrong), len(lines)) for letter in "BA")
    shown: list[str] = []
    last = -1
    wanted = set(hits)
    for hit in hits:
        for number in range(max(hit - before, last + 1), min(hit + after, len(lines) - 1) + 1):
            if last >= 0 and number > last + 1 and (before or after):
                shown.append("--\n")
            mark = ":" if number in wanted else "-"
            head = (f"{name}{mark}" if name else "") + (f"{number + 1}{mark}" if given.has("n") else "")
            shown.append(f"{head}{lines[number]}\n")
            last = number
    return "".join(shown)


def _finder(patterns: list[str], given: Given) -> Finder:
    """Return what finds every match of any pattern in a line."""
    one = [_matcher(pattern, given) for pattern in patterns]
    return lambda line: next((found for match in one if (found := match(line))), [])


def _matcher(pattern: str, given: Given) -> Finder:
    is_plain = given.has("F") or not META & set(pattern)
    if is_plain and not given.has("w") and not given.has("x"):
        return _plain(pattern, ignore_case=given.has("i"))
    extended = given.has("E") or given.has("F")
    text = "".join(f"\\{char}" if char in META else char for char in pattern) if given.has("F") else pattern
    try:
        regex = Regex(text, extended=extended, ignore_case=given.has("i"))
    except RegexProblem as problem:
        raise CommandError(f"grep: {problem}\n", 2) from None

    def find(line: str) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        at = 0
        while at <= len(line) and (match := regex.search(line, at)) is not None:
            begin, end = match[0], match[1]
            if _fits(line, begin, end, given):
                found.append((begin, end))
            at = max(end, begin + 1)
        return found

    return find


def _fits(line: str, begin: int, end: int, given: Given) -> bool:
    """Whether a match is a whole word (-w) or the whole line (-x), where that is asked for."""
    if given.has("x") and (begin, end) != (0, len(line)):
        return False
    sides = line[max(begin - 1, 0) : begin] + line[end : end + 1]
    return not given.has("w") or not any(char.isalnum() or char == "_" for char in sides)


def _plain(text: str, *, ignore_case: bool) -> Finder:
    wanted = text.lower() if ignore_case else text

    def find(line: str) -> list[tuple[int, int]]:
        where = line.lower() if ignore_case else line
        found: list[tuple[int, int]] = []
        at = where.find(wanted)
        while at >= 0:
            found.append((at, at + len(wanted)))
            at = where.find(wanted, at + max(len(wanted), 1)) if at < len(where) else -1
        return found

    return find
