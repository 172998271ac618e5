"""From words to what a rule does: marks, nat, refusals, counters, elements added by packets."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address

from app.core.errors import did_you_mean
from app.dataplane.netfilter.targets import FULL_MASK, REJECT_TYPES, Dnat, Masquerade, PortRange, Reject, Snat
from app.dataplane.nft.datatypes import TYPES
from app.dataplane.nft.errors import NftError
from app.dataplane.nft.keys import read_key
from app.dataplane.nft.statements import Counter, Nat, RejectWith, SetMark, Statement, Update
from app.dataplane.nft.words import Cursor

__all__ = ["ACTIONS", "set_mark"]

OPERATORS = {"and": "&", "or": "|", "xor": "^", "&": "&", "|": "|", "^": "^"}
NOTHING = tuple(SetMark(0, (operation,)) for operation in (("|", 0), ("^", 0), ("&", FULL_MASK)))
NAT_FLAGS = ("random", "fully-random", "persistent")


def set_mark(cursor: Cursor) -> Statement:
    """Return `meta mark set ...`. Raises NftError."""
    cursor.taken("meta")
    cursor.expect("mark")
    cursor.expect("set")
    if cursor.next not in ("mark", "meta"):
        return SetMark(cursor.number())
    cursor.taken("meta")
    cursor.expect("mark")
    operations = []
    while cursor.next in OPERATORS:
        operations.append((OPERATORS[cursor.take()], cursor.number()))
    if not operations:
        raise cursor.unexpected()
    if SetMark(0, tuple(operations)) in NOTHING:
        raise NftError("podwalk: a mark that is set to itself is not modelled")
    return SetMark(0, tuple(operations))


def _counter(cursor: Cursor) -> Statement:
    for word in ("packets", "bytes"):
        if cursor.taken(word):
            cursor.number()
    return Counter()


def _reject(cursor: Cursor) -> Statement:
    if not cursor.taken("with"):
        return RejectWith(Reject())
    if cursor.taken("tcp", "reset"):
        return RejectWith(Reject("tcp-reset"))
    cursor.expect("icmp")
    cursor.taken("type")
    word = cursor.name()
    name = f"icmp-{word.replace('prot-', 'proto-')}"
    if name not in REJECT_TYPES:
        legal = [kind.removeprefix("icmp-").replace("proto-", "prot-") for kind in REJECT_TYPES if kind != "tcp-reset"]
        raise NftError(f"Could not parse ICMP code{did_you_mean(word, legal)}", word)
    return RejectWith(Reject(name))


def _masquerade(cursor: Cursor) -> Statement:
    flags = _flags(cursor)
    is_random = "random" in flags or "fully-random" in flags
    return Nat(Masquerade(("--random-fully",) if is_random else ()), flags)


def _nat(make: type[Dnat | Snat]) -> Callable[[Cursor], Statement]:
    def read(cursor: Cursor) -> Statement:
        cursor.taken("ip")
        cursor.taken("to")
        word = cursor.name()
        try:
            address = IPv4Address(word)
        except AddressValueError:
            raise NftError("Could not resolve hostname: Name or service not known", word) from None
        port = TYPES["inet_service"].parse(cursor.name()) if cursor.taken(":") else 0
        assert isinstance(port, int)
        flags = _flags(cursor)
        random = ("--random-fully",) if "random" in flags or "fully-random" in flags else ()
        return Nat(make(PortRange(address, port, port), random), flags)

    return read


def _flags(cursor: Cursor) -> tuple[str, ...]:
    flags = []
    while cursor.next in NAT_FLAGS:
        flags.append(cursor.take())
        if not cursor.taken(","):
            break
    return tuple(flag for flag in NAT_FLAGS if flag in flags)


def _update(*, is_update: bool) -> Callable[[Cursor], Statement]:
    def read(cursor: Cursor) -> Statement:
        if not cursor.next.startswith("@"):
            raise cursor.unexpected("expecting '@'")
        name = cursor.take()[1:]
        cursor.expect("{")
        key = read_key(cursor)
        time_us = cursor.time_us() if cursor.taken("timeout") else 0
        cursor.expect("}")
        return Update(name, key, is_update, time_us)

    return read


ACTIONS: dict[str, Callable[[Cursor], Statement]] = {
    "counter": _counter,
    "reject": _reject,
    "masquerade": _masquerade,
    "dnat": _nat(Dnat),
    "snat": _nat(Snat),
    "update": _update(is_update=True),
    "add": _update(is_update=False),
}
