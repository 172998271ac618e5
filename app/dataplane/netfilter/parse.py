"""From the words of iptables to a rule. `parse(render(rule)) == rule`; what iptables would refuse is a RuleError.

Source: iptables 1.8.9, iptables/xshared.c (do_parse, add_param_to_argv), libxtables/xtables.c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError

from app.core.errors import did_you_mean
from app.dataplane.netfilter.matches import MatchKind, Option, Words, matches
from app.dataplane.netfilter.matches.basic import Destination, Fragment, InInterface, OutInterface, Protocol, Source
from app.dataplane.netfilter.names import protocol_name
from app.dataplane.netfilter.rule import Match, NotModelledError, Rule, RuleError, Target
from app.dataplane.netfilter.targets import Jump
from app.dataplane.netfilter.targetwords import TARGETS, UNMODELLED_TARGETS, TargetKind
from app.dataplane.netfilter.words import split_words

__all__ = ["parse_rule", "split_words"]

#: The long names of what needs no `-m`; the first letters of one are enough where no other begins with them.
LONG = {
    "--source": "-s", "--src": "-s", "--destination": "-d", "--dst": "-d", "--in-interface": "-i",
    "--out-interface": "-o", "--proto": "-p", "--protocol": "-p", "--match": "-m", "--jump": "-j", "--goto": "-g",
    "--fragments": "-f", "--set-counters": "-c",
}  # fmt: skip
#: The order in which iptables-save writes what stands before the matches.
BASIC_ORDER = (Source, Destination, InInterface, OutInterface, Protocol, Fragment)
UNMODELLED_MATCHES = frozenset({
    "ah", "bpf", "cgroup", "cluster", "connbytes", "connlabel", "connlimit", "connmark", "cpu", "dccp",
    "devgroup", "dscp", "ecn", "esp", "hashlimit", "helper", "ipcomp", "ipvs", "length", "limit", "mac", "nfacct",
    "osf", "owner", "pkttype", "policy", "quota", "rateest", "realm", "rpfilter", "socket", "string", "tcpmss", "time",
    "tos", "ttl", "u32", "udplite",
})  # fmt: skip
LONGEST_INTERFACE = 15


class _Module:
    """A `-m NAME` or `-j NAME` with the options read so far."""

    def __init__(self, name: str, kind: MatchKind | TargetKind) -> None:
        self.name = name
        self.kind = kind
        self.aliases: Mapping[str, str] = kind.aliases if isinstance(kind, MatchKind) else {}
        self.plain = kind.plain if isinstance(kind, MatchKind) else frozenset(kind.options)
        self.options: dict[str, Option] = {}

    def find(self, word: str) -> str | None:
        """Return the option's first name that `word`, or its beginning, means here."""
        if word in self.kind.options:
            return word
        if word in self.aliases:
            return self.aliases[word]
        if word in self.kind.unmodelled:
            raise NotModelledError(f"{self.name} {word}")
        names = {name: name for name in self.kind.options} | dict(self.aliases)
        begun = {first for name, first in names.items() if name.startswith(word)}
        return begun.pop() if len(begun) == 1 else None

    def take(self, name: str, option: Option) -> None:
        """Note an option. Raises RuleError where it stands twice, or `!` before it has no sense."""
        if option.negated and name in self.plain:
            raise RuleError(f'{self.name}: option "{name}" cannot be inverted.')
        if name in self.options:
            if self.name in ("tcp", "udp", "sctp"):
                raise RuleError(f"Only one `{name}' allowed")
            raise RuleError(f'{self.name}: option "{name}" can only be used once.')
        self.options[name] = option


class _Parser:
    """Reads one rule from left to right."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self.position = 0
        self.basic: dict[str, Match | None] = {}
        self.modules: list[_Module] = []
        self.target: _Module | None = None
        self.jump: Jump | None = None
        #: As `tcp`, or `!tcp`; "" for every protocol.
        self.protocol = ""
        self.takes: dict[str, Callable[[str, str, bool], None]] = {
            "-s": self._end, "-d": self._end, "-i": self._interface, "-o": self._interface, "-p": self._protocol,
            "-m": self._match, "-j": self._jump, "-g": self._jump,
        }  # fmt: skip

    def read(self) -> Rule:
        """Return the rule."""
        while self.position < len(self.words):
            self._option()
        basic = sorted((m for m in self.basic.values() if m), key=lambda m: BASIC_ORDER.index(type(m)))
        built = [m.kind.build(Words(m.options, self.protocol)) for m in self.modules if isinstance(m.kind, MatchKind)]
        return Rule((*basic, *built), self._target())

    def _target(self) -> Target | None:
        if self.target is None or not isinstance(self.target.kind, TargetKind):
            return self.jump
        return self.target.kind.build(Words(self.target.options, self.protocol))

    def _next(self, option: str) -> str:
        if self.position >= len(self.words):
            raise RuleError(f'option "{option}" requires an argument')
        self.position += 1
        return self.words[self.position - 1]

    def _option(self) -> None:
        given = self._next("")
        negated = given == "!"
        if negated:
            given = self._next("!")
        self._take(LONG.get(given, given), given, negated)

    def _take(self, word: str, given: str, negated: bool) -> None:
        """Read one option, which `given` was written as."""
        if word in self.takes:
            self.takes[word](word, self._next(given), negated)
        elif word == "-f":
            self._once("-f", Fragment(negated))
        elif word == "-c":
            self._next(given), self._next(given)
        elif word in ("-v", "-4", "--verbose", "--ipv4"):
            pass
        elif word.startswith("--"):
            self._module_option(word, negated=negated)
        elif word.startswith("-"):
            raise RuleError(f'unknown option "{word}"')
        else:
            raise RuleError(f"Bad argument `{word}'")

    def _once(self, option: str, match: Match | None) -> None:
        if option in self.basic:
            raise RuleError(f"multiple {option} flags not allowed")
        self.basic[option] = match

    def _end(self, option: str, value: str, negated: bool) -> None:
        """`-s` or `-d`."""
        if value == "!":
            raise RuleError(f"Bad argument `{self._next(option)}'")
        network = parse_network(value)
        if negated and not network.prefixlen:
            raise RuleError("RULE_APPEND failed (Invalid argument)")
        self._once(option, (Source if option == "-s" else Destination)(network, negated) if network.prefixlen else None)

    def _interface(self, option: str, name: str, negated: bool) -> None:
        """`-i` or `-o`."""
        if not name:
            raise RuleError("Empty interface is likely to be undesired")
        if len(name) > LONGEST_INTERFACE:
            raise RuleError(f"interface name `{name}' must be shorter than IFNAMSIZ (15)")
        asks = name != "+" or negated
        self._once(option, (InInterface if option == "-i" else OutInterface)(name, negated) if asks else None)

    def _protocol(self, option: str, value: str, negated: bool) -> None:
        """`-p`."""
        name = protocol_name(value)
        if name == "all" and negated:
            raise RuleError("rule would never match protocol")
        self._once(option, Protocol(name, negated) if name != "all" else None)
        self.protocol = "" if name == "all" else f"{'!' if negated else ''}{name}"

    def _match(self, _: str, name: str, negated: bool) -> None:
        """`-m`."""
        if negated:
            raise RuleError("unexpected ! flag before --match")
        self.modules.append(_Module(name, _match_kind(name)))

    def _jump(self, option: str, name: str, negated: bool) -> None:
        """`-j` or `-g`."""
        if negated:
            raise RuleError(f"cannot have ! before {option}")
        if self.target is not None or self.jump is not None:
            raise RuleError(f"multiple {option} flags not allowed")
        if name in UNMODELLED_TARGETS:
            raise NotModelledError(f"target `{name}'")
        if name in TARGETS and option == "-j":
            self.target = _Module(name, TARGETS[name])
        else:
            self.jump = Jump(name, option == "-g")

    def _module_option(self, option: str, *, negated: bool) -> None:
        """Give the option to the target or the last match that knows it; `-p tcp` brings its own along."""
        module, name = self._known(option)
        proto = self.protocol.removeprefix("!")
        if module is None and proto in matches and all(m.name != proto for m in self.modules):
            self.modules.append(_Module(proto, matches.get(proto)))
            module, name = self._known(option)
        if module is None:
            short = _begun(option)
            if short is None:
                raise RuleError(f'unknown option "{option}"')
            self._take(short, option, negated)
            return
        values = [self._next(option) for _ in range(module.kind.options[name])]
        module.take(name, Option(" ".join(values), negated))

    def _known(self, option: str) -> tuple[_Module | None, str]:
        for module in ([self.target] if self.target else []) + self.modules[::-1]:
            name = module.find(option)
            if name is not None:
                return module, name
        return None, ""


def _match_kind(name: str) -> MatchKind:
    if name in UNMODELLED_MATCHES:
        raise NotModelledError(f"match `{name}'")
    if name not in matches:
        raise RuleError(f"Couldn't load match `{name}'{did_you_mean(name, matches.names())}")
    return matches.get(name)


def _begun(word: str) -> str | None:
    """Return `-s` for the beginning of `--source`, where no other option begins so."""
    begun = {short for name, short in LONG.items() if len(word) > 3 and name.startswith(word)}
    return begun.pop() if len(begun) == 1 else None


def parse_network(text: str) -> IPv4Network:
    """Return the network of `10.0.0.0/8`, `10.0.0.1` or `10.0.0.0/255.0.0.0`; host bits are masked off.

    Octets that are left out are 0, as xtables_numeric_to_ipaddr() has it.
    """
    address, slash, mask = text.partition("/")
    octets = address.split(".")
    if not 1 <= len(octets) <= 4 or not all(o.isascii() and o.isdecimal() and int(o[:4]) <= 255 for o in octets):
        raise RuleError(f"host/network `{text}' not found")
    whole = ".".join(str(int(o)) for o in [*octets, *["0"] * (4 - len(octets))])
    try:
        return IPv4Network(f"{whole}{slash}{mask}", strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        if mask.count(".") == 3:
            raise NotModelledError(f"the mask {mask}, which is no prefix,") from None
        raise RuleError(f"invalid mask `{mask}' specified") from None


def parse_rule(words: Sequence[str]) -> Rule:
    """Return the rule that `words` (without `-A CHAIN`) describe. Raises RuleError."""
    return _Parser(words).read()
