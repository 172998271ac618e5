"""From words to keys: fields joined by dots, and the values of elements."""

from __future__ import annotations

from app.dataplane.nft.datatypes import DataType
from app.dataplane.nft.errors import NftError
from app.dataplane.nft.expressions import FIELDS, FIRST_WORDS, Field, Key, KeyValue
from app.dataplane.nft.words import Cursor

__all__ = ["read_key", "read_key_value", "read_word"]


def read_key(cursor: Cursor) -> Key:
    """Return the field or concatenation at the cursor. Raises NftError."""
    fields = [_field(cursor)]
    while cursor.taken("."):
        fields.append(_field(cursor))
    return Key(tuple(fields))


def _field(cursor: Cursor) -> Field:
    if cursor.next == "mark":
        cursor.take()
        return FIELDS["meta mark"]
    if cursor.next == "meta" and cursor.peek(1) in ("iifname", "oifname"):
        cursor.take()
    for length in (3, 2, 1):
        name = " ".join(cursor.peek(ahead) for ahead in range(length))
        if name in FIELDS:
            cursor.at += length
            return FIELDS[name]
    if cursor.next in FIRST_WORDS:
        raise NftError(f"podwalk: '{cursor.next} {cursor.peek(1)}' is not modelled", cursor.peek(1))
    raise cursor.unexpected()


def read_word(cursor: Cursor) -> str:
    """Return a value's word, quotes taken off. Raises NftError."""
    if cursor.next.startswith('"'):
        return cursor.take().strip('"')
    return cursor.name()


def read_key_value(cursor: Cursor, types: tuple[DataType, ...]) -> KeyValue:
    """Return the key of an element: a value for each part. Raises NftError."""
    values = [types[0].parse(read_word(cursor))]
    for kind in types[1:]:
        cursor.expect(".")
        values.append(kind.parse(read_word(cursor)))
    return tuple(values) if len(values) > 1 else values[0]
