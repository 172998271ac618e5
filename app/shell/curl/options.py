"""curl's command line. Source: curl 7.88.1, src/tool_getparam.c; its words from running it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from app.shell.result import CommandError, not_modelled

__all__ = ["Asked", "read_options"]

TRY = "curl: try 'curl --help' or 'curl --manual' for more information\n"
USAGE = """\
Usage: curl [options...] <url>
 -d, --data <data>           HTTP POST data
 -f, --fail                  Fail fast with no output on HTTP errors
 -h, --help <category>       Get help for commands
 -i, --include               Include protocol response headers in the output
 -o, --output <file>         Write to file instead of stdout
 -s, --silent                Silent mode
 -u, --user <user:password>  Server user and password
 -A, --user-agent <name>     Send User-Agent <name> to server
 -v, --verbose               Make the operation more talkative
 -V, --version               Show version number and quit

Modelled besides: -S -I -k -L -X -H -G -e -w -m -O -4 -g --url --data-raw --data-binary --data-urlencode
--resolve --connect-to --connect-timeout --max-redirs --http1.0 --http1.1 --path-as-is --noproxy --fail-with-body
"""
VERSION = """\
curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1 OpenSSL/3.0.19
Release-Date: 2023-02-20, security patched: 7.88.1
Protocols: http https
Features: SSL
"""
#: Short letters and long names: those with a value, those without.
VALUED = {
    "X": "request", "H": "header", "d": "data", "o": "output", "w": "write-out", "m": "max-time", "u": "user",
    "A": "user-agent", "e": "referer",
}  # fmt: skip
VALUED_LONG = {
    *VALUED.values(), "data-raw", "data-binary", "data-ascii", "data-urlencode", "resolve", "connect-to",
    "connect-timeout", "max-redirs", "url", "noproxy",
}  # fmt: skip
PLAIN = {
    "s": "silent", "S": "show-error", "i": "include", "I": "head", "v": "verbose", "k": "insecure", "L": "location",
    "f": "fail", "G": "get", "O": "remote-name", "4": "ipv4", "g": "globoff", "N": "no-buffer", "0": "http1.0",
    "h": "help", "V": "version", "q": "disable",
}  # fmt: skip
PLAIN_LONG = {*PLAIN.values(), "http1.1", "path-as-is", "fail-with-body", "no-progress-meter", "http2", "compressed"}
#: Real options of curl that are not modelled: they are told apart from slips.
ELSEWHERE = {
    "b": "cookie", "c": "cookie-jar", "x": "proxy", "T": "upload-file", "F": "form", "D": "dump-header", "E": "cert",
    "r": "range", "C": "continue-at", "6": "ipv6", "K": "config", "n": "netrc", "R": "remote-time", "Y": "speed-limit",
    "y": "speed-time", "z": "time-cond", "Z": "parallel", "t": "telnet-option", "#": "progress-bar", "a": "append",
    "B": "use-ascii", "j": "junk-session-cookies", "J": "remote-header-name", "l": "list-only", "M": "manual",
    "p": "proxytunnel", "P": "ftp-port", "Q": "quote", "U": "proxy-user", "1": "tlsv1", "2": "sslv2", "3": "sslv3",
}  # fmt: skip
ELSEWHERE_LONG = {
    *ELSEWHERE.values(), "cacert", "capath", "key", "ciphers", "tlsv1.2", "tlsv1.3", "tls-max", "http3", "retry",
    "retry-delay", "retry-connrefused", "interface", "local-port", "dns-servers", "socks5", "json", "limit-rate",
    "keepalive-time", "no-keepalive", "create-dirs", "trace", "trace-ascii", "stderr", "unix-socket",
    "digest", "ntlm", "negotiate", "basic", "oauth2-bearer", "post301", "post302", "post303", "proto",
}  # fmt: skip


@dataclass
class Asked:
    """The command line, read. Times are microseconds, None: no limit."""

    urls: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    resolves: list[str] = field(default_factory=list)
    connects: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    method: str = ""
    user: str = ""
    agent: str | None = None
    referer: str = ""
    write_out: str = ""
    connect_timeout_us: int | None = None
    max_time_us: int | None = None
    max_redirs: int = 50
    has_data: bool = False

    def has(self, *names: str) -> bool:
        """Whether one of these options was given, by its long name."""
        return any(name in self.flags for name in names)


def read_options(args: Sequence[str]) -> Asked:
    """Return what is asked. Raises CommandError: help, version, an option that curl or the model does not know."""
    asked, rest = Asked(), list(args)
    only_urls = False
    while rest:
        word = rest.pop(0)
        if only_urls or not word.startswith("-") or word == "-":
            asked.urls.append(word)
        elif word == "--":
            only_urls = True
        elif word.startswith("--"):
            _long(asked, word, rest)
        else:
            _short(asked, word, rest)
    if not asked.urls:
        raise CommandError(TRY, 2)
    return asked


def _long(asked: Asked, word: str, rest: list[str]) -> None:
    """Take `--name`, with its value behind it; unambiguous beginnings count, and `--no-` turns off."""
    name = word[2:]
    if name.startswith("no-") and name[3:] in PLAIN_LONG and name not in PLAIN_LONG:
        asked.flags.discard(name[3:])
        return
    full = _completed(name)
    if full is None:
        raise CommandError(f"curl: option {word}: is unknown\n{TRY}", 2)
    if full in ELSEWHERE_LONG:
        raise not_modelled(f"curl --{full}")
    if full in VALUED_LONG:
        if not rest:
            raise CommandError(f"curl: option {word}: requires parameter\n{TRY}", 2)
        _value(asked, full, rest.pop(0), word)
    else:
        _flag(asked, full)


def _completed(name: str) -> str | None:
    known = VALUED_LONG | PLAIN_LONG | ELSEWHERE_LONG
    if name in known:
        return name
    found = [each for each in known if each.startswith(name)]
    return found[0] if name and len(found) == 1 else None


def _short(asked: Asked, word: str, rest: list[str]) -> None:
    """Take letters behind one dash; a value may stand behind its letter at once."""
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in PLAIN:
            _flag(asked, PLAIN[letter])
        elif letter in VALUED:
            if not letters and not rest:
                raise CommandError(f"curl: option {word}: requires parameter\n{TRY}", 2)
            _value(asked, VALUED[letter], letters or rest.pop(0), word)
            letters = ""
        elif letter in ELSEWHERE:
            raise not_modelled(f"curl -{letter}")
        else:
            raise CommandError(f"curl: option {word}: is unknown\n{TRY}", 2)


def _flag(asked: Asked, name: str) -> None:
    if name == "help":
        raise CommandError("", 0, USAGE)
    if name == "version":
        raise CommandError("", 0, VERSION)
    if name == "remote-name":
        asked.outputs.append("")
    if name == "http2":
        raise not_modelled("HTTP/2", "curl speaks HTTP/1.1 here")
    asked.flags.add(name)


def _value(asked: Asked, name: str, value: str, word: str) -> None:
    if name in ("data", "data-raw", "data-binary", "data-ascii", "data-urlencode"):
        if value.startswith("@") and name != "data-raw":
            raise not_modelled(f"curl --{name} {value}", "give the data itself")
        asked.data.append(_urlencoded(value) if name == "data-urlencode" else value)
        asked.has_data = True
        return
    lists = {
        "header": asked.headers, "output": asked.outputs, "resolve": asked.resolves, "connect-to": asked.connects,
        "url": asked.urls,
    }  # fmt: skip
    if name in lists:
        lists[name].append(value)
    elif name in ("connect-timeout", "max-time"):
        setattr(asked, name.replace("-", "_") + "_us", _time(value, word))
    elif name == "max-redirs":
        asked.max_redirs = _number(value, word)
    elif name != "noproxy":
        places = {"request": "method", "user-agent": "agent"}
        setattr(asked, places.get(name, name.replace("-", "_")), value)


def _time(value: str, word: str) -> int | None:
    """Return seconds, a fraction allowed, as microseconds; 0 is no limit."""
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,6})?", value):
        raise CommandError(f"curl: option {word}: expected a proper numerical parameter\n{TRY}", 2)
    return int(float(value) * 1_000_000) or None


def _number(value: str, word: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,7}", value):
        raise CommandError(f"curl: option {word}: expected a proper numerical parameter\n{TRY}", 2)
    return int(value)


def _urlencoded(value: str) -> str:
    name, equals, content = value.partition("=")
    if not equals:
        return quote(value, safe="-._~")
    return f"{name}={quote(content, safe='-._~')}" if name else quote(content, safe="-._~")
