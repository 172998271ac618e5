"""The same question to the model and to the kernel: the same answer, the same packets on every interface, the same ARP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.differential.conftest import SetupOf
from tests.differential.flow import Flow
from tests.differential.flows import FLOWS

FEWEST = 20


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: f"{flow.setup}/{flow.name}")
def test_the_kernel_does_the_same(flow: Flow, setup_of: SetupOf) -> None:
    assert "\n".join(setup_of(flow.setup).differences(flow)) == ""


def test_there_are_enough_flows_and_none_has_two_names() -> None:
    asked = {(f.setup, f.from_, f.to, f.before, f.ttl, f.size, f.df, f.earlier) for f in FLOWS}
    assert len(asked) == len(FLOWS) > FEWEST
    assert len({(flow.setup, flow.name) for flow in FLOWS}) == len(FLOWS)


def test_no_flow_is_one_of_the_captures(root: Path) -> None:
    """Not by address either: no capture asks any host of these clusters."""
    cases = [json.loads(path.read_text(encoding="utf-8")) for path in (root / "tests/oracle/cases").glob("*/*.json")]
    assert cases != []
    assert {case["to"] for case in cases} & {flow.to for flow in FLOWS} == set()
    assert {case["from"] for case in cases} & {flow.from_ for flow in FLOWS} == set()
