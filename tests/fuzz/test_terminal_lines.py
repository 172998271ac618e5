"""Whatever is typed at a terminal: a result, printable text, and nothing that reaches for the machine."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from hypothesis import settings

from tests.fuzz.lines import NAMES, random_line

#: A few, always the same ones, with the other tests; a hundred thousand with `make soak`.
IS_SOAK = settings().max_examples > 300
COUNT, SEED = (100_000, 20260101) if IS_SOAK else (1_500, 1)
ROOT = Path(__file__).resolve().parents[2]


def test_random_lines_end_in_a_result_and_touch_nothing() -> None:
    command = [sys.executable, "-m", "tests.fuzz.terminal_lines", str(COUNT), str(SEED)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert (found["raised"][:3], found["audit"][:10], found["raw"][:10]) == ([], [], [])
    assert found["lines"] == COUNT
    assert {"0", "1", "2", "127"} <= set(found["codes"])


def test_the_lines_use_every_command_and_many_of_kubectls() -> None:
    chance = random.Random(3)
    words = Counter(word for _ in range(10_000) for word in random_line(chance).split())
    assert [name for name in NAMES if not words[name]] == []
    assert words["kubectl"] > 3_000
