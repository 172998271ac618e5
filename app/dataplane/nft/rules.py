"""From words to a rule, in the form in which nft lists it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from app.core.errors import did_you_mean
from app.dataplane.netfilter.targets import FULL_MASK
from app.dataplane.nft.actions import ACTIONS, set_mark
from app.dataplane.nft.chain import Rule
from app.dataplane.nft.datatypes import TYPES, DataType, Interval, Value
from app.dataplane.nft.errors import NftError
from app.dataplane.nft.expressions import FIELDS, Field, Key, KeyValue, Numgen
from app.dataplane.nft.keys import read_key, read_key_value, read_word
from app.dataplane.nft.sets import AnonymousSet, VerdictMap
from app.dataplane.nft.statements import Compare, Lookup, MarkBits, RejectWith, Select, Statement
from app.dataplane.nft.verdicts import VERDICTS, Verdict
from app.dataplane.nft.words import Cursor

__all__ = ["read_rule", "read_verdict"]

NOT_MODELLED = ("log", "limit", "queue", "notrack", "redirect", "tproxy", "ip6", "ether", "vlan", "arp", "quota", "fwd",
                "dup", "synproxy", "xt", "socket", "osf", "rt", "exthdr", "jhash", "symhash", "nftrace")  # fmt: skip


def read_rule(cursor: Cursor) -> Rule:
    """Return the rule that begins at the cursor and ends with its line. Raises NftError."""
    statements: list[Statement] = []
    comment = ""
    while not cursor.is_end:
        if cursor.taken("comment"):
            comment = cursor.quoted()
            break
        _add(statements, _statement(cursor))
    if not statements:
        raise cursor.unexpected()
    if not cursor.is_end:
        raise cursor.unexpected("expecting newline or semicolon")
    return Rule(tuple(statements), comment)


def _add(statements: list[Statement], new: Statement) -> None:
    """Append as nft does: `meta l4proto tcp` goes without saying before `tcp dport`, and makes tcp of `th`.

    Source: nftables 1.0.6 src/payload.c, payload_dependency_kill(); evaluate.c, conflict_resolution_gen_dependency().
    """
    dependency = next((s for s in statements if isinstance(s, Compare) and _is_protocol(s)), None)
    proto = str(dependency.values[0]) if dependency else next((p for s in statements if (p := _protocol(s))), "")
    if proto:
        named, new = _named(new, proto)
        if named and dependency is not None:
            statements.remove(dependency)
    statements.append(new)


def _is_protocol(statement: Compare) -> bool:
    is_one = len(statement.values) == 1 and not statement.negated
    return is_one and statement.field.name in ("meta l4proto", "ip protocol")


def _fields(statement: Statement) -> tuple[Field, ...]:
    """Return what a statement reads of the packet to compare it."""
    if isinstance(statement, Compare):
        return (statement.field,)
    if isinstance(statement, Lookup | Select) and isinstance(statement.key, Key):
        return statement.key.fields
    return ()


def _protocol(statement: Statement) -> str:
    """Return the protocol whose header a statement reads."""
    words = (field.name.partition(" ")[0] for field in _fields(statement))
    return next((word for word in words if word in ("tcp", "udp", "icmp")), "")


def _named(new: Statement, proto: str) -> tuple[bool, Statement]:
    """Say whether the statement itself names the protocol, and return it with `th` replaced by its name."""
    if isinstance(new, RejectWith):
        return new.target.with_ == "tcp-reset" and proto == "tcp", new
    if not isinstance(new, Compare | Lookup | Select):
        return False, new
    fields = _fields(new)
    own = {field.name.partition(" ")[0] for field in fields}
    if other := own & {"tcp", "udp", "icmp"} - {proto}:
        raise NftError(f"conflicting protocols specified: {proto} vs. {other.pop()}")
    if "th" in own and proto in ("tcp", "udp"):
        fields = tuple(FIELDS[field.name.replace("th ", f"{proto} ")] for field in fields)
        new = replace(new, field=fields[0]) if isinstance(new, Compare) else replace(new, key=Key(fields))
        return True, new
    return proto in own, new


def _statement(cursor: Cursor) -> Statement:
    word = cursor.next
    if word in ACTIONS:
        cursor.take()
        return ACTIONS[word](cursor)
    if word in VERDICTS:
        return read_verdict(cursor)
    if word == "numgen":
        return _numgen(cursor)
    if word in ("mark", "meta") and cursor.peek(1 if word == "mark" else 2) == "set":
        return set_mark(cursor)
    if word in NOT_MODELLED:
        raise NftError(f"podwalk: '{word}' is not modelled", word)
    return _match(cursor)


def read_verdict(cursor: Cursor) -> Verdict:
    """Return a verdict: `drop`, `goto CHAIN` ... Raises NftError."""
    word = cursor.name()
    if word not in VERDICTS:
        raise NftError(f"syntax error, unexpected string, expecting a verdict{did_you_mean(word, VERDICTS)}", word)
    return Verdict(word, cursor.name() if word in ("jump", "goto") else "")


# --- matches ----------------------------------------------------------------------------------------------------------


def _match(cursor: Cursor) -> Statement:
    key = read_key(cursor)
    if key.fields[0].name == "meta mark" and len(key.fields) == 1 and cursor.next in ("&", "and"):
        return _mark_bits(cursor)
    if cursor.taken("vmap"):
        return Select(key, cursor.take()[1:] if cursor.next.startswith("@") else _entries(cursor, key.types))
    negated = cursor.taken("!=")
    if not negated:
        cursor.taken("==")
    if key.fields[0].name == "meta mark" and "/" in cursor.next:
        return _mark_prefix(cursor, negated=negated)
    if cursor.next.startswith("@"):
        return Lookup(key, cursor.take()[1:], negated)
    if cursor.next == "{":
        return _anonymous(cursor, key, negated=negated)
    if len(key.fields) > 1:
        raise cursor.unexpected("expecting '@' or '{'")
    return Compare(key.fields[0], _values(cursor, key.fields[0]), negated)


def _values(cursor: Cursor, field: Field) -> tuple[Value | Interval, ...]:
    values = [field.type.parse_range(read_word(cursor))]
    while cursor.taken(","):
        if field.type.name != "ct_state":
            raise cursor.unexpected("expecting one value; several stand in braces: { A, B }")
        values.append(field.type.parse_range(read_word(cursor)))
    return tuple(sorted(set(values), key=lambda v: 0 if isinstance(v, Interval) else field.type.number(v)))


def _mark_bits(cursor: Cursor) -> Statement:
    cursor.take()
    mask, negated = cursor.number(), False
    if cursor.taken("!="):
        negated = True
    else:
        cursor.taken("==")
    value = cursor.number()
    return Compare(FIELDS["meta mark"], (value,), negated) if mask == FULL_MASK else MarkBits(mask, value, negated)


def _mark_prefix(cursor: Cursor, *, negated: bool) -> MarkBits:
    """Return `meta mark VALUE/BITS`."""
    word = cursor.name()
    value, _, bits = word.partition("/")
    if not bits.isdecimal() or int(bits) > 32:
        raise NftError(f"Prefix length {bits} is invalid for type of 32 bits width", word)
    number = TYPES["mark"].parse(value)
    assert isinstance(number, int)
    return MarkBits(FULL_MASK ^ ((1 << (32 - int(bits))) - 1), number, negated)


def _anonymous(cursor: Cursor, key: Key, *, negated: bool) -> Statement:
    """Return a lookup; a set of one is the value itself, as nft optimises it (expr_evaluate_set_elem())."""
    parts = [_part(cursor, key) for _ in _braces(cursor)]
    if len(parts) == 1 and len(key.fields) == 1:
        only = parts[0]
        assert not isinstance(only, tuple)
        return Compare(key.fields[0], (only,), negated)
    return Lookup(key, AnonymousSet.of(key.types, parts), negated)


def _part(cursor: Cursor, key: Key) -> KeyValue | Interval:
    if len(key.fields) == 1:
        return key.types[0].parse_range(read_word(cursor))
    return read_key_value(cursor, key.types)


def _entries(cursor: Cursor, types: tuple[DataType, ...]) -> VerdictMap:
    entries = []
    for _ in _braces(cursor):
        value = read_key_value(cursor, types)
        cursor.expect(":")
        entries.append((value, read_verdict(cursor)))
    return VerdictMap.of(types, entries)


def _braces(cursor: Cursor) -> Iterator[None]:
    """Yield once for each part between braces and commas; the caller reads the part."""
    cursor.expect("{")
    while True:
        cursor.skip_newlines()
        yield
        cursor.skip_newlines()
        if not cursor.taken(","):
            break
    cursor.expect("}")


def _numgen(cursor: Cursor) -> Statement:
    cursor.take()
    if cursor.next == "inc":
        raise NftError("podwalk: 'numgen inc' is not modelled", "inc")
    cursor.expect("random")
    cursor.expect("mod")
    modulus = cursor.number()
    if not modulus:
        raise NftError("modulus must be greater than zero", "0")
    cursor.expect("vmap")
    return Select(Numgen(modulus), _entries(cursor, (TYPES["integer"],)))
