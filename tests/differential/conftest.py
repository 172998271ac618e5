"""The set-ups, each built once for all its flows; and the run's last word on whether the kernel was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from _pytest.terminal import TerminalReporter

from tests.differential.both import Setup
from tests.differential.possible import why_not

FLOW_TEST = "tests/differential/test_flows.py::test_the_kernel_does_the_same"
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


def counts(config: pytest.Config) -> dict[str, int]:
    """Return how many flows there were of each outcome."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not isinstance(reporter, TerminalReporter):
        return {}
    outcomes = ("passed", "failed", "error", "skipped")
    names = {o: {getattr(r, "nodeid", "") for r in reporter.stats.get(o, ())} for o in outcomes}
    return {outcome: sum(name.startswith(FLOW_TEST) for name in found) for outcome, found in names.items()}


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that skipped the flows although the kernel could have been asked."""
    if counts(session.config).get("skipped") and not why_not():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    """Say in one line whether the kernel was asked, and what came of it."""
    found = counts(config)
    asked = sum(found.get(outcome, 0) for outcome in ("passed", "failed", "error"))
    if asked:
        terminalreporter.write_line(f"differential: ran, {found['passed']} of {asked} flows equal")
    elif found.get("skipped"):
        wrong = "" if why_not() else " ALTHOUGH unshare and iptables-restore work here"
        terminalreporter.write_line(f"differential: skipped: {why_not() or 'by choice'}{wrong}")
