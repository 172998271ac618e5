"""The run's last word on whether the kernel was asked. These hooks are pytest's, taken in by tests/conftest.py: with
several workers only that one is read where the reports come together."""

from __future__ import annotations

import pytest
from _pytest.terminal import TerminalReporter

from tests.differential.possible import why_not

FLOW_TEST = "tests/differential/test_flows.py::test_the_kernel_does_the_same"


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
