"""A long chain is looked up by index and shown as a list: the same rules match, the same ones are told as skipped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dataplane.headers import Icmp, Payload, Tcp, Udp
from app.dataplane.netfilter import traverse as engine
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.evidence import TableEvidence
from app.dataplane.netfilter.ruleset import Ruleset
from app.dataplane.netfilter.traverse import Walked, traverse
from app.dataplane.netns import NetNs
from app.dataplane.packet import ip_packet
from app.dataplane.skipped import Rows, Skipped
from tests.unit.dataplane.builders import new_network

ADDRESSES = tuple(f"10.0.0.{n}" for n in range(1, 6))
PORTS = (53, 80, 443)
CHAINS = ("A", "B")


@st.composite
def rule_texts(draw: st.DrawFn, chain: str) -> str:
    """Return one rule, as iptables-save prints it."""
    words = [f"-A {chain}"]
    if draw(st.booleans()):
        words.append(f"{draw(st.sampled_from(['', '! ']))}-s {draw(st.sampled_from(ADDRESSES))}/32")
    if draw(st.booleans()):
        prefix = draw(st.sampled_from((32, 32, 32, 24)))
        words.append(f"{draw(st.sampled_from(['', '', '! ']))}-d {draw(st.sampled_from(ADDRESSES))}/{prefix}")
    if draw(st.booleans()):
        protocol = draw(st.sampled_from(("tcp", "udp")))
        words.append(f"-p {protocol}")
        if draw(st.booleans()):
            words.append(f"-m recent --set --name R{draw(st.integers(0, 2))} --mask 255.255.255.255 --rsource")
        words.append(f"-m {protocol} --dport {draw(st.sampled_from(PORTS))}")
    elif draw(st.booleans()):
        words.append("-m mark --mark 0x1/0x1")
    targets = ["-j RETURN", "-j ACCEPT", "-j MARK --set-xmark 0x1/0x1", "", ""]
    words.append(draw(st.sampled_from([*targets, "-j B", "-j B"] if chain == "A" else targets)))
    return " ".join(word for word in words if word)


@st.composite
def rulesets(draw: st.DrawFn) -> str:
    """Return a filter table whose chains are long enough to have an index."""
    rules = [rule for chain in CHAINS for rule in draw(st.lists(rule_texts(chain), min_size=18, max_size=24))]
    return "\n".join(["*filter", *(f":{chain} - [0:0]" for chain in CHAINS), "-A INPUT -j A", *rules, "COMMIT", ""])


@st.composite
def packets(draw: st.DrawFn) -> Context:
    """Return a packet at INPUT of a namespace of its own."""
    port = draw(st.sampled_from(PORTS))
    payloads: list[Tcp | Udp | Icmp] = [
        Tcp(4000, port, "S", 0, 0), Udp(4000, port, Payload(8)), Icmp(8, 0, payload=Payload(8)),
    ]  # fmt: skip
    payload = draw(st.sampled_from(payloads))
    source, target = (IPv4Address(draw(st.sampled_from(ADDRESSES))) for _ in range(2))
    return Context(namespace(), "INPUT", ip_packet(source, target, payload), None, None)


def namespace() -> NetNs:
    return new_network().add_namespace("node")


@contextmanager
def index_from(length: int) -> Iterator[None]:
    """Let only chains of so many rules have an index."""
    patch = pytest.MonkeyPatch()
    patch.setattr(engine, "INDEX_FROM", length)
    yield
    patch.undo()


def outcome(rules: Ruleset, context: Context) -> tuple[object, ...]:
    """Walk, and return all that can be told of it."""
    table = rules.tables["filter"]
    walked: Walked = traverse(table, table.chains["INPUT"], context)
    evidence = TableEvidence("filter", walked.entry, walked.skipped, tuple(walked.matched), walked.verdict)
    remembered = {name: dict(seen) for name, seen in context.netns.recent.items()}
    return evidence.entry, evidence.matched, evidence.verdict, list(evidence.skipped), context.mark, remembered


@settings(max_examples=150, deadline=None)
@given(rulesets(), packets())
def test_the_index_changes_nothing_that_can_be_seen(text: str, context: Context) -> None:
    rules = Ruleset()
    rules.restore(text)
    again = Context(namespace(), "INPUT", context.ip, None, None)
    with index_from(10_000):
        linear = outcome(rules, again)
    with index_from(1):
        assert outcome(rules, context) == linear


def test_a_packet_tries_only_the_rules_for_its_destination() -> None:
    rules = Ruleset()
    lines = [f"-A S -d 10.1.{n // 256}.{n % 256}/32 -p tcp -m tcp --dport 80 -j ACCEPT" for n in range(2000)]
    rules.restore("\n".join(["*nat", ":S - [0:0]", *lines, "COMMIT", ""]))
    chain = rules.tables["nat"].chains["S"]
    packet = ip_packet(IPv4Address("10.0.0.1"), IPv4Address("10.1.4.7"), Tcp(4000, 80, "S", 0, 0))
    assert list(chain.index.candidates(packet)) == [4 * 256 + 7]


def test_rows_are_made_once_and_equal_any_sequence_of_the_same() -> None:
    calls = []

    def make() -> list[Skipped]:
        calls.append(1)
        return [Skipped("a", "b"), Skipped("c", "d")]

    rows = Rows(make)
    assert not calls
    assert rows == [Skipped("a", "b"), Skipped("c", "d")]
    assert (len(rows), rows[1].entry, list(rows[:1])) == (2, "c", [Skipped("a", "b")])
    assert len(calls) == 1
