"""The blocks of a capture file, read back by their lengths alone."""

import struct
from collections.abc import Iterator

from app.sim.pcapng import CapturedFrame, CapturedInterface, section

Option = tuple[int, bytes]

INTERFACES = [
    CapturedInterface("k8s-node-11/cni0", "bridge, mtu 1450", 1, "0a:58:0a:02:01:01", ["10.2.1.1/24"]),
    CapturedInterface("k8s-node-11/tunl0", "ipip, mtu 1480", 101, "", []),
]
FRAMES = [
    CapturedFrame(0, 1_767_225_600_000_000, "rx", b"\x01" * 15, "收到"),
    CapturedFrame(1, 1_767_225_600_000_007, "tx", b"\x02" * 20, ""),
]


def blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    while data:
        kind, length = struct.unpack_from("<II", data)
        assert length % 4 == 0
        assert struct.unpack_from("<I", data, length - 4) == (length,)
        yield kind, data[8 : length - 4]
        data = data[length:]


def options(data: bytes) -> list[Option]:
    found: list[Option] = []
    while True:
        code, length = struct.unpack_from("<HH", data)
        if code == 0:
            assert data[4:] == b""
            return found
        found.append((code, data[4 : 4 + length]))
        data = data[4 + length + -length % 4 :]


def test_one_section_then_interfaces_then_frames() -> None:
    kinds = [kind for kind, _ in blocks(section(INTERFACES, FRAMES, "what was asked"))]
    assert kinds == [0x0A0D0D0A, 1, 1, 6, 6]


def test_section_says_its_byte_order_and_what_was_asked() -> None:
    _, body = next(blocks(section([], [], "what was asked")))
    assert body[:16].hex() == "4d3c2b1a01000000ffffffffffffffff"
    assert options(body[16:]) == [(1, b"what was asked"), (4, b"podwalk")]


def test_interfaces_have_name_addresses_mac_and_microseconds() -> None:
    cni0, tunl0 = (body for kind, body in blocks(section(INTERFACES, [], "")) if kind == 1)
    assert struct.unpack_from("<HHI", cni0) == (1, 0, 0)
    assert options(cni0[8:]) == [
        (2, b"k8s-node-11/cni0"),
        (3, b"bridge, mtu 1450"),
        (4, bytes.fromhex("0a020101ffffff00")),
        (6, bytes.fromhex("0a580a020101")),
        (9, b"\x06"),
    ]
    assert struct.unpack_from("<H", tunl0) == (101,)
    assert [code for code, _ in options(tunl0[8:])] == [2, 3, 9]


def test_frames_have_time_direction_and_comment() -> None:
    first, second = (body for kind, body in blocks(section(INTERFACES, FRAMES, "")) if kind == 6)
    interface, high, low, captured, original = struct.unpack_from("<IIIII", first)
    assert (interface, high << 32 | low, captured, original) == (0, 1_767_225_600_000_000, 15, 15)
    assert first[20:36] == b"\x01" * 15 + b"\0"
    assert options(first[36:]) == [(1, "收到".encode()), (2, struct.pack("<I", 1))]
    assert options(second[40:]) == [(1, b""), (2, struct.pack("<I", 2))]


def test_a_comment_that_is_too_long_is_cut_between_characters() -> None:
    _, body = next(blocks(section([], [], "收" * 30_000)))
    comment = options(body[16:])[0][1]
    assert len(comment) == 65_535 // 3 * 3
    assert comment.decode() == "收" * (65_535 // 3)
