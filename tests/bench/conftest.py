"""Print each figure beside its floor and the stored ratio: a ratio travels between machines, microseconds do not.

`make bench STORE=1` stores the ratios of this run in baseline.json.
"""

import json
from pathlib import Path
from typing import Any

import pytest

BASELINE = Path(__file__).parent / "baseline.json"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store-baseline", action="store_true", help="write this run's ratios to tests/bench/baseline.json"
    )


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One line a benchmark: what it took, in its own unit, and how many times the floor, now and in baseline.json."""
    session = getattr(config, "_benchmarksession", None)
    figures = {bench.name: bench.extra_info for bench in getattr(session, "benchmarks", []) if bench.extra_info}
    if not figures:
        return
    stored = json.loads(BASELINE.read_text())
    terminalreporter.section("figures and ratios to the floor")
    for name, info in figures.items():
        was = f"{stored[name]} stored" if name in stored else "none stored"
        terminalreporter.write_line(f"{name}: {info['figure']} {info['unit']}, {info['ratio']} times the floor ({was})")
    if config.getoption("--store-baseline"):
        BASELINE.write_text(json.dumps({name: info["ratio"] for name, info in figures.items()}, indent=1) + "\n")
