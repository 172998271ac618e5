"""From the words of iptables to a rule. `parse(render(rule)) == rule`; what iptables would refuse is a RuleError."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from app.core.errors import did_you_mean
from app.dataplane.netfilter.matches import MatchKind, Option, matches
from app.dataplane.netfilter.matches.basic import Destination, InInterface, OutInterface, Protocol, Source
from app.dataplane.netfilter.rule import Match, Rule, RuleError, Target
from app.dataplane.netfilter.targets import parse_target

__all__ = ["parse_rule", "split_words"]

PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "4": "ipencap"}
KNOWN_PROTOCOLS = ("tcp", "udp", "icmp", "ipencap", "sctp", "all")
LONG = {
    "--source": "-s", "--src": "-s", "--destination": "-d", "--dst": "-d", "--in-interface": "-i",
    "--out-interface": "-o", "--proto": "-p", "--protocol": "-p", "--match": "-m", "--jump": "-j", "--goto": "-g",
}  # fmt: skip
#: The order in which iptables-save writes what stands before the matches.
BASIC_ORDER = (Source, Destination, InInterface, OutInterface, Protocol)


def split_words(text: str) -> list[str]:
    """Return the words of a rule, quotes taken off. Raises RuleError for a quote that does not end."""
    if "'" not in text and "\\" not in text:
        parts = text.split('"')
        if len(parts) % 2 and all(_stands_alone(parts, index) for index in range(1, len(parts), 2)):
            return [word for index, part in enumerate(parts) for word in ([part] if index % 2 else part.split())]
    try:
        return shlex.split(text)
    except ValueError as error:
        raise RuleError(f"{str(error).lower()} in: {text[:80]}") from None


def _stands_alone(parts: Sequence[str], index: int) -> bool:
    """Whether the quoted part at `index` is a word of its own: blanks around it."""
    is_first, is_last = index == 1, index == len(parts) - 2
    starts = parts[index - 1][-1:] == " " or (is_first and not parts[0])
    ends = parts[index + 1][:1] == " " or (is_last and not parts[-1])
    return starts and ends


class _Module:
    """A `-m NAME` with the options read so far."""

    def __init__(self, name: str) -> None:
        if name not in matches:
            raise RuleError(f"Couldn't load match `{name}'{did_you_mean(name, matches.names())}")
        self.kind: MatchKind = matches.get(name)
        self.options: dict[str, Option] = {}

    def build(self) -> Match:
        """Return the match."""
        return self.kind.build(self.options)


class _Parser:
    """Reads one rule from left to right."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self.position = 0
        self.basic: list[Match] = []
        self.modules: list[_Module] = []
        self.target: Target | None = None
        self.protocol = ""

    def read(self) -> Rule:
        """Return the rule."""
        while self.position < len(self.words):
            self._option()
        self.basic.sort(key=lambda m: BASIC_ORDER.index(type(m)))
        return Rule((*self.basic, *(m.build() for m in self.modules)), self.target)

    def _next(self, option: str) -> str:
        if self.position >= len(self.words):
            raise RuleError(f'option "{option}" requires an argument')
        self.position += 1
        return self.words[self.position - 1]

    def _option(self) -> None:
        word = self._next("")
        negated = word == "!"
        if negated:
            word = self._next("!")
        word = LONG.get(word, word)
        if word in ("-s", "-d", "-i", "-o", "-p"):
            self._basic(word, self._next(word), negated=negated)
        elif word in ("-j", "-g"):
            self.target = parse_target(self.words[self.position :], is_goto=word == "-g")
            self.position = len(self.words)
        elif word == "-m":
            self.modules.append(_Module(self._next("-m")))
        elif word.startswith("--"):
            self._module_option(word, negated=negated)
        else:
            raise RuleError(f'unknown option "{word}"')

    def _basic(self, option: str, value: str, *, negated: bool) -> None:
        if value == "!":
            value, negated = self._next(option), True
        if option in ("-s", "-d"):
            network = parse_network(value)
            if network.prefixlen or negated:
                self.basic.append((Source if option == "-s" else Destination)(network, negated))
        elif option == "-p":
            self.protocol = PROTOCOLS.get(value.lower(), value.lower())
            if self.protocol not in KNOWN_PROTOCOLS:
                raise RuleError(f'unknown protocol "{value}" specified')
            if self.protocol != "all":
                self.basic.append(Protocol(self.protocol, negated))
        else:
            self.basic.append((InInterface if option == "-i" else OutInterface)(value, negated))

    def _module_option(self, option: str, *, negated: bool) -> None:
        """Give the option to the last module that knows it; `-p tcp` brings its own along."""
        if not any(option in m.kind.options for m in self.modules) and self.protocol in matches:
            self.modules.append(_Module(self.protocol))
        module = next((m for m in reversed(self.modules) if option in m.kind.options), None)
        if module is None:
            raise RuleError(f'unknown option "{option}"')
        values = []
        for _ in range(module.kind.options[option]):
            value = self._next(option)
            if value == "!":
                value, negated = self._next(option), True
            values.append(value)
        module.options[option] = Option(" ".join(values), negated)


def parse_network(text: str) -> IPv4Network:
    """Return the network of `10.0.0.0/8`, `10.0.0.1` or `10.0.0.0/255.0.0.0`; host bits are masked off."""
    try:
        return IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        raise RuleError(f"host/network `{text}' not found") from None


def parse_rule(words: Sequence[str]) -> Rule:
    """Return the rule that `words` (without `-A CHAIN`) describe. Raises RuleError."""
    return _Parser(words).read()
