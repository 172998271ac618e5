"""The filter language of `tcpdump`, the part of it that fits what is modelled.

    host ADDR, net NET[/LEN], port PORT, portrange A-B, each after src, dst or nothing, and after ip, arp, tcp or udp;
    ip, arp, icmp, tcp, udp, vxlan; not, and, or, parentheses

As in the real one, `and` and `or` bind equally and from left to right, a word alone takes the qualifiers of the one
before it, and a filter sees the outermost headers: what a tunnel carries is not looked into.
Source: pcap-filter(7), libpcap 1.10.3. Not there: `vxlan` as a primitive, which newer versions have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from msgspec import Struct

from app.core.errors import did_you_mean
from app.dataplane.headers import Arp, IPv4, Tcp, Udp
from app.dataplane.packet import Packet, encapsulated
from app.shell.result import CommandError

__all__ = ["Filter", "parse_filter"]

Filter = Callable[[Packet], bool]

PROTOCOLS = ("ip", "arp", "icmp", "tcp", "udp", "vxlan")
DIRECTIONS, TYPES = ("src", "dst"), ("host", "net", "port", "portrange")
WORDS = (*PROTOCOLS, *DIRECTIONS, *TYPES, "not", "and", "or")
LEGAL = (
    "legal: [ip|arp|tcp|udp] [src|dst] host ADDR | net NET/LEN | port PORT | portrange A-B; ip, arp, icmp, tcp, udp, "
    "vxlan; not, and, or, ( )"
)
SERVICES = {"http": 80, "https": 443, "domain": 53}


class Qualifiers(Struct, frozen=True):
    """What stands before an identifier, "" where it was not said."""

    proto: str = ""
    direction: str = ""
    type: str = ""


def parse_filter(words: Sequence[str]) -> Filter:
    """Return the test that the words mean; none of them: every frame. Raises CommandError for what is not legal."""
    tokens = re.findall(r"[()]|!=?|&&|\|\||[^\s()!&|]+|.", " ".join(words))
    reader = _Reader([t for t in tokens if t.strip()])
    if not reader.tokens:
        return lambda _: True
    found = reader.expression()
    if reader.tokens:
        raise wrong("syntax error", reader.tokens[0])
    return found


def wrong(why: str, word: str = "") -> CommandError:
    """Return a mistake in the filter; the near word and the legal ones are named."""
    near = f" at '{word}'{did_you_mean(word, WORDS)}" if word else ""
    return CommandError(f"tcpdump: can't parse filter expression: {why}{near}\n{LEGAL}\n", 1)


#: Parentheses and `not` are read, and asked of each packet, by recursion.
DEEPEST = 60


class _Reader:
    """Reads the words from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.last = Qualifiers()
        self.depth = 0

    def take(self) -> str:
        """Return the next word."""
        if not self.tokens:
            raise wrong("syntax error: it ends too early")
        return self.tokens.pop(0)

    def expression(self) -> Filter:
        """Read terms joined by `and` and `or`."""
        left = self.term()
        while self.tokens and self.tokens[0] in ("and", "&&", "or", "||"):
            is_and = self.take() in ("and", "&&")
            left = (_both if is_and else _either)(left, self.term())
        return left

    def term(self) -> Filter:
        """Read `not`, parentheses, or a primitive."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise wrong(f"podwalk: it nests deeper than {DEEPEST} levels")
        found = self._term()
        self.depth -= 1
        return found

    def _term(self) -> Filter:
        if not self.tokens:
            raise wrong("syntax error: it ends too early")
        if self.tokens[0] in ("not", "!"):
            self.take()
            inner = self.term()
            return lambda packet: not inner(packet)
        if self.tokens[0] == "(":
            self.take()
            inside = self.expression()
            if self.take() != ")":
                raise wrong("syntax error: a parenthesis is not closed")
            return inside
        return self._primitive()

    def _primitive(self) -> Filter:
        found: dict[str, str] = {}
        for name, legal in (("proto", PROTOCOLS), ("direction", DIRECTIONS), ("type", TYPES)):
            if self.tokens and self.tokens[0] in legal:
                found[name] = self.take()
        is_at_end = not self.tokens or self.tokens[0] in ("and", "or", "&&", "||", ")")
        if set(found) == {"proto"} and (is_at_end or found["proto"] in ("icmp", "vxlan")):
            return _protocol(found["proto"])
        if is_at_end:
            raise wrong("syntax error: it ends too early")
        if not found and not self.tokens[0][0].isdigit():
            raise wrong("syntax error", self.tokens[0])
        if found:
            self.last = Qualifiers(found.get("proto", ""), found.get("direction", ""), found.get("type", ""))
        return _identifier(self.last, self.take())


def _both(one: Filter, other: Filter) -> Filter:
    return lambda packet: one(packet) and other(packet)


def _either(one: Filter, other: Filter) -> Filter:
    return lambda packet: one(packet) or other(packet)


def _protocol(name: str) -> Filter:
    if name == "ip":
        return lambda packet: isinstance(packet.net, IPv4)
    if name == "arp":
        return lambda packet: isinstance(packet.net, Arp)
    if name == "vxlan":
        return lambda packet: encapsulated(packet.net) is not None
    return lambda packet: isinstance(packet.net, IPv4) and packet.net.proto == name


def _identifier(asked: Qualifiers, word: str) -> Filter:
    """Return the test of one identifier with its qualifiers."""
    kind = asked.type or "host"
    if kind in ("port", "portrange"):
        if asked.proto in ("arp", "ip", "icmp"):
            raise wrong(f"'{asked.proto} {kind}' is not legal; ports are those of tcp and udp")
        low, high = _ports(word, kind)
        return _of_protocol(asked, lambda packet: any(low <= p <= high for p in _port_of(packet, asked.direction)))
    if asked.proto in ("tcp", "udp", "icmp"):
        raise wrong(f"'{asked.proto} {kind}' is not legal; write '{asked.proto} and {kind} {word}'")
    within = _network(word, kind)
    return _of_protocol(asked, lambda packet: any(a in within for a in _addresses(packet, asked.direction)))


def _of_protocol(asked: Qualifiers, test: Filter) -> Filter:
    return _both(_protocol(asked.proto), test) if asked.proto else test


def _addresses(packet: Packet, direction: str) -> tuple[IPv4Address, ...]:
    net = packet.net
    src, dst = (net.sender, net.target) if isinstance(net, Arp) else (net.src, net.dst)
    return {"src": (src,), "dst": (dst,)}.get(direction, (src, dst))


def _port_of(packet: Packet, direction: str) -> tuple[int, ...]:
    net = packet.net
    if not isinstance(net, IPv4) or net.offset or not isinstance(net.payload, Tcp | Udp):
        return ()
    src, dst = net.payload.sport, net.payload.dport
    return {"src": (src,), "dst": (dst,)}.get(direction, (src, dst))


def _ports(word: str, kind: str) -> tuple[int, int]:
    first, dash, last = word.partition("-")
    if kind == "port" and dash:
        raise wrong(f"unknown port '{word}'")
    numbers = []
    for text in (first, last if dash else first):
        number = SERVICES.get(text, int(text) if re.fullmatch("[0-9]{1,5}", text) else -1)
        if not 0 <= number <= 65535:
            raise CommandError(f"tcpdump: unknown port '{text}'\n", 1)
        numbers.append(number)
    return min(numbers), max(numbers)


def _network(word: str, kind: str) -> IPv4Network:
    """Return the addresses that an identifier means; `net 10.2` is 10.2.0.0/16."""
    address, slash, length = word.partition("/")
    parts = address.split(".")
    if not all(re.fullmatch("[0-9]{1,3}", p) for p in parts) or len(parts) > 4 or (kind == "host" and len(parts) < 4):
        raise CommandError(f"tcpdump: unknown {'host' if kind == 'host' else 'network'} '{word}'\n", 1)
    if kind == "host" and slash:
        raise wrong(f"a length is for `net`: net {word}")
    bits = length if slash else str(8 * len(parts))
    try:
        return IPv4Network(f"{'.'.join(str(int(p)) for p in [*parts, '0', '0', '0'][:4])}/{bits}")
    except (AddressValueError, NetmaskValueError):
        raise CommandError(f"tcpdump: '{word}' is not a network\n", 1) from None
    except ValueError:
        raise CommandError(f'tcpdump: non-network bits set in "{word}"\n', 1) from None
