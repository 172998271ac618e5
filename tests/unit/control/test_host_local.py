"""host-local against the test tables of containernetworking/plugins (data/cni_cases.json names the commit)."""

import json
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.control.ipam.host_local import HostLocal, IpamError, Range

CASES = json.loads((Path(__file__).parent / "data" / "cni_cases.json").read_text(encoding="utf-8"))


def store(case: dict[str, Any]) -> HostLocal:
    found = HostLocal.of(case["subnets"])
    found.taken = {ip_address(address): "somebody" for address in case.get("taken", ())}
    last = case.get("last_reserved_ip")
    found.last_reserved = ip_address(last) if last else None
    return found


def outcome(ipam: HostLocal, owner: str, requested: str | None = None) -> str:
    try:
        return str(ipam.get(owner, ip_address(requested) if requested else None))
    except IpamError as error:
        return f"error: {error}"


@pytest.mark.parametrize(
    "case", CASES["host_local_alloc"], ids=lambda case: f"{case['subnets']} {case['last_reserved_ip']}"
)
def test_the_next_address_is_the_plugins_choice(case: dict[str, Any]) -> None:
    got = outcome(store(case), "new")
    if case["expect"].startswith("error"):
        assert got.startswith(case["expect"])
    else:
        assert got.partition("/")[0] == case["expect"]


@pytest.mark.parametrize(
    "case", [case for case in CASES["host_local_sequences"] if "steps" in case], ids=lambda case: case["name"]
)
def test_a_sequence_of_requests_goes_as_with_the_plugin(case: dict[str, Any]) -> None:
    ipam = store(case)
    for step in case["steps"]:
        if step["op"] == "release":
            ipam.release(step["id"])
            continue
        got = outcome(ipam, step["id"], step.get("ip"))
        assert got.startswith("error") if step["expect"] == "error" else got == step["expect"]


@pytest.mark.parametrize(
    "case", [case for case in CASES["host_local_sequences"] if "order" in case], ids=lambda case: case["name"]
)
def test_a_search_goes_round_from_the_last_address(case: dict[str, Any]) -> None:
    assert [str(address) for address, _ in store(case).candidates()] == case["order"]


@pytest.mark.parametrize("case", CASES["host_local_ranges"], ids=lambda case: case["subnet"])
def test_a_subnets_defaults_are_the_plugins(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(IpamError) as caught:
            Range.of(case["subnet"])
        assert str(caught.value) == case["error"]
    else:
        found = Range.of(case["subnet"])
        expected = [ip_address(case[name]) for name in ("rangeStart", "rangeEnd", "gateway")]
        assert [found.start, found.end, found.gateway] == expected


@pytest.mark.parametrize(
    ("requested", "says"),
    [
        ("10.2.1.1", "error: requested ip 10.2.1.1 is subnet's gateway"),
        ("10.2.2.9", "error: 10.2.2.9 not in range set 10.2.1.1-10.2.1.6"),
        ("10.2.1.2", "error: requested IP address 10.2.1.2 is not available in range set 10.2.1.1-10.2.1.6"),
        ("10.2.1.5", "10.2.1.5/29"),
    ],
)
def test_a_requested_address_is_given_or_refused_in_the_plugins_words(requested: str, says: str) -> None:
    ipam = HostLocal.of(["10.2.1.0/29"])
    ipam.get("first")
    assert outcome(ipam, "second", requested) == says


def test_one_container_gets_one_address() -> None:
    ipam = HostLocal.of(["10.2.1.0/29"])
    ipam.get("a")
    assert outcome(ipam, "a") == "error: 10.2.1.2 has been allocated to a, duplicate allocation is not allowed"


def test_a_full_range_is_told_with_its_ends() -> None:
    ipam = HostLocal.of(["10.2.1.0/30"])
    ipam.get("a")
    assert outcome(ipam, "b") == "error: no IP addresses available in range set: 10.2.1.1-10.2.1.2"


def test_addresses_promised_to_others_are_passed_over() -> None:
    ipam = HostLocal.of(["10.2.1.0/29"])
    avoid = {ip_address("10.2.1.2"), ip_address("10.2.1.3")}
    assert str(ipam.get("a", avoid=avoid)) == "10.2.1.4/29"
    assert str(ipam.get("b", ip_address("10.2.1.2"), avoid)) == "10.2.1.2/29"


@given(st.lists(st.tuples(st.sampled_from("ABCDEFGH"), st.booleans()), max_size=40))
def test_no_address_is_ever_held_twice_and_none_is_the_gateways(steps: list[tuple[str, bool]]) -> None:
    ipam, held = HostLocal.of(["10.2.1.0/29"]), dict[str, str]()
    for owner, is_get in steps:
        if not is_get:
            ipam.release(owner)
            held.pop(owner, None)
        elif not (got := outcome(ipam, owner)).startswith("error"):
            assert got not in held.values()
            assert got not in ("10.2.1.0/29", "10.2.1.1/29", "10.2.1.7/29")
            held[owner] = got
        else:
            assert owner in held or len(held) == 5
