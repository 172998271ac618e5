"""500 random edits of shipped lessons: each ends in findings with a place or in none, and never in an exception."""

import random

import pytest

from app.core.assets import lessons_dir
from app.curriculum.check import check
from app.curriculum.library import Library
from app.curriculum.reading import read_text
from app.shell import run

EDITS = 500
CHUNKS = 10
_PIECES = [
    "", " ", "\n", ":", "- ", "{", "}", "[", "]", "#", "'", '"', "|", "&a ", "*a", "!!int ", "{{", "}}", "null", "true",
    "0", "-1", "99999999999999999999", "1e400", "../", "pod/default/x", "veth/default/my-nginx-1", "path(ping).after(",
    "ff:ff:ff:ff:ff:ff", "10.9.9.9", "\t", "\u202e", "您", "，", "<script>", "zh: x", "en:", "send:", "TODO", "<<: *a",
    "\x00", "ping", "follow", "next-hop", "multi", "field",
]  # fmt: skip


def _edited(lines: list[str], chance: random.Random) -> str:
    """Return the text after one to three edits such as a hand or a bad merge makes."""
    kept = list(lines)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(kept))
        line = kept[at]
        match chance.randrange(8):
            case 0:
                del kept[at]
            case 1:
                kept.insert(at, line)
            case 2:
                other = chance.randrange(len(kept))
                kept[at], kept[other] = kept[other], line
            case 3:
                kept[at] = " " * chance.randrange(9) + line.lstrip()
            case 4:
                cut = chance.randrange(len(line) + 1)
                kept[at] = line[:cut] + chance.choice(_PIECES) + line[cut:]
            case 5:
                start = chance.randrange(len(line) + 1)
                kept[at] = line[:start] + line[start + chance.randrange(6) :]
            case 6:
                key = line.split(":")[0]
                kept[at] = f"{key}: {chance.choice(_PIECES)}"
            case _:
                words = line.split(" ")
                chance.shuffle(words)
                kept[at] = " ".join(words)
        kept = kept or [""]
    return "\n".join(kept)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_edit_ends_in_an_exception(chunk: int, library: Library) -> None:
    paths = sorted(lessons_dir().glob("*/*.yaml"))
    paths = [path for path in paths if path.stem in library.readings]
    for number in range(chunk * EDITS // CHUNKS, (chunk + 1) * EDITS // CHUNKS):
        chance = random.Random(number)
        path = chance.choice(paths)
        text = _edited(path.read_text(encoding="utf-8").split("\n"), chance)
        findings = check(read_text(text, path.name, path), library, run)
        lines = max(text.count("\n"), text.count("\r")) + 2
        for finding in findings:
            assert finding.text()
            assert finding.at.line >= 1
            assert finding.at.column >= 1
            assert finding.at.file != path.name or finding.at.line <= lines, (number, finding.text())
