"""Packets as bytes: lengths, flags, options, and what an error quotes. tests/oracle lets Wireshark read whole walks."""

from ipaddress import IPv4Address

import pytest
from msgspec.structs import replace

from app.dataplane.checksum import internet_checksum, pseudo_header
from app.dataplane.encode import frame_bytes, ipv4_bytes
from app.dataplane.fragment import fragments_of
from app.dataplane.headers import (
    BROADCAST_MAC,
    L4,
    NO_LINK,
    ZERO_MAC,
    Arp,
    Ethernet,
    Icmp,
    Ipip,
    IPv4,
    Net,
    Payload,
    Tcp,
    Udp,
    Vxlan,
)
from app.dataplane.packet import Packet, ip_packet, with_ttl

A, B = IPv4Address("10.2.1.20"), IPv4Address("10.2.2.50")
MAC_A, MAC_B = "0a:58:0a:02:01:14", "0a:58:0a:02:02:32"


FRAME = Ethernet(MAC_A, MAC_B)


def framed(net: Net, eth: Ethernet = FRAME) -> bytes:
    return frame_bytes(Packet(1, "request", 1, eth, net))


def packet(l4: L4) -> IPv4:
    return ip_packet(A, B, l4)


def test_arp_question_byte_for_byte() -> None:
    question = Arp("request", MAC_A, A, ZERO_MAC, B)
    frame = framed(question, Ethernet(MAC_A, BROADCAST_MAC))
    header, operation, sender, target = frame[:14], frame[14:22], frame[22:32], frame[32:]
    assert header.hex() == "ffffffffffff0a580a0201140806"
    assert operation.hex() == "0001080006040001"
    assert sender.hex() == "0a580a0201140a020114"
    assert target.hex() == "0000000000000a020232"


def test_ping_byte_for_byte() -> None:
    frame = framed(ip_packet(A, B, Icmp(8, 0, 0x1234, 1, Payload(4)), ident=7))
    assert frame.hex(" ") == (
        "0a 58 0a 02 02 32 0a 58 0a 02 01 14 08 00 "
        "45 00 00 20 00 07 00 00 40 01 63 8d 0a 02 01 14 0a 02 02 32 "
        "08 00 e3 c6 12 34 00 01 00 01 02 03"
    )


def test_a_device_without_link_layer_carries_bare_ip() -> None:
    ip = packet(Icmp(8, 0))
    assert framed(ip, NO_LINK) == ipv4_bytes(ip)


@pytest.mark.parametrize("size", [0, 1, 2, 19, 1400])
def test_tcp_and_udp_checksums_close_over_the_pseudo_header(size: int) -> None:
    for l4, protocol in ((Tcp(1, 80, "PA", 5, 9, Payload(size, b"x" * size), 12), 6), (Udp(1, 53, Payload(size)), 17)):
        body = ipv4_bytes(packet(l4))[20:]
        assert internet_checksum(pseudo_header(A, B, protocol, len(body)) + body) == 0


def test_a_udp_checksum_of_zero_is_sent_as_all_ones() -> None:
    sums = {}
    for sport in range(0x10000):
        datagram = ipv4_bytes(packet(Udp(sport, 53, Payload(0))))[20:]
        sums[sport] = datagram[6:8]
        if sums[sport] == b"\xff\xff":
            break
    assert b"\xff\xff" in sums.values()
    assert b"\0\0" not in sums.values()


@pytest.mark.parametrize(
    ("flags", "options_size", "mss", "options", "window"),
    [
        ("S", 20, 1460, "020405b4 0402080a 00000000 00000000 01030307", 64240),
        ("S", 20, 1410, "02040582 0402080a 00000000 00000000 01030307", 64860),
        ("SA", 20, 1460, "020405b4 0402080a 00000000 00000000 01030307", 65160),
        ("SA", 20, 1410, "02040582 0402080a 00000000 00000000 01030307", 64308),
        ("A", 12, None, "0101080a 00000000 00000000", 502),
        ("R", 0, None, "", 0),
    ],
)
def test_tcp_options_and_windows_are_those_of_linux(
    flags: str, options_size: int, mss: int | None, options: str, window: int
) -> None:
    segment = ipv4_bytes(packet(Tcp(40000, 80, flags, 0, 0, Payload(0), options_size, mss)))[20:]
    assert segment[20:].hex(" ", 4) == options
    assert segment[12] >> 4 == (20 + options_size) // 4
    assert int.from_bytes(segment[14:16]) == window


def test_fragments_are_the_whole_in_pieces() -> None:
    whole = ip_packet(A, B, Icmp(8, 0, 1, 1, Payload(3000)), ident=9)
    pieces = [ipv4_bytes(piece) for piece in fragments_of(whole, 1450)]
    assert b"".join(piece[20:] for piece in pieces) == ipv4_bytes(whole)[20:]
    assert [piece[6:8].hex() for piece in pieces] == ["2000", "20b2", "0164"]
    assert all(internet_checksum(piece[:20]) == 0 for piece in pieces)


@pytest.mark.parametrize("l4", [Icmp(8, 0, 77, 1, Payload(65507)), Udp(40077, 53, Payload(65507))])
def test_a_packet_in_hundreds_of_pieces_is_encoded_once(l4: L4, monkeypatch: pytest.MonkeyPatch) -> None:
    summed: list[int] = []

    def counting(data: bytes) -> int:
        summed.append(len(data))
        return internet_checksum(data)

    monkeypatch.setattr("app.dataplane.encode.internet_checksum", counting)
    pieces = fragments_of(ip_packet(A, B, l4, ident=9), 576)
    wholes = {b"".join(framed(with_ttl(piece, ttl))[34:] for piece in pieces) for ttl in (64, 63, 62)}
    assert {len(whole) for whole in wholes} == {65515}
    assert [size for size in summed if size > 20] == [65515 + (12 if isinstance(l4, Udp) else 0)]
    assert len(summed) == 1 + 3 * len(pieces), "a header's sum for each piece on each interface"


def test_pieces_whose_addresses_were_translated_have_a_sum_of_their_own() -> None:
    whole = ip_packet(A, B, Udp(40000, 53, Payload(3000)), ident=9)
    translated = replace(whole, dst=IPv4Address("10.2.2.51"))
    for ip in (whole, translated, whole):
        body = b"".join(ipv4_bytes(piece)[20:] for piece in fragments_of(ip, 576))
        assert internet_checksum(pseudo_header(ip.src, ip.dst, 17, len(body)) + body) == 0


def test_an_icmp_error_quotes_what_fits_into_576_bytes_and_is_marked_as_control() -> None:
    lost = ip_packet(A, B, Udp(40000, 99, Payload(1400)), ttl=1)
    error = ipv4_bytes(ip_packet(B, A, Icmp(3, 4, quoted=lost, mtu=1450)))
    assert (len(error), error[1]) == (576, 0xC0)
    assert error[20:28].hex()[:4] == "0304"
    assert int.from_bytes(error[26:28]) == 1450
    assert error[28:] == ipv4_bytes(lost)[:548]


def test_tunnels_hold_the_inner_packet_whole() -> None:
    inner = packet(Tcp(40000, 80, "A", 1, 1, Payload(0), 12))
    vxlan = ipv4_bytes(packet(Udp(50000, 8472, Vxlan(7, Ethernet(MAC_A, MAC_B), inner))))
    assert vxlan[26:28] == b"\0\0", "no outer checksum"
    assert vxlan[28:36].hex() == "0800000000000700"
    assert vxlan[36:] == framed(inner)
    ipip = ipv4_bytes(packet(Ipip(inner)))
    assert (ipip[9], ipip[20:]) == (4, ipv4_bytes(inner))
