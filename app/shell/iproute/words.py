"""Reading a command line as iproute2 reads it: abbreviations, values, and the messages for wrong ones.

Source: iproute2 6.1, lib/utils.c (matches, incomplete_command, invarg, duparg2, get_prefix, get_addr).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, IPv4Network

from app.dataplane.interface import Interface
from app.dataplane.netns import NetNs
from app.shell.result import CommandError, not_modelled

__all__ = ["Words", "address", "device", "exact", "fully", "garbage", "invalid", "mac_address", "matches",
           "network", "number", "wrong"]  # fmt: skip

USAGE = 255  #: exit(-1)


class Words:
    """The words that are still to be read."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)

    def __bool__(self) -> bool:
        return bool(self._words)

    @property
    def first(self) -> str:
        """The next word, "" at the end; it stays."""
        return self._words[0] if self._words else ""

    def take(self) -> str:
        """Return the next word. A missing one is incomplete_command()."""
        if not self._words:
            raise CommandError('Command line is not complete. Try option "help"\n', USAGE)
        return self._words.pop(0)

    def skip(self, word: str) -> bool:
        """Take the next word if it is exactly this one."""
        if self._words and self._words[0] == word:
            self._words.pop(0)
            return True
        return False


def matches(word: str, name: str) -> bool:
    """Whether `word` is `name` or an abbreviation of it."""
    return bool(word) and name.startswith(word)


def fully(word: str, names: Sequence[str]) -> str | None:
    """Return the first of `names` that `word` abbreviates: their order decides, as in iproute2's tables."""
    return next((name for name in names if matches(word, name)), None)


def wrong(message: str) -> CommandError:
    """Return a mistake on the command line, exit code 255."""
    return CommandError(f"{message}\n", USAGE)


def invalid(value: str, message: str) -> CommandError:
    """Return invarg()'s text."""
    return CommandError(f'Error: argument "{value}" is wrong: {message}\n\n', USAGE)


def garbage(key: str, value: str) -> CommandError:
    """Return duparg2()'s text."""
    return CommandError(f'Error: either "{key}" is duplicate, or "{value}" is a garbage.\n', USAGE)


def device(netns: NetNs, name: str) -> Interface:
    """Return the interface `name`. Source: nodev()."""
    if name not in netns.interfaces:
        raise CommandError(f'Cannot find device "{name}"\n', 1)
    return netns.interfaces[name]


def address(text: str, family: str = "any valid") -> IPv4Address:
    """Return an IPv4 address; missing octets are zero, as get_addr() has it."""
    found = _octets(text)
    if found is None:
        _refuse_ipv6(text)
        raise CommandError(f'Error: {family} address is expected rather than "{text}".\n', 1)
    return found


def network(text: str, family: str = "any valid") -> IPv4Interface:
    """Return a prefix with its host bits, which the kernel may refuse; `default` and `any` are 0.0.0.0/0."""
    if text in ("default", "any", "all"):
        return IPv4Interface("0.0.0.0/0")
    ip, slash, length = text.partition("/")
    found = _octets(ip)
    bits = _length(length) if slash else 32
    if found is None or bits is None:
        _refuse_ipv6(ip)
        raise CommandError(f'Error: {family} prefix is expected rather than "{text}".\n', 1)
    return IPv4Interface((found, bits))


def exact(prefix: IPv4Interface) -> IPv4Network | None:
    """Return the prefix as a network, None where it has host bits."""
    return prefix.network if prefix.ip == prefix.network.network_address else None


def _octets(text: str) -> IPv4Address | None:
    parts = text.split(".")
    if len(parts) > 4 or not all(re.fullmatch("[0-9]{1,3}", p) for p in parts):
        return None
    try:
        return IPv4Address(".".join(str(int(p)) for p in [*parts, "0", "0", "0"][:4]))
    except AddressValueError:
        return None


def _length(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,2}", text) and int(text) <= 32 else None


def _refuse_ipv6(text: str) -> None:
    if re.fullmatch("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", text) and text.count(":") >= 2:
        raise not_modelled(f"IPv6 ('{text}')")


def number(text: str, message: str, top: int = 2**32 - 1) -> int:
    """Return a whole number from 0 to `top`, or invarg() with `message`. Source: get_u32(), get_integer()."""
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) > top:
        raise invalid(text, message)
    return int(text)


def mac_address(text: str) -> str:
    """Return a MAC in the form that is printed, two digits an octet. Source: lib/ll_addr.c, ll_addr_a2n()."""
    parts = text.split(":")
    if not all(re.fullmatch("[0-9a-fA-F]{1,2}", p) for p in parts):
        raise CommandError(f'"{text}" is invalid lladdr.\n', 1)
    return ":".join(f"{int(p, 16):02x}" for p in parts)
