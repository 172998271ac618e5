"""Connections and matched rules equal the kernel's, node by node and hook by hook."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.sim.trace import Trace
from tests.oracle.test_captures import CASES, Case, load, simulated

#: `record.py` does not record which rules matched.
WITH_RULES = [path for path in CASES if "rules" in load(path)]
#: The laboratory forced the pick by a probability of 1: what is left is the rule without its chance.
CHANCE = re.compile(r" -m statistic --mode random --probability [\d.]+")


def comparable(side: dict[str, Any]) -> dict[str, Any]:
    """Return a tuple without the ports and ids that chance chose."""
    return {key: value for key, value in side.items() if value not in ("masq", "same", "hash")}


def fits(model: dict[str, Any], kernel: dict[str, Any]) -> bool:
    return all(model.get(key) == value for key, value in comparable(kernel).items())


def connection_problems(trace: Trace, case: Case) -> list[str]:
    """Return every connection that only one of the two has. Tunnels' own connections are not in the captures."""
    problems = []
    for node, rows in case["conntrack"].items():
        model = [c for c in trace.conntrack.get(node, []) if c.orig.get("dport") != 8472]
        for row in rows:
            found = [
                c for c in model
                if (c.proto, c.state, c.flags, c.nat) == (row["proto"], row["state"], row["flags"], row["nat"])
                and fits(c.orig, row["orig"]) and fits(c.reply, row["reply"])
            ]  # fmt: skip
            if not found:
                problems.append(
                    f"{node}: kernel {row}, model {[(c.state, c.orig, c.reply, c.flags, c.nat) for c in model]}"
                )
        if len(model) != len(rows):
            problems.append(f"{node}: {len(model)} connections, the kernel {len(rows)}")
    return problems


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_connections_equal_the_kernels(path: Path) -> None:
    case, trace = load(path), simulated(path)
    assert connection_problems(trace, case) == []


def matched_of(trace: Trace, node: str) -> list[tuple[str, str, str, tuple[str, ...], str]]:
    """Return what the model matched on a node: (leg, table, chain, rules, verdict), where any rule did."""
    rows = []
    for hop in trace.hops:
        evidence = hop.evidence
        wanted = hop.netns == node and hop.leg in ("request", "reply", "icmp-error")
        if not wanted or evidence is None or not evidence.verdict or not evidence.matched:
            continue
        if any(getattr(layer, "vni", None) is not None for layer in hop.headers):
            continue
        rules = tuple(CHANCE.sub("", rule) for rule in evidence.matched)
        rows.append((hop.leg, hop.table, hop.chain, rules, evidence.verdict))
    return rows


def kernel_rules(rows: list[dict[str, Any]]) -> list[tuple[str, str, str, tuple[str, ...], str]]:
    return [
        (
            row["leg"].replace("_", "-"),
            row["table"],
            row["chain"],
            tuple(CHANCE.sub("", rule) for rule in row["matched"]),
            row["verdict"],
        )
        for row in rows
        if row["matched"]
    ]


@pytest.mark.parametrize("path", WITH_RULES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_matched_rules_equal_the_kernels(path: Path) -> None:
    case, trace = load(path), simulated(path)
    for node, rows in case["rules"].items():
        legs = {row["leg"].replace("_", "-") for row in rows}
        model = [row for row in matched_of(trace, node) if row[0] in legs]
        # How many attempts of a packet that is sent again were caught differs from case to case: the first, or all.
        assert kernel_rules(rows) in (model[: len(rows)], list(dict.fromkeys(model)), model), node
