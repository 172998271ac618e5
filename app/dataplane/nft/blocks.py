"""From words to what a table holds: chains with their hooks, sets and maps with their elements.

Source: nftables 1.0.6 src/parser_bison.y.
"""

from __future__ import annotations

from app.core.errors import did_you_mean
from app.dataplane.nft.chain import BaseHook, Chain, Rule
from app.dataplane.nft.datatypes import TYPES, DataType
from app.dataplane.nft.errors import NftError
from app.dataplane.nft.keys import read_key_value
from app.dataplane.nft.priorities import priority_number
from app.dataplane.nft.rules import read_rule, read_verdict
from app.dataplane.nft.sets import Element, NamedSet
from app.dataplane.nft.words import Cursor

__all__ = ["read_chain_body", "read_elements", "read_set_body"]

HOOKS = ("prerouting", "input", "forward", "output", "postrouting")
CHAIN_TYPES = {"filter": HOOKS, "nat": ("prerouting", "input", "output", "postrouting")}
SET_FLAGS = ("constant", "dynamic", "timeout")


def read_chain_body(cursor: Cursor, name: str) -> tuple[Chain, list[tuple[int, Rule]]]:
    """Return the chain that stands after `{`, and its rules with their lines. Raises NftError."""
    base: BaseHook | None = None
    comment = ""
    rules: list[tuple[int, Rule]] = []
    cursor.skip_ends()
    while not cursor.taken("}"):
        if cursor.taken("type"):
            base = _hook(cursor)
        elif base is not None and cursor.taken("policy"):
            base = BaseHook(base.type, base.hook, base.priority, _policy(cursor))
        elif not rules and cursor.taken("comment"):
            comment = cursor.quoted()
        else:
            rules.append((cursor.line, read_rule(cursor)))
        cursor.skip_ends()
    return Chain(name, base, comment), rules


def _hook(cursor: Cursor) -> BaseHook:
    kind = cursor.name()
    if kind not in CHAIN_TYPES:
        if kind == "route":
            raise NftError("podwalk: chains of type route are not modelled", kind)
        raise NftError(f"unknown chain type{did_you_mean(kind, CHAIN_TYPES)}", kind)
    cursor.expect("hook")
    hook = cursor.name()
    if hook not in HOOKS:
        raise NftError(f"unknown chain hook{did_you_mean(hook, HOOKS)}", hook)
    if hook not in CHAIN_TYPES[kind]:
        raise NftError("Could not process rule: Operation not supported", hook)
    cursor.expect("priority")
    words = []
    while not cursor.is_end:
        words.append(cursor.take())
    return BaseHook(kind, hook, priority_number(words, hook))


def _policy(cursor: Cursor) -> str:
    word = cursor.name()
    if word not in ("accept", "drop"):
        raise NftError("syntax error, unexpected string, expecting accept or drop", word)
    return word


def _types(cursor: Cursor) -> tuple[DataType, ...]:
    found = [_type(cursor.name())]
    while cursor.taken("."):
        found.append(_type(cursor.name()))
    return tuple(found)


def _type(name: str) -> DataType:
    if name not in TYPES:
        raise NftError(f"unknown datatype {name}{did_you_mean(name, TYPES)}", name)
    return TYPES[name]


def _set_flags(cursor: Cursor) -> tuple[str, ...]:
    found = []
    while True:
        flag = cursor.name()
        if flag not in SET_FLAGS:
            if flag == "interval":
                raise NftError("podwalk: named sets with intervals are not modelled; those in rules are", flag)
            raise NftError(f"unknown set flag{did_you_mean(flag, SET_FLAGS)}", flag)
        found.append(flag)
        if not cursor.taken(","):
            return tuple(flag for flag in SET_FLAGS if flag in found)


def read_set_body(cursor: Cursor, name: str, *, is_map: bool) -> tuple[NamedSet, tuple[Element, ...]]:
    """Return the set that stands after `{`, and its elements. Raises NftError."""
    types: tuple[DataType, ...] = ()
    flags: tuple[str, ...] = ()
    timeout_us = size = 0
    comment = ""
    elements: tuple[Element, ...] = ()
    cursor.skip_ends()
    while not cursor.taken("}"):
        word = cursor.take()
        if word == "type":
            types = _types(cursor)
            if is_map:
                cursor.expect(":")
                cursor.expect("verdict")
        elif word == "flags":
            flags = _set_flags(cursor)
        elif word == "timeout":
            timeout_us = cursor.time_us()
        elif word == "size":
            size = cursor.number()
        elif word == "comment":
            comment = cursor.quoted()
        elif word == "elements":
            cursor.expect("=")
            elements = read_elements(cursor, types, is_map=is_map)
        else:
            raise NftError(f"syntax error, unexpected {word or 'end of file'}", word)
        cursor.skip_ends()
    if not types:
        raise NftError("set definition does not specify key", name)
    if timeout_us and "timeout" not in flags:
        flags = (*flags, "timeout")
    return NamedSet(name, types, is_map, flags, timeout_us, size, comment), elements


def read_elements(cursor: Cursor, types: tuple[DataType, ...], *, is_map: bool) -> tuple[Element, ...]:
    """Return the elements in braces. Raises NftError."""
    cursor.expect("{")
    found = []
    while True:
        cursor.skip_newlines()
        found.append(_element(cursor, types, is_map=is_map))
        cursor.skip_newlines()
        if not cursor.taken(","):
            break
    cursor.expect("}")
    return tuple(found)


def _element(cursor: Cursor, types: tuple[DataType, ...], *, is_map: bool) -> Element:
    key = read_key_value(cursor, types)
    timeout_us, comment, verdict = 0, "", None
    while cursor.next in ("timeout", "expires", "comment"):
        word = cursor.take()
        if word == "comment":
            comment = cursor.quoted()
            continue
        time_us = cursor.time_us()
        timeout_us = time_us if word == "timeout" else timeout_us
    if is_map and cursor.taken(":"):
        verdict = read_verdict(cursor)
    return Element(key, verdict, comment, timeout_us)
