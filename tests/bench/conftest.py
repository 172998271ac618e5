"""Print each figure beside its floor and the stored ratio: a ratio travels between machines, microseconds do not."""

import json
from pathlib import Path
from typing import Any

import pytest

BASELINE = Path(__file__).parent / "baseline.json"


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
        before = stored.get(name, {}).get("ratio")
        was = f"  (stored: {before})" if before else ""
        terminalreporter.write_line(f"{name}: {info['figure']} {info['unit']}, {info['ratio']} times the floor{was}")
