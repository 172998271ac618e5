"""What every test may ask for: where the checkout is, and what is tracked in it."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

from tests.differential.report import pytest_sessionfinish, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]

# A busy machine is no failure: what is bounded in time is bounded by pytest-timeout.
settings.register_profile("podwalk", deadline=None)
# `make soak`: the tests that draw networks and rules draw so many.
settings.register_profile("soak", deadline=None, max_examples=10_000, print_blob=True)
settings.load_profile("podwalk")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout's folder."""
    return ROOT


@pytest.fixture(scope="session")
def tracked_files(root: Path) -> list[Path]:
    """Every file that git tracks and that is still there."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [root / name for name in listing.split("\0") if name and (root / name).is_file()]
