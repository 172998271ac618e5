"""DNS messages as bytes: what was written is read again, pointers point backwards, garbage is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.dnsmessage import Edns, Message, Question, Record, decode, encode
from app.core.dnsname import MessageError, labels_of, name_text, type_named

NAME = "svc1.testns.svc.cluster.local."
RECORDS = (
    Record(NAME, "A", 30, "10.0.0.1"),
    Record(NAME, "AAAA", 30, "1234:abcd::1"),
    Record("_http._tcp." + NAME, "SRV", 30, f"0 100 80 {NAME}"),
    Record("1.0.0.10.in-addr.arpa.", "PTR", 30, NAME),
    Record("alias.testns.svc.cluster.local.", "CNAME", 30, "ext.interwebs.test."),
    Record("dns-version.cluster.local.", "TXT", 28800, '"1.1.0"'),
    Record("example.org.", "MX", 300, "10 mail.example.org."),
    Record("example.org.", "TYPE65280", 300, "\\# 3 0A0B0C"),
    Record(
        "cluster.local.", "SOA", 30, "ns.dns.cluster.local. hostmaster.cluster.local. 1767225600 7200 1800 86400 30"
    ),
)


@pytest.mark.parametrize("compress", [True, False])
def test_every_record_type_is_read_as_it_was_written(*, compress: bool) -> None:
    message = Message(
        id=4711, is_response=True, is_authoritative=True, is_recursion_desired=True, rcode="NXDOMAIN",
        questions=(Question("SVC1.testns.svc.Cluster.Local.", "A"),), answers=RECORDS[:4], authority=RECORDS[4:7],
        additional=RECORDS[7:], edns=Edns(1232, True, ((10, bytes(8)),)),
    )  # fmt: skip
    assert decode(encode(message, compress=compress)) == message


def test_a_message_is_the_bytes_of_the_rfc() -> None:
    """A query for F.ISI.ARPA and a compressed answer with FOO.F.ISI.ARPA (RFC 1035, section 4.1.4)."""
    query = Message(id=1, is_recursion_desired=True, questions=(Question("F.ISI.ARPA.", "A"),))
    assert encode(query) == bytes.fromhex("00010100000100000000000001460349534904415250410000010001")
    answer = Message(id=1, questions=(), answers=(Record("F.ISI.ARPA.", "NS", 0, "FOO.F.ISI.ARPA."),))
    assert encode(answer)[12:] == bytes.fromhex("0146034953490441525041000002000100000000000603464f4fc00c")


def test_a_srv_target_is_never_compressed() -> None:
    message = Message(id=1, answers=(Record(NAME, "SRV", 30, f"0 100 80 {NAME}"),))
    assert encode(message) == encode(message, compress=False)


def test_the_size_of_an_uncompressed_answer_is_that_of_a_real_cluster() -> None:
    """`;; MSG SIZE rcvd: 129` is what dig prints in a Pod for this name: 117 bytes and an echoed cookie."""
    name = "kubernetes.default.svc.cluster.local."
    message = Message(
        id=1, is_response=True, questions=(Question(name, "A"),), answers=(Record(name, "A", 30, "10.96.0.1"),),
        edns=Edns(1232, False, ((10, bytes(8)),)),
    )  # fmt: skip
    assert len(encode(message, compress=False)) == 129


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (".", []),
        ("a.b.", [b"a", b"b"]),
        ("a.b", [b"a", b"b"]),
        (r"a\.b.c.", [b"a.b", b"c"]),
        (r"a\032b.", [b"a b"]),
    ],
)
def test_names_are_read_with_their_escapes(text: str, labels: list[bytes]) -> None:
    assert labels_of(text) == labels


@pytest.mark.parametrize("name", ["a..b", ".a", "x" * 64, ".".join(["y" * 60] * 5)])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(MessageError, match="not a legal name"):
        labels_of(name)


def test_types_are_named_in_any_case() -> None:
    assert [type_named(t) for t in ("a", "Srv", "type65", "type65280", "b", "TYPE99999")] == [
        "A", "SRV", "HTTPS", "TYPE65280", None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(11),
        bytes.fromhex("000100000001000000000000c00c00010001"),
        bytes.fromhex("0001000000010000000000000361"),
    ],
)
def test_broken_messages_are_refused(data: bytes) -> None:
    with pytest.raises(MessageError):
        decode(data)


@given(st.binary(max_size=120))
def test_no_bytes_make_the_reader_fail_otherwise(data: bytes) -> None:
    with contextlib.suppress(MessageError):
        decode(data)


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=8))
def test_any_label_survives(labels: list[bytes]) -> None:
    name = name_text(labels)
    assert labels_of(name) == labels
    message = Message(id=1, questions=(Question(name, "A"), Question(name, "AAAA")))
    assert decode(encode(message)) == message
