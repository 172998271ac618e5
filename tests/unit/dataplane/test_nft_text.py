"""nftables as text: what is loaded is listed as nft 1.0.6 lists it, and the real nft says the same where there is one."""

import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dataplane.nft.errors import NftError
from app.dataplane.nft.listing import list_ruleset
from app.dataplane.nft.parse import parse
from app.dataplane.nft.ruleset import Ruleset
from tests.conformance.clusters import facts, proxied_node
from tests.unit.dataplane.nft_rules import HEAD, NAT_RULES, RULES, SNAT_RULES, rules, text


def load(*texts: str) -> Ruleset:
    ruleset = Ruleset()
    for each in texts:
        ruleset.apply(parse(each))
    return ruleset


def listed(ruleset: Ruleset, *, handles: bool = False) -> str:
    return list_ruleset(ruleset.tables.values(), 0, handles=handles)


BASE = f"{HEAD}\tchain rules {{ }}\n}}\n"


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_listed_as_nft_lists_it(rule: str) -> None:
    ruleset = load(BASE, f"add rule ip t rules {rule}")
    assert ruleset.tables["t"].chains["rules"].rules[0].text() == RULES[rule]


@pytest.mark.parametrize(("chain", "given"), [("nat-prerouting", NAT_RULES), ("nat-postrouting", SNAT_RULES)])
def test_a_nat_rule_is_listed_as_nft_lists_it(chain: str, given: dict[str, str]) -> None:
    for rule, want in given.items():
        assert load(BASE, f"add rule ip t {chain} {rule}").tables["t"].chains[chain].rules[0].text() == want


def test_elements_are_sorted_and_broken_into_lines_as_nft_does() -> None:
    printed = listed(load(BASE))
    assert "elements = { 10.1.2.3, 172.30.0.5,\n\t\t\t     172.30.0.42 }" in printed
    assert "elements = { 1, 2, 3, 4, 22,\n\t\t\t     80, 443 }" in printed
    # A concatenation is sorted by its last byte first: port 256 stands before 1, and 80 before 443.
    assert "elements = { 9.255.0.3 . tcp . 256 : return,\n\t\t\t     10.0.0.2 . sctp . 1 : goto a,\n" in printed
    assert '10.0.0.1 . tcp . 80 comment "x/y" : goto b,\n\t\t\t     10.0.0.1 . udp . 80 : drop,\n' in printed


def test_priorities_have_names_near_a_standard_one_and_only_where_it_belongs() -> None:
    printed = listed(load(BASE))
    for words in (
        "prerouting priority dstnat - 10;",
        "output priority -110;",
        "forward priority filter + 5;",
        "postrouting priority srcnat;",
    ):
        assert words in printed


def unmerged(printed: str) -> str:
    """Without the rules in which several parts became one: nft too reads them back without braces."""
    return "".join(
        line for line in printed.splitlines(keepends=True) if "{ 10.0.0.0/2" not in line and "{ 0.0.0.0/0 }" not in line
    )


def test_what_is_listed_can_be_loaded_again() -> None:
    printed = unmerged(listed(load(text())))
    again = load(printed)
    assert listed(again) == printed
    assert again.tables["t"].chains == load(listed(again)).tables["t"].chains


@given(st.lists(rules(), min_size=1, max_size=6))
def test_parsing_a_listing_gives_the_same_rules(lines: list[str]) -> None:
    ruleset = load(BASE, "".join(f"add rule ip t rules {line}\n" for line in lines))
    printed = listed(ruleset)
    again = load(printed)
    assert again.tables["t"].chains == ruleset.tables["t"].chains
    assert listed(again) == printed


@given(st.text(alphabet='abtip{};:,.@"/ \n0129-!=rule chain set map vmap accept', max_size=80))
def test_no_text_makes_it_fall_over(given_text: str) -> None:
    with suppress(NftError):
        listed(load(given_text))


# --- the real nft -----------------------------------------------------------------------------------------------------


def can_unshare() -> bool:
    if not (shutil.which("nft") and shutil.which("unshare")):
        return False
    return subprocess.run(["unshare", "-n", "nft", "list", "ruleset"], capture_output=True, check=False).returncode == 0


def real(loaded: str, *, options: str = "") -> str:
    """Load a text with nft in a network namespace of its own, and return what it lists."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rules.nft"
        path.write_text(loaded, encoding="utf-8")
        script = f"nft -f {path} && nft {options} list ruleset"
        return subprocess.run(["unshare", "-n", "sh", "-c", script], capture_output=True, text=True, check=True).stdout


needs_nft = pytest.mark.skipif(not can_unshare(), reason="no nft here, or no right to make a network namespace")


def is_as_recorded() -> bool:
    """Whether the nft of this machine is the one whose listings the model follows."""
    return "v1.0.6" in subprocess.run(["nft", "--version"], capture_output=True, text=True, check=True).stdout


@needs_nft
def test_the_real_nft_lists_the_same_with_handles() -> None:
    if not is_as_recorded():
        pytest.skip("another nft lists otherwise")
    assert real(text()) == listed(load(text()))
    assert real(text(), options="-a") == listed(load(text()), handles=True)


@needs_nft
@pytest.mark.parametrize("number", [0, 3, 9])
def test_the_real_nft_takes_a_nodes_whole_table_and_prints_it_back(number: int) -> None:
    case = [case for case in facts("proxy_flows.json") if case["cluster"]["ipFamily"] == "IPv4"][number]
    netns = proxied_node(case["cluster"], case["services"], case["endpointslices"], mode="nftables")
    printed = listed(netns.nft)
    assert real(printed) == printed
