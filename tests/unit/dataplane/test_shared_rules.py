"""Namespaces that load the same text share its chains, and none sees what another one changes."""

from __future__ import annotations

import pytest

from app.dataplane.netfilter.rule import RuleError
from app.dataplane.netfilter.ruleset import LAYER_FROM, Ruleset

COUNT = LAYER_FROM + 10
LAYER = "\n".join(
    [
        "*nat", ":MARK - [0:0]", *(f":C{n} - [0:0]" for n in range(COUNT)), "-A MARK -j MARK --set-xmark 0x1/0x1",
        *(f"-A C{n} -s 10.0.0.{n}/32 -j MARK" for n in range(COUNT)), "COMMIT", "",
    ]
).replace("-j MARK\n", "-j MARKED\n").replace(":MARK ", ":MARKED ").replace("-A MARK ", "-A MARKED ")  # fmt: skip


def loaded(*texts: str) -> Ruleset:
    rules = Ruleset()
    for text in texts:
        rules.restore(text, flush=False)
    return rules


def test_the_same_text_is_the_same_chains() -> None:
    one, other = loaded(LAYER), loaded(LAYER)
    assert one.tables["nat"].chains["C1"] is other.tables["nat"].chains["C1"]
    assert one.save() == other.save()
    assert loaded(one.save()).save() == one.save()


def test_a_change_stays_in_its_own_namespace() -> None:
    one, other = loaded(LAYER), loaded(LAYER)
    before = other.save()
    one.ensure("nat", "C1", "-d 10.9.9.9/32 -j ACCEPT")
    one.restore("*nat\n-F C2\n-X C2\nCOMMIT\n", flush=False)
    assert "-A C1 -d 10.9.9.9/32 -j ACCEPT" in one.save()
    assert "C2" not in one.tables["nat"].chains
    assert "C2" not in list(one.tables["nat"].chains)
    assert len(one.tables["nat"].chains) == len(other.tables["nat"].chains) - 1
    assert other.save() == before


def test_a_text_that_declares_the_chains_again_replaces_them() -> None:
    rules = loaded(LAYER, LAYER.replace("10.0.0.", "10.7.7."))
    assert rules.save() == loaded(LAYER.replace("10.0.0.", "10.7.7.")).save()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("*nat\n-A MARKED -j C1\n-A OUTPUT -j C3\nCOMMIT\n", "Loop found in table"),
        ("*nat\n-A C1 -j NOWHERE\nCOMMIT\n", "Chain 'NOWHERE' does not exist"),
        (f"*nat\n:U - [0:0]\n-A U -j C{COUNT}\nCOMMIT\n", f"Chain 'C{COUNT}' does not exist"),
    ],
)
def test_jumps_into_and_out_of_shared_chains_are_checked(text: str, problem: str) -> None:
    rules = loaded(LAYER)
    before = rules.save()
    with pytest.raises(RuleError, match=problem):
        rules.restore(text, flush=False)
    assert rules.save() == before


@pytest.mark.parametrize("shared", [False, True])
def test_fifteen_jumps_from_a_built_in_chain_are_the_most(shared: bool) -> None:
    """As iptables-restore 1.8.9 on Linux 6.18: fifteen are taken, sixteen are "Too many links"; unreached ones are not
    looked at."""
    filling = [f":F{n} - [0:0]" for n in range(LAYER_FROM if shared else 0)]
    chains = [f":D{n} - [0:0]" for n in range(3000)]
    jumps = [f"-A D{n} -j D{n + 1}" for n in range(2999)]
    rules = loaded("\n".join(["*filter", *filling, *chains, *jumps, "COMMIT", ""]))
    rules.restore("*filter\n-A INPUT -j D2985\nCOMMIT\n", flush=False)
    with pytest.raises(RuleError, match="Too many levels"):
        rules.restore("*filter\n-A INPUT -j D2984\nCOMMIT\n", flush=False)


def test_what_no_built_in_chain_reaches_may_go_in_circles() -> None:
    """As iptables-restore 1.8.9 takes it; the jump that would lead there is refused."""
    rules = loaded("*filter\n:A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -j A\nCOMMIT\n")
    with pytest.raises(RuleError, match="Loop found in table: A -> B -> A"):
        rules.restore("*filter\n-A INPUT -j A\nCOMMIT\n", flush=False)
