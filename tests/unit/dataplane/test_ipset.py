"""IP sets: membership, and the text of ipset 7. Source: ipset(8); listings of tests/oracle/state/calico-like."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dataplane.ipset import IpSet, IpSetError
from app.dataplane.netns import NetNs
from app.shell import CommandResult, execute
from tests.unit.dataplane.builders import new_network

networks = st.builds(
    lambda address, length: IPv4Network((address, length), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(1, 32),
)


@given(st.lists(networks, unique=True, max_size=8), st.integers(0, 2**32 - 1))
def test_a_net_set_holds_an_address_if_a_member_covers_it(members: list[IPv4Network], number: int) -> None:
    found = IpSet("x", "hash:net")
    for member in members:
        found.add(str(member))
    address = IPv4Address(number)
    assert found.contains(address) == any(address in member for member in members)
    for member in members:
        assert found.contains(member[0])
        found.remove(str(member))
    assert not found.contains(address)


def test_a_port_set_asks_for_protocol_and_port_too() -> None:
    found = IpSet("x", "hash:ip,port")
    found.add("10.1.0.10,udp:53")
    found.add("10.1.0.10,53")
    assert [member.text() for member in found.members] == ["10.1.0.10,tcp:53", "10.1.0.10,udp:53"]
    assert found.contains(IPv4Address("10.1.0.10"), "udp", 53)
    assert not found.contains(IPv4Address("10.1.0.10"), "udp", 54)
    assert not found.contains(IPv4Address("10.1.0.10"))


@pytest.mark.parametrize(
    ("type_", "entry", "says"),
    [
        ("hash:net", "nowhere", "cannot parse nowhere"),
        ("hash:net", "10.0.0.0/0", "CIDR parameter of the IP address is invalid"),
        ("hash:ip", "10.0.0.0/24", "give one address"),
        ("hash:ip,port", "10.0.0.1", "Second element is missing"),
        ("hash:ip,port", "10.0.0.1,sctpp:1", "as a protocol"),
        ("hash:ip,port", "10.0.0.1,tcp:99999", "as a port number"),
        ("hash:ip", "10.0.0.1,80", "Unexpected element"),
    ],
)
def test_an_entry_of_another_form_is_refused(type_: str, entry: str, says: str) -> None:
    with pytest.raises(IpSetError, match=says):
        IpSet("x", type_).add(entry)


def test_a_name_or_type_that_ipset_does_not_take_is_refused() -> None:
    with pytest.raises(IpSetError, match="longer than 31"):
        IpSet("x" * 32, "hash:ip")
    with pytest.raises(IpSetError, match="unknown settype list:set"):
        IpSet("x", "list:set")


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def host() -> NetNs:
    return new_network().add_namespace("host")


def said(host: NetNs, *lines: str) -> CommandResult:
    """Run some lines and return what the last one answers."""
    return [execute(host, line) for line in lines][-1]


def test_list_and_save_print_what_was_created(host: NetNs) -> None:
    said(
        host,
        "ipset create pools hash:net",
        "ipset add pools 10.2.0.0/16",
        "ipset add pools 10.0.0.7",
        "ipset -N two hash:ip",
    )
    header = "family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x"
    text = said(host, "ipset list").stdout
    assert text.startswith(f"Name: pools\nType: hash:net\nRevision: 7\nHeader: {header}")
    assert "References: 0\nNumber of entries: 2\nMembers:\n10.0.0.7\n10.2.0.0/16\n\nName: two\n" in text
    assert said(host, "ipset list -n").stdout == "pools\ntwo\n"
    assert "Members" not in said(host, "ipset list pools -t").stdout
    saved = said(host, "ipset save pools").stdout.splitlines()
    assert saved[0].startswith(f"create pools hash:net {header}")
    assert saved[1:] == ["add pools 10.0.0.7", "add pools 10.2.0.0/16"]


def test_changes_are_made_and_refused_in_ipsets_words(host: NetNs) -> None:
    said(host, "ipset create a hash:ip", "ipset create b hash:ip", "ipset add a 10.0.0.1")
    assert said(host, "ipset test a 10.0.0.1").exit_code == 0
    assert said(host, "ipset test a 10.0.0.2") == CommandResult(1, "", "10.0.0.2 is NOT in set a.\n")
    refusals = {
        "ipset create a hash:ip": "Set cannot be created: set with the same name already exists",
        "ipset add a 10.0.0.1": "Element cannot be added to the set: it's already added",
        "ipset del a 10.0.0.2": "Element cannot be deleted from the set: it's not added",
        "ipset list c": "The set with the given name does not exist",
        "ipset rename a b": "Set cannot be renamed: a set with the new name already exists",
    }
    for line, text in refusals.items():
        assert said(host, line) == CommandResult(1, "", f"ipset v7.17: {text}\n")
    assert said(host, "ipset add a 10.0.0.1 -exist").exit_code == 0
    assert said(host, "ipset -! del a 10.0.0.2").exit_code == 0
    said(host, "ipset swap a b", "ipset rename a c", "ipset flush b")
    assert {name: len(found.members) for name, found in host.ipsets.items()} == {"b": 0, "c": 0}


def test_a_set_that_a_rule_asks_cannot_be_destroyed(host: NetNs) -> None:
    said(host, "ipset create a hash:net")
    host.netfilter.restore("*filter\n-A INPUT -m set --match-set a src -j DROP\nCOMMIT\n")
    assert "References: 1\n" in said(host, "ipset list a").stdout
    assert (
        said(host, "ipset destroy a").stderr
        == "ipset v7.17: Set cannot be destroyed: it is in use by a kernel component\n"
    )
    host.netfilter.restore("*filter\nCOMMIT\n")
    assert said(host, "ipset destroy").exit_code == 0
    assert host.ipsets == {}


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("ipset frobnicate", 2, "unknown argument frobnicate"),
        ("ipset restore", 2, "podwalk: ipset restore is not modelled"),
        ("ipset add a", 2, "Missing second mandatory argument to command add"),
        ("ipset list a b", 2, "Unknown argument b"),
        ("ipset create a list:set", 1, "unknown settype list:set"),
    ],
)
def test_a_wrong_line_is_an_answer(host: NetNs, line: str, code: int, says: str) -> None:
    result = said(host, line)
    assert (result.exit_code, says in result.stderr) == (code, True)
    assert said(host, "ipset version").stdout == "ipset v7.17, protocol version: 7\n"
