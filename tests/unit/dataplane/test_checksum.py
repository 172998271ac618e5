"""The Internet checksum, held against the worked examples and against the sum as RFC 1071 defines it."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dataplane.checksum import internet_checksum, pseudo_header


def by_definition(data: bytes) -> int:
    """Add 16-bit words, and every carry back in at the low end (RFC 1071, section 4.1)."""
    total = 0
    for n in range(0, len(data), 2):
        total += int.from_bytes(data[n : n + 2].ljust(2, b"\0"))
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        ("0001f203f4f5f6f7", 0x220D),  # RFC 1071, section 3: the sum is ddf2
        ("4500003044224000800600008c7c19acae241e2b", 0x442E),  # an IPv4 header often used as an example
        ("45000073000040004011 0000 c0a80001c0a800c7", 0xB861),
        ("", 0xFFFF),
        ("00", 0xFFFF),
        ("ff", 0x00FF),
        ("ffff", 0x0000),
        ("ffffffff", 0x0000),
        ("0000", 0xFFFF),
    ],
)
def test_worked_examples(data: str, checksum: int) -> None:
    assert internet_checksum(bytes.fromhex(data)) == checksum


@given(st.binary(max_size=200))
def test_equals_the_sum_word_by_word(data: bytes) -> None:
    assert internet_checksum(data) == by_definition(data)


@given(st.binary(min_size=2, max_size=200).filter(lambda data: len(data) % 2 == 0))
def test_data_with_its_checksum_sums_to_nothing(data: bytes) -> None:
    assert internet_checksum(data + internet_checksum(data).to_bytes(2)) == 0


def test_pseudo_header_is_addresses_zero_protocol_length() -> None:
    header = pseudo_header(IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"), 17, 32)
    assert header.hex(" ", 4) == "0a000001 0a000002 00110020"
