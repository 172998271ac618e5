"""nginx's configuration language, as far as a web server of static files needs it.

Source: nginx documentation, "Configuration file's structure", ngx_http_core_module, ngx_http_rewrite_module (return).
Directives that are not acted on are read and passed over (docs/fidelity.md#workloads).
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address

from msgspec import Struct

from app.workloads.nginx.matching import pattern

__all__ = ["ConfigError", "Location", "Place", "Server", "location_of", "parse", "server_of"]

TOKEN = re.compile(
    r"""\s+|\#[^\n]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([{};])|((?:\\.|[^\s{};"'\\])(?:\\.|[^\s{};])*)"""
)
ANY = IPv4Address(0)
ROOT = "/usr/share/nginx/html"


class ConfigError(ValueError):
    """A configuration that nginx refuses; the text is what it prints behind `[emerg]`."""


class Directive(Struct, frozen=True):
    """A directive: its name, its arguments, and what stands in its braces."""

    name: str
    args: tuple[str, ...]
    block: tuple[Directive, ...] = ()


class Place(Struct, frozen=True):
    """A `listen`: where a server waits."""

    address: IPv4Address
    port: int
    is_tls: bool = False
    is_default: bool = False


class Location(Struct, frozen=True):
    """A `location`. `modifier` is "" (prefix), "=", "^~", "~" or "~*"; `returned`: status and text of `return`."""

    path: str
    modifier: str = ""
    root: str = ""
    alias: str = ""
    index: tuple[str, ...] = ()
    returned: tuple[int, str] | None = None
    content_type: str = ""


class Server(Struct, frozen=True):
    """A `server`."""

    places: tuple[Place, ...]
    names: tuple[str, ...]
    root: str
    index: tuple[str, ...]
    locations: tuple[Location, ...]
    certificate: str = ""
    returned: tuple[int, str] | None = None


@lru_cache(maxsize=256)
def parse(text: str, path: str = "/etc/nginx/conf.d/default.conf") -> tuple[Server, ...]:
    """Return the servers of a configuration file. Raises ConfigError in nginx's words."""
    directives, rest = _block(_tokens(text, path), 0, path, depth=0)
    assert rest >= 0
    found: list[Server] = []
    for directive in directives:
        inside = directive.block if directive.name == "http" else (directive,)
        found += [_server(each, path) for each in inside if each.name == "server"]
    return tuple(found)


def _tokens(text: str, path: str) -> list[tuple[str, bool]]:
    """Return words and punctuation; the mark tells punctuation from a quoted brace."""
    tokens: list[tuple[str, bool]] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            line = text.count("\n", 0, at) + 1
            raise ConfigError(f'unexpected end of file, expecting ";" or "}}" in {path}:{line}')
        at = match.end()
        double, single, sign, word = match.groups()
        if sign is not None:
            tokens.append((sign, True))
        else:
            # Of a regular expression's backslashes only those before quotes and each other are the lexer's own.
            tokens += [
                (re.sub(r"\\([\"'\\])", r"\1", each), False) for each in (double, single, word) if each is not None
            ]
    return tokens


def _block(tokens: list[tuple[str, bool]], at: int, path: str, depth: int) -> tuple[tuple[Directive, ...], int]:
    """Return the directives from a token on, and where the block's brace closes."""
    if depth > 16:
        raise ConfigError(f"too deeply nested blocks in {path}")
    found: list[Directive] = []
    words: list[str] = []
    while at < len(tokens):
        word, is_sign = tokens[at]
        at += 1
        if not is_sign:
            words.append(word)
        elif word == ";":
            if not words:
                raise ConfigError(f'unexpected ";" in {path}')
            found.append(Directive(words[0], tuple(words[1:])))
            words = []
        elif word == "{":
            if not words:
                raise ConfigError(f'unexpected "{{" in {path}')
            inside, at = _block(tokens, at, path, depth + 1)
            found.append(Directive(words[0], tuple(words[1:]), inside))
            words = []
        elif words or depth == 0:
            raise ConfigError(f'unexpected "}}" in {path}')
        else:
            return tuple(found), at
    if depth or words:
        raise ConfigError(f'unexpected end of file, expecting "}}" in {path}')
    return tuple(found), at


def _args(block: tuple[Directive, ...], name: str) -> tuple[str, ...]:
    """Return the arguments of the first directive of that name."""
    return next((each.args for each in block if each.name == name), ())


def _server(directive: Directive, path: str) -> Server:
    block = directive.block
    places = tuple(_place(each.args, path) for each in block if each.name == "listen" and not _is_ipv6(each.args))
    return Server(
        places or (Place(ANY, 80),),
        _args(block, "server_name") or ("",),
        (_args(block, "root") or (ROOT,))[0],
        _args(block, "index") or ("index.html",),
        tuple(_location(each, path) for each in block if each.name == "location" and each.args),
        (_args(block, "ssl_certificate") or ("",))[0],
        _returned(block, path),
    )


def _is_ipv6(args: tuple[str, ...]) -> bool:
    return bool(args) and args[0].startswith("[")


def _place(args: tuple[str, ...], path: str) -> Place:
    """Read `listen`: PORT, ADDRESS or ADDRESS:PORT, then words."""
    if not args:
        raise ConfigError(f'invalid number of arguments in "listen" directive in {path}')
    host, colon, port = args[0].rpartition(":")
    if not colon:
        host, port = ("", args[0]) if args[0].isdecimal() else (args[0], "80")
    if not port.isdecimal() or not 1 <= int(port[:6]) <= 65535:
        raise ConfigError(f'invalid port in "{args[0]}" of the "listen" directive in {path}')
    try:
        address = ANY if host in ("", "*") else IPv4Address("127.0.0.1" if host == "localhost" else host)
    except AddressValueError:
        raise ConfigError(f'host not found in "{args[0]}" of the "listen" directive in {path}') from None
    return Place(address, int(port), "ssl" in args[1:], "default_server" in args[1:])


def _location(directive: Directive, path: str) -> Location:
    *modifier, place = directive.args
    block = directive.block
    return Location(
        place, modifier[0] if modifier else "", (_args(block, "root") or ("",))[0],
        (_args(block, "alias") or ("",))[0], _args(block, "index"), _returned(block, path),
        (_args(block, "default_type") or ("",))[0],
    )  # fmt: skip


def _returned(block: tuple[Directive, ...], path: str) -> tuple[int, str] | None:
    args = _args(block, "return")
    if not args:
        return None
    if args[0].isdecimal() and len(args[0]) == 3:
        return int(args[0]), args[1] if len(args) > 1 else ""
    if args[0].startswith(("http://", "https://")):
        return 302, args[0]
    raise ConfigError(f'invalid return code "{args[0]}" in {path}')


def server_of(servers: tuple[Server, ...], address: IPv4Address, port: int, host: str) -> Server:
    """Return the server for a request: of those at that place the one with the name, else the default, else the first.

    Source: nginx documentation, "How nginx processes a request".
    """
    exact = [s for s in servers if any((p.address, p.port) == (address, port) for p in s.places)]
    here = exact or [s for s in servers if any(p.address == ANY and p.port == port for p in s.places)]
    named = next((s for s in here if host in s.names), None)
    if named is None:
        wild = (s for s in here if any(n.startswith("*.") and host.endswith(n[1:]) for n in s.names))
        named = next(wild, None)
    default = next((s for s in here if any(p.port == port and p.is_default for p in s.places)), None)
    return named or default or here[0]


def location_of(server: Server, path: str) -> Location | None:
    """Return the location for a path: `=` first, then the longest prefix, unless a regular expression comes between."""
    exact = next((each for each in server.locations if each.modifier == "=" and each.path == path), None)
    prefixes = [each for each in server.locations if each.modifier in ("", "^~") and path.startswith(each.path)]
    longest = max(prefixes, key=lambda each: len(each.path), default=None)
    if exact is not None or (longest is not None and longest.modifier == "^~"):
        return exact or longest
    for each in server.locations:
        if each.modifier in ("~", "~*") and _matches(each, path):
            return each
    return longest


def _matches(location: Location, path: str) -> bool:
    """Whether the regular expression of a location fits a path."""
    regex = pattern(location.path, ignore_case=location.modifier == "~*", is_anchored=location.path.startswith("^"))
    return regex is not None and regex.search(path) is not None
