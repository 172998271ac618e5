"""Whole dumps of kube-proxy's rules: what it feeds to iptables-restore is what the model's nodes print."""

import re
from collections import Counter
from typing import Any

import pytest

from app.dataplane.netfilter.parse import parse_rule, split_words
from app.dataplane.netfilter.rule import BUILT_IN
from app.dataplane.netfilter.ruleset import Ruleset
from tests.conformance.clusters import DATA, facts, proxied_node

PER_SERVICE = re.compile(r"KUBE-(SVC|SVL|SEP|EXT|FW)-")
Chains = dict[tuple[str, str], list[str]]


def dump(name: str) -> Chains:
    """Return the rules of a dump by chain, in the words of iptables-save; rules that need nfacct are left out."""
    chains: Chains = {}
    table = ""
    text = (DATA / "proxy_rules" / name).read_text(encoding="utf-8")
    text = re.sub(r"-j MASQUERADE$", "-j MASQUERADE --random-fully", text, flags=re.MULTILINE)  # upstream's fake kernel
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith(":"):
            chains.setdefault((table, line[1:].split()[0]), [])
        elif line.startswith("-A") and "localhost_nps_accepted_pkts" not in line:
            chain, words = re.sub(r"-m nfacct --nfacct-name \S+ ", "", line)[3:].split(" ", 1)
            words = re.sub(r"--comment (kubernetes [^\"]*?) -j", r'--comment "\1" -j', words)
            chains[table, chain].append(parse_rule(split_words(words)).text())
    return chains


def printed(rules: Ruleset) -> Chains:
    """Return what the node has, without the API server's own Service."""
    return {
        (table.name, chain.name): [r.text() for r in chain.rules if "default/kubernetes:https" not in r.text()]
        for table in rules.tables.values()
        for chain in table.chains.values()
    }


@pytest.mark.parametrize("name", ["01_overall", "07_static_with_builtin_chains"])
def test_the_rules_are_those_of_the_dump(name: str) -> None:
    given: dict[str, Any] = facts(f"proxy_rules/{name}.json")
    services = given["services"]
    if "no affinity" in given["kind"]:  # the dump leaves out what its Services ask for
        for service in services:
            service["spec"].pop("sessionAffinity", None)
    got = printed(proxied_node(given, services, given["endpointslices"]).netfilter)
    for (table, chain), want in dump(given["dump"]).items():
        if PER_SERVICE.match(chain):
            assert got[table, chain] == want
        elif chain in BUILT_IN[table]:
            assert not Counter(want) - Counter(got[table, chain]), chain
        else:
            assert Counter(got[table, chain]) == Counter(want), chain


def test_a_listing_of_2018_is_read_and_printed_word_for_word() -> None:
    text = (DATA / "proxy_rules" / "09_real_iptables_save_2018.txt").read_text(encoding="utf-8")
    rules = Ruleset()
    rules.restore(text)
    lines = [line for line in text.splitlines() if line.startswith("-A")]
    assert sorted(line for line in rules.save().splitlines() if line.startswith("-A")) == sorted(lines)
