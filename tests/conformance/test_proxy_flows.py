"""Where kube-proxy's rules send a packet: upstream's own table of flows, walked over the rules of the model."""

from typing import Any

import pytest

from tests.conformance.clusters import facts, proxied_node
from tests.conformance.walker import Walker

CASES = [
    case
    for case in facts("proxy_flows.json")
    if case["cluster"]["proxyMode"] == "iptables" and case["cluster"]["ipFamily"] == "IPv4"
]


def test_there_are_cases() -> None:
    assert sum(len(case["flows"]) for case in CASES) == 119


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_flow_goes_where_kube_proxy_sends_it(case: dict[str, Any]) -> None:
    walker = Walker(proxied_node(case["cluster"], case["services"], case["endpointslices"]))
    wrong = []
    for flow in case["flows"]:
        expect = flow["expect"]
        want = {(where, expect["masq"]) for where in expect["endpoints"] or [expect["kind"]]}
        got = walker.flow(flow["sourceIP"], flow["destIP"], flow["destPort"], flow["protocol"])
        if got != want:
            wrong.append((flow["name"], want, got))
    assert wrong == []
