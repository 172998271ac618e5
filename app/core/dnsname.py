"""Names and types of the DNS: text in presentation form, labels as bytes.

Sources: RFC 1035 sections 3.1 and 5.1, 3597 (TYPE65); the numbers are IANA's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "TYPES",
    "MessageError",
    "fqdn",
    "labels_of",
    "name_text",
    "shown_name",
    "type_name",
    "type_named",
    "type_number",
]

TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "HINFO": 13, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33,
    "NAPTR": 35, "DS": 43, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "SVCB": 64, "HTTPS": 65, "CAA": 257,
    "IXFR": 251, "AXFR": 252, "ANY": 255,
}  # fmt: skip
LONGEST_LABEL, LONGEST_NAME = 63, 255
_NUMBER_NAMES = {number: name for name, number in TYPES.items()}


class MessageError(ValueError):
    """Bytes that are no DNS message, or text that is no name or record data."""


def fqdn(name: str) -> str:
    """Return `name` with its final dot."""
    return name if name.endswith(".") else f"{name}."


def shown_name(name: str) -> str:
    """Return `name` as sentences and dig's remarks show it: without the final dot, the root as it is."""
    return name if name == "." else name.removesuffix(".")


def type_named(text: str) -> str | None:
    """Return the type that `text` names, in capitals (`a`, `SRV`, `TYPE65`); None: there is no such type."""
    name = text.upper()
    if name in TYPES:
        return name
    found = re.fullmatch("TYPE([0-9]{1,5})", name)
    return type_name(int(found[1])) if found and int(found[1]) <= 0xFFFF else None


def type_name(number: int) -> str:
    """Return the name of a type's number."""
    return _NUMBER_NAMES.get(number, f"TYPE{number}")


def type_number(name: str) -> int:
    """Return the number of a type's name."""
    return TYPES[name] if name in TYPES else int(name.removeprefix("TYPE"))


def labels_of(name: str) -> list[bytes]:
    """Return the labels of a name in presentation form; `\\.` and `\\DDD` are escapes. MessageError: not a name."""
    labels, label, at = [], bytearray(), 0
    text = name.encode(errors="replace") if name != "." else b""
    while at < len(text):
        byte, at = text[at], at + 1
        if byte == ord("."):
            if not label:
                raise MessageError(f"'{name}' is not a legal name (empty label)")
            labels.append(bytes(label))
            label.clear()
            continue
        if byte == ord("\\"):
            digits = text[at : at + 3]
            if re.fullmatch(b"[0-9]{3}", digits) and int(digits) < 256:
                byte, at = int(digits), at + 3
            elif at < len(text):
                byte, at = text[at], at + 1
        label.append(byte)
    if label:
        labels.append(bytes(label))
    if any(len(part) > LONGEST_LABEL for part in labels):
        raise MessageError(f"'{name}' is not a legal name (label too long)")
    if sum(len(part) + 1 for part in labels) + 1 > LONGEST_NAME:
        raise MessageError(f"'{name}' is not a legal name (name too long)")
    return labels


def name_text(labels: Sequence[bytes]) -> str:
    """Return labels as text, with the final dot."""
    return "".join(f"{_label_text(label)}." for label in labels) or "."


def _label_text(label: bytes) -> str:
    """Return a label as BIND prints it. Source: RFC 1035 section 5.1; bind9 lib/dns/name.c, totext."""
    return "".join(
        f"\\{chr(byte)}" if byte in b'."();@$\\' else chr(byte) if 0x20 < byte < 0x7F else f"\\{byte:03d}"
        for byte in label
    )
