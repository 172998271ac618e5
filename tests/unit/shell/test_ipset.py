"""`ipset` takes what it prints, and refuses as ipset 7.17 on Linux did (recorded by hand, one line each)."""

from __future__ import annotations

import pytest

from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.shell import execute

TRY = "\nTry `ipset help' for more information."


def host() -> NetNs:
    netns = Network(Clock(), Rng(0)).add_namespace("node")
    for line in ("create p hash:ip", "add p 10.0.0.1", "create n hash:net", "add n 10.2.0.0/16"):
        assert execute(netns, f"ipset {line}").exit_code == 0
    return netns


def test_what_ipset_save_prints_makes_the_sets_again() -> None:
    netns, other = host(), Network(Clock(), Rng(0)).add_namespace("other")
    saved = execute(netns, "ipset save").stdout
    for line in saved.splitlines():
        result = execute(other, f"ipset {line}")
        assert (result.exit_code, result.stderr) == (0, "")
    assert execute(other, "ipset save").stdout == saved


@pytest.mark.parametrize(
    "options",
    [
        "family inet hashsize 1024 maxelem 65536",
        "family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x2aa39a0c",
        "hashsize 0x400 maxelem 0200000 initval 5",
    ],
)
def test_the_options_of_every_set_are_taken(options: str) -> None:
    netns = host()
    assert execute(netns, f"ipset create b hash:ip {options}").exit_code == 0
    assert "b" in netns.ipsets


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("create", 2, f"Missing mandatory argument to command create{TRY}"),
        ("add p", 2, f"Missing second mandatory argument to command add{TRY}"),
        ("rename p q r", 2, f"Unknown argument r{TRY}"),
        ("test p 10.0.0.1 foo", 2, f"Unknown argument: `foo'{TRY}"),
        ("create x hash:ip hashsize x", 1, "Syntax error: 'x' is invalid as number"),
        ("create x hash:ip hashsize", 2, f"Missing mandatory argument of option `hashsize'{TRY}"),
        ("create x hash:ip bogus", 2, f"Unknown argument: `bogus'{TRY}"),
        ("create x hash:net netmask 24", 2, f"Unknown argument: `netmask'{TRY}"),
        ("create x hash:ip bucketsize 300", 1, "Syntax error: '300' is out of range 0-255"),
        ("create x hash:ip maxelem -1", 1, "Syntax error: '-1' is out of range 0-4294967295"),
        ("create x hash:ip initval 0x1ffffffff", 1, "Syntax error: '0x1ffffffff' is out of range 0-4294967295"),
        ("create x hash:ip family zzz", 1, "Syntax error: unknown inet family zzz"),
        ("create x hash:ip hashsize 1024 hashsize 1024", 1, "Syntax error: hashsize already specified"),
        ("create p hash:ip bogus", 2, f"Unknown argument: `bogus'{TRY}"),
        ("create p hash:ip hashsize 1024", 1, "Set cannot be created: set with the same name already exists"),
        ("add p 10.0.0.2 timeout 5", 1, "Timeout cannot be used: set was created without timeout support"),
        ("add p 10.0.0.2 timeout x", 1, "Syntax error: 'x' is invalid as number"),
        ("add p 10.0.0.2 nomatch", 2, f"Unknown argument: `nomatch'{TRY}"),
    ],
)
def test_a_refusal_is_the_real_one_and_changes_nothing(line: str, code: int, said: str) -> None:
    netns = host()
    before = execute(netns, "ipset save").stdout
    result = execute(netns, f"ipset {line}")
    assert (result.exit_code, result.stderr) == (code, f"ipset v7.17: {said}\n")
    assert execute(netns, "ipset save").stdout == before


@pytest.mark.parametrize(
    "line",
    [
        "create x hash:ip timeout 30", "create x hash:net comment", "create x hash:ip netmask 24", "create x hash:ip hashsize 64",
        "create x hash:ip maxelem 2", "create x hash:ip family inet6", "add n 10.2.1.0/24 nomatch",
    ],
)  # fmt: skip
def test_what_a_set_cannot_have_here_is_said(line: str) -> None:
    result = execute(host(), f"ipset {line}")
    assert result.exit_code == 2
    assert result.stderr.startswith("podwalk: ipset ")
    assert "is not modelled" in result.stderr
