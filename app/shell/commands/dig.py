"""`dig`: ask a DNS server and show its whole answer.

Source: BIND 9.18.49 bin/dig/dig.c (Debian 12); the layout is compared with the real one. Not modelled: +trace,
+nssearch, +multiline and the like, files of queries, keys, classes other than IN.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from app.core.dnsname import MessageError, fqdn, labels_of, shown_name, type_named
from app.shell.dns.asking import Asked, Asker, Plan, conf_of
from app.shell.dns.layout import Shown, message_lines, stats_lines
from app.shell.dns.names import address_for
from app.shell.probing import finish
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal
from app.workloads.dns.resolvconf import ResolvConf
from app.workloads.dns.reverse import reverse_name
from app.workloads.resolver import names_to_try

__all__ = ["VERSION", "dig"]

VERSION = "9.18.49-1~deb12u3-Debian"
USAGE = """\
Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}
            {global-d-opt} host [@local-server] {local-d-opt}
            [ host [@local-server] {local-d-opt} [...]]

Use "dig -h" (or "dig -h | more") for complete list of options
"""
ELSEWHERE = (
    "trace", "nssearch", "multiline", "identify", "yaml", "subnet", "https", "tls", "nsid", "expire", "padding",
    "keepopen", "keepalive", "zflag", "mapped", "idnin", "idnout", "onesoa", "rrcomments", "split", "ttlunits",
    "unknownformat", "ednsopt", "ednsflags", "domain", "proxy", "sigchase", "topdown", "besteffort", "crypto",
)  # fmt: skip


class Lookup(Struct):
    """One question of the command line, with its options so far."""

    name: str = ""
    type: str = "A"
    server: str = ""
    port: int = 53
    tries: int = 3
    timeout: int = 5
    has_search: bool = False
    ndots: int | None = None
    is_tcp: bool = False
    is_recursion_desired: bool = True
    is_dnssec_ok: bool = False
    has_edns: bool = True
    udp_size: int = 1232
    has_cookie: bool = True
    shown: Shown = field(default_factory=Shown)


@COMMANDS.register("dig")
def dig(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Ask a DNS server: [@SERVER] [-x ADDR] [NAME] [TYPE] [+short] [+search] [+tcp] [+noall +answer]."""
    if list(args) in (["-v"], ["-h"]):
        return CommandResult(0, f"DiG {VERSION}\n" if args[0] == "-v" else USAGE, "")
    lookups = _read(args)
    out: list[str] = []
    code = 0
    first = True
    for lookup in lookups:
        code = max(code, _run(at, lookup, " ".join(args) if first else None, out))
        first = False
    finish(at.netns)
    return CommandResult(code, "".join(f"{line}\n" for line in out), "")


def _run(at: Terminal, lookup: Lookup, words: str | None, out: list[str]) -> int:
    """Run one lookup; `words` is the command line where it is the first. Return dig's exit code."""
    conf = conf_of(at)
    servers = conf.nameservers
    if lookup.server:
        address = address_for(at, lookup.server)
        if address is None:
            raise CommandError(f"dig: couldn't get address for '{lookup.server}': not found\n", 1)
        servers = (str(address),)
    plan = Plan(
        servers, lookup.port, lookup.tries, lookup.timeout, lookup.is_tcp, lookup.is_recursion_desired,
        lookup.is_dnssec_ok, lookup.udp_size if lookup.has_edns else None, lookup.has_cookie and lookup.has_edns,
        "" if lookup.server else "/etc/resolv.conf",
    )  # fmt: skip
    asker = Asker(at.netns, plan)
    asked = Asked(said=[])
    for _, asked in asker.search(_names(lookup, conf), lookup.type, shown_name(lookup.name)):
        out += asked.said
    shown = lookup.shown
    if words is not None and shown.has_cmd and not shown.is_short:
        out += ["", f"; <<>> DiG {VERSION} <<>> {words}".rstrip()]
        out += [f"; ({len(servers)} server found)"] if lookup.server else []
        out.append(";; global options: +cmd")
    if asked.message is None:
        out.append(";; no servers could be reached")
        return 9
    if shown.is_short:
        out += [record.data for record in asked.message.answers]
        return 0
    out += message_lines(asked.message, shown, asker.cookie)
    if shown.has_stats:
        out += stats_lines(asked.took_us, asked.server, lookup.port, is_tcp=asked.is_tcp, now=at.now, size=asked.size)
    return 0


def _names(lookup: Lookup, conf: ResolvConf) -> tuple[str, ...]:
    if not lookup.has_search:
        return (fqdn(lookup.name),)
    ndots = conf.ndots if lookup.ndots is None else lookup.ndots
    return names_to_try(lookup.name, replace(conf, ndots=ndots))


# --- the command line -------------------------------------------------------------------------------------------------


def _read(args: Sequence[str]) -> list[Lookup]:
    """Return the lookups. What stands before the first name is for all of them, what follows for the last one."""
    base, found, rest = Lookup(), [], list(args)
    current: Lookup | None = None
    while rest:
        word = rest.pop(0)
        target = current or base
        if word.startswith("@"):
            target.server = word[1:]
        elif word.startswith("+"):
            _option(target, word)
        elif word.startswith("-") and len(word) > 1:
            name, asked_type = _dash(target, word, rest)
            if name:
                current = _new(base, name, asked_type)
                found.append(current)
            elif asked_type:
                target.type = asked_type
        elif (kind := type_named(word)) is not None and (current is not None or not rest or base.type == "A"):
            target.type = _served_type(kind)
        elif word.upper() in ("IN", "CH", "HS", "ANY"):
            if word.upper() != "IN":
                raise not_modelled(f"dig of class {word.upper()}", "modelled: IN")
        else:
            current = _new(base, _checked(word), base.type)
            found.append(current)
    if not found:
        base.name, base.type = ".", "NS"
        found.append(base)
    return found


def _new(base: Lookup, name: str, kind: str) -> Lookup:
    return replace(base, name=name, type=kind, shown=replace(base.shown))


def _checked(name: str) -> str:
    try:
        labels_of(name)
    except MessageError as error:
        raise CommandError(f"dig: {error}\n", 10) from None
    return name


def _served_type(kind: str) -> str:
    if kind in ("AXFR", "IXFR"):
        raise not_modelled(f"dig {kind}", "a zone transfer has no place here")
    return kind


def _dash(target: Lookup, word: str, rest: list[str]) -> tuple[str, str]:
    """Take an option with a dash; return the name and type that it brings, if it does."""
    letter, value = word[1], word[2:]
    if letter == "4":
        return "", ""
    if letter not in "xptqc":
        raise not_modelled(f"dig {word[:2]}", "modelled: -x -p -t -q -c -4")
    if not value:
        if not rest:
            raise CommandError(f"Invalid option: {word}\n{USAGE}", 1)
        value = rest.pop(0)
    if letter == "x":
        return _reverse(value), "PTR"
    if letter == "q":
        return _checked(value), target.type
    if letter == "t":
        kind = type_named(value)
        if kind is None:
            raise CommandError(f";; Warning, ignoring invalid type {value}\n", 1)
        return "", _served_type(kind)
    if letter == "p":
        target.port = _number(value, "port number", 65535)
    return "", ""


def _reverse(text: str) -> str:
    try:
        return reverse_name(text)
    except ValueError:
        parts = text.split(".")
        if len(parts) < 4 and all(re.fullmatch("[0-9]{1,3}", part) for part in parts):
            return f"{'.'.join(reversed(parts))}.in-addr.arpa."
        raise CommandError(f"Invalid IP address {text}\n", 1) from None


FLAGS = {
    "cmd": "has_cmd", "comments": "has_comments", "question": "has_question", "answer": "has_answers",
    "authority": "has_authority", "additional": "has_additional", "stats": "has_stats", "short": "is_short",
}  # fmt: skip
LOOKUP_FLAGS = {
    "search": "has_search", "defname": "has_search", "tcp": "is_tcp", "vc": "is_tcp", "dnssec": "is_dnssec_ok",
    "do": "is_dnssec_ok", "recurse": "is_recursion_desired", "rec": "is_recursion_desired", "edns": "has_edns",
    "cookie": "has_cookie",
}  # fmt: skip
NUMBERS = {
    "time": "timeout",
    "timeout": "timeout",
    "tries": "tries",
    "retry": "retry",
    "bufsize": "udp_size",
    "ndots": "ndots",
}


def _option(target: Lookup, word: str) -> None:
    text, _, value = word[1:].partition("=")
    is_on = not text.startswith("no")
    name = text if is_on else text[2:]
    if name in ELSEWHERE:
        raise not_modelled(f"dig {word}", "modelled: +short +search +tcp +noall +answer +time +tries ...")
    if name == "all":
        target.shown.set_all(value=is_on)
    elif name in FLAGS:
        setattr(target.shown, FLAGS[name], is_on)
    elif name in LOOKUP_FLAGS:
        setattr(target, LOOKUP_FLAGS[name], is_on)
    elif name in ("adflag", "cdflag", "class", "ttlid", "ignore", "fail", "aaflag", "badcookie", "showsearch"):
        return
    elif name in NUMBERS and value:
        number = _number(value, name, 65535)
        if name == "retry":
            target.tries = number + 1
        else:
            setattr(target, NUMBERS[name], max(1, number) if name != "ndots" else number)
    else:
        raise CommandError(f"Invalid option: {word}\n{USAGE}", 1)


def _number(text: str, what: str, most: int) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise CommandError(f"dig: Couldn't parse {what} '{text}': not a valid number\n", 1)
    if int(text) > most:
        raise CommandError(f"dig: Couldn't parse {what} '{text}': out of range\n", 1)
    return int(text)
