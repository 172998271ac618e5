"""The rules that we print are the real tool's: it takes them, prints them back, and makes the same of the same commands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from app.shell import execute, run
from app.sim.simulator import netns_of
from tests.differential.both import simulator
from tests.differential.flow import Flow
from tests.differential.flows import FLOWS
from tests.differential.lab import Lab, LabError
from tests.differential.possible import why_not

SETUPS = sorted({flow.setup for flow in FLOWS})
WITH_RULES = [flow for flow in FLOWS if any(line.startswith("iptables ") for _, line in flow.before)]
NUMBERS = count()


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    if why_not():
        pytest.skip(why_not())
    lab = Lab()
    yield lab
    lab.close()


def rules_and_sets(setup: str) -> list[tuple[str, str]]:
    """Return what each node's `iptables-save` and `ipset save` print in the model."""
    namespaces = [netns for netns in simulator(setup).network.namespaces.values() if netns.netfilter.is_active]
    return [(execute(netns, "iptables-save").stdout, execute(netns, "ipset save").stdout) for netns in namespaces]


def new_namespace(lab: Lab, sets: str) -> str:
    """Make a namespace with these sets."""
    name = f"rules-{next(NUMBERS)}"
    lab.call("netns", name=name)
    if sets:
        lab.run(name, "ipset", "restore", text=sets)
    return name


def lines(text: str) -> list[str]:
    """Return the text without its comments: the real tool's have a date."""
    return [line for line in text.splitlines() if not line.startswith("#")]


def tables(text: str) -> dict[str, tuple[set[str], dict[str, list[str]]]]:
    """Return each table's chains and policies, and each chain's rules in their order."""
    found: dict[str, tuple[set[str], dict[str, list[str]]]] = {}
    chains: set[str] = set()
    rules: dict[str, list[str]] = {}
    for line in lines(text):
        if line.startswith("*"):
            chains, rules = found[line] = (set(), {})
        elif line.startswith(":"):
            chains.add(line)
        elif line.startswith("-A"):
            rules.setdefault(line.split()[1], []).append(line)
    return found


@pytest.mark.parametrize("setup", SETUPS)
def test_iptables_restore_takes_what_every_node_prints_and_prints_it_back(setup: str, lab: Lab) -> None:
    for rules, sets in rules_and_sets(setup):
        netns = new_namespace(lab, sets)
        lab.run(netns, "iptables-restore", "--test", text=rules)
        assert lines(lab.run(netns, "iptables-save")) == []
        lab.run(netns, "iptables-restore", text=rules)
        assert lines(lab.run(netns, "iptables-save")) == lines(rules)
        assert lab.run(netns, "ipset", "save") == sets


@pytest.mark.parametrize("setup", SETUPS)
def test_nft_takes_the_tables_that_every_node_prints_and_prints_them_back(setup: str, lab: Lab) -> None:
    """The modelled terminal prints a tab as eight spaces."""
    nodes = [netns for netns in simulator(setup).network.namespaces.values() if netns.nft.tables]
    assert bool(nodes) == (setup == "nftables")
    for node in nodes:
        netns, text = new_namespace(lab, ""), execute(node, "nft list ruleset").stdout
        lab.run(netns, "nft", "-f", "-", text=text)
        assert lab.run(netns, "nft", "list", "ruleset").expandtabs() == text


@pytest.mark.parametrize("setup", SETUPS)
def test_the_legacy_tool_takes_the_same_rules(setup: str, lab: Lab) -> None:
    """It lists the tables, and the chains that somebody made, in an order of its own (that of the kernel's blobs)."""
    try:
        lab.run(new_namespace(lab, ""), "iptables-legacy-restore", text="*nat\nCOMMIT\n*filter\nCOMMIT\n")
    except LabError as error:
        pytest.skip(f"no legacy iptables here: {error}")
    for rules, sets in rules_and_sets(setup):
        netns = new_namespace(lab, sets)
        lab.run(netns, "iptables-legacy-restore", text=rules)
        assert tables(lab.run(netns, "iptables-legacy-save")) == tables(rules)


@pytest.mark.parametrize("flow", WITH_RULES, ids=lambda flow: f"{flow.setup}/{flow.name}")
def test_the_real_iptables_makes_the_same_of_an_administrators_commands(flow: Flow, lab: Lab) -> None:
    model = simulator(flow.setup)
    made: dict[str, str] = {}
    for who, line in flow.before:
        netns = netns_of(model.network, who)
        if netns.name not in made:
            made[netns.name] = new_namespace(lab, execute(netns, "ipset save").stdout)
            lab.run(made[netns.name], "iptables-restore", text=execute(netns, "iptables-save").stdout)
        if line.startswith(("iptables ", "ipset ")):
            run(model, who, line)
            lab.run(made[netns.name], *line.split())
    for name, real in made.items():
        ours = execute(model.network.namespaces[name], "iptables-save").stdout
        assert tables(lab.run(real, "iptables-save")) == tables(ours)
