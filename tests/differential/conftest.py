"""The set-ups, each built once for all its flows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.differential.both import Setup
from tests.differential.possible import why_not

SetupOf = Callable[[str], Setup]


@pytest.fixture(scope="package")
def setup_of() -> Iterator[SetupOf]:
    """Return a function: the set-up of that name, in the model and in the kernel."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    made: dict[str, Setup] = {}
    with ExitStack() as stack:

        def find(name: str) -> Setup:
            if name not in made:
                made[name] = stack.enter_context(Setup(name))
            return made[name]

        yield find
