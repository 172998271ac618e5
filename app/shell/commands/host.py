"""`host`: names and addresses in one line each.

Source: BIND 9.18.49 bin/dig/host.c; compared with the real one. Modelled: -t -v -4 -T -W -R and a server.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.core.dnsmessage import Message, Record
from app.core.dnsname import MessageError, fqdn, labels_of, shown_name, type_named
from app.shell.dns.asking import Asked, Asker, Plan, conf_of
from app.shell.dns.layout import Shown, message_lines
from app.shell.dns.names import address_for
from app.shell.probing import finish
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal
from app.workloads.dns.reverse import reverse_name
from app.workloads.resolver import names_to_try

__all__ = ["host"]

USAGE = """\
Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]
            [-R number] [-m flag] [-p port] hostname [server]
"""
SENTENCES = {
    "A": "has address", "AAAA": "has IPv6 address", "CNAME": "is an alias for", "PTR": "domain name pointer",
    "MX": "mail is handled by", "SRV": "has SRV record", "TXT": "descriptive text", "NS": "name server",
    "SOA": "has SOA record",
}  # fmt: skip
RCODE_NUMBERS = {"FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}


@COMMANDS.register("host")
def host(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Look a name or an address up: [-t TYPE] [-v] [-W SECONDS] NAME [SERVER]."""
    words, options = _read(args)
    name, server = words[0], words[1] if len(words) > 1 else ""
    conf = conf_of(at)
    servers, out = conf.nameservers, [""][:0]
    if server:
        address = address_for(at, server)
        if address is None:
            raise CommandError(f"host: couldn't get address for '{server}': not found\n", 1)
        servers = (str(address),)
        out += ["Using domain server:", f"Name: {server}", f"Address: {address}#53", "Aliases: ", ""]
    plan = Plan(
        servers, tries=int(options.get("R", 1)) + 1, timeout=int(options.get("W", 5)), is_tcp="T" in options,
        udp_size=None, has_cookie=False, evidence_from="" if server else "/etc/resolv.conf",
    )  # fmt: skip
    asker = Asker(at.netns, plan)
    is_verbose = "v" in options
    names: tuple[str, ...]
    try:
        names, types = (reverse_name(name),), [options.get("t", "PTR")]
    except ValueError:
        _check(name)
        names, types = names_to_try(name, conf), [options["t"]] if "t" in options else ["A", "AAAA", "MX"]
    shown, code = name if len(types) > 1 or "t" in options else names[0], 0
    for kind in types:
        asked = _search(asker, names, kind, shown, out if is_verbose else [])
        out += asked.said
        if asked.message is None:
            out.append(";; no servers could be reached")
            code = 1
            break
        code |= _tell(asked, kind, shown, out, is_verbose=is_verbose, is_asked="t" in options)
        if asked.message.rcode != "NOERROR" and kind == types[0]:
            break
        names = (_chased(asked.message),)
        shown = shown_name(names[0])
    finish(at.netns)
    return CommandResult(code, "".join(f"{line}\n" for line in out), "")


def _search(asker: Asker, names: Sequence[str], kind: str, shown: str, log: list[str]) -> Asked:
    asked = Asked(said=[])
    for name, asked in asker.search(names, kind, shown):  # noqa: B007  (the last one is what is returned)
        log.append(f'Trying "{shown_name(name)}"')
    return asked


def _chased(message: Message) -> str:
    """Return the name at the end of the aliases of an answer."""
    name = message.questions[0].name
    for record in message.answers:
        name = record.data if record.type == "CNAME" and record.name.lower() == name.lower() else name
    return name


def _tell(asked: Asked, kind: str, shown: str, out: list[str], *, is_verbose: bool, is_asked: bool) -> int:
    message = asked.message
    assert message is not None
    if message.rcode != "NOERROR":
        number = RCODE_NUMBERS.get(message.rcode, 0)
        out.append(f"Host {shown} not found: {number}({message.rcode})")
        return 1
    if is_verbose:
        lines = message_lines(message, Shown())
        out += [line for line in lines if not line.startswith((";; Got", ";; WARNING", ";; You are"))]
        out.append(f"Received {asked.size} bytes from {asked.server}#53 in {asked.took_us // 1000} ms")
        return 0
    out += [_sentence(record) for record in message.answers]
    if not message.answers and is_asked:
        out.append(f"{shown_name(message.questions[0].name)} has no {kind} record")
    return 0


def _sentence(record: Record) -> str:
    return f"{shown_name(record.name)} {SENTENCES.get(record.type, f'has {record.type} record')} {record.data}"


def _check(name: str) -> None:
    try:
        labels_of(fqdn(name))
    except MessageError as error:
        raise CommandError(f"host: {error}\n", 1) from None


def _read(args: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    words: list[str] = []
    options: dict[str, str] = {}
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        for place, letter in enumerate(word[1:], 2):
            if letter in "tWRNcmp":
                value = word[place:] or (rest.pop(0) if rest else "")
                options[letter] = _value(letter, value)
                break
            if letter in "aCdilrUVws6":
                raise not_modelled(f"host -{letter}", "modelled: -t -v -T -W -R -4")
            if letter not in "vT4":
                raise CommandError(f"host: illegal option -- {letter}\n{USAGE}", 1)
            options[letter] = ""
    if not words:
        raise CommandError(USAGE, 1)
    return words, options


def _value(letter: str, value: str) -> str:
    if letter == "t":
        kind = type_named(value)
        if kind is None:
            raise CommandError(f"host: invalid type: {value}\n", 2)
        return kind
    if letter in "WR" and not (value.isascii() and value.isdecimal() and len(value) < 5):
        raise CommandError(f"host: '{value}' is not a number\n", 1)
    if letter in "Ncmp":
        raise not_modelled(f"host -{letter}", "modelled: -t -v -T -W -R -4")
    return str(max(1, int(value)))
