"""`nslookup`: BIND's, or BusyBox's in a Pod whose image is busybox. They differ: BusyBox has no ndots.

Sources: BIND 9.18.49 bin/dig/nslookup.c; BusyBox 1.35 networking/nslookup.c (FEATURE_NSLOOKUP_BIG); both compared with
the real ones. The prompt of BIND's nslookup without a name is not modelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from app.core.dnsmessage import Question, Record
from app.core.dnsname import MessageError, fqdn, labels_of, shown_name, type_named
from app.shell.dns.asking import Asked, Asker, Plan, conf_of
from app.shell.dns.names import address_for
from app.shell.probing import finish
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal
from app.workloads.dns.resolvconf import ResolvConf
from app.workloads.dns.reverse import reverse_name
from app.workloads.resolver import names_to_try

__all__ = ["nslookup"]

WORDS = {
    "CNAME": "canonical name =", "PTR": "name =", "SRV": "service =", "TXT": "text =", "NS": "nameserver =",
    "MX": "mail exchanger =",
}  # fmt: skip
SOA_WORDS = ("origin", "mail addr", "serial", "refresh", "retry", "expire", "minimum")
BUSYBOX_TYPES = ("SOA", "NS", "A", "AAAA", "CNAME", "MX", "TXT", "PTR", "SRV", "ANY")
BUSYBOX_USAGE = """\
BusyBox v1.35.0 multi-call binary.

Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]

Query DNS about HOST

QUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any
"""


@COMMANDS.register("nslookup")
def nslookup(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Look a name or an address up: [-type=TYPE] [-timeout=S] NAME [SERVER]."""
    is_busybox = at.netns.userland == "busybox"
    kind, numbers, words = _read(args, is_busybox=is_busybox)
    if not words:
        if is_busybox:
            raise CommandError(BUSYBOX_USAGE, 1)
        raise not_modelled("nslookup's own prompt", "give a name")
    _check(words[0])
    conf = conf_of(at)
    server = words[1] if len(words) > 1 else ""
    servers = conf.nameservers
    if server:
        address = address_for(at, server)
        if address is None:
            said = (
                f"nslookup: bad address '{server}'"
                if is_busybox
                else f"nslookup: couldn't get address for '{server}': not found"
            )
            raise CommandError(f"{said}\n", 1)
        servers = (str(address),)
    plan = Plan(
        servers, tries=numbers.get("retry", 1) + 1, timeout=numbers.get("timeout", 5), udp_size=None,
        has_cookie=False, evidence_from="" if server else "/etc/resolv.conf",
    )  # fmt: skip
    asker = Asker(at.netns, plan)
    run = _busybox if is_busybox else _bind
    code, out = run(asker, words[0], kind, conf, has_server=bool(server))
    finish(at.netns)
    return CommandResult(code, "".join(f"{line}\n" for line in out), "")


# --- BIND -------------------------------------------------------------------------------------------------------------


def _bind(asker: Asker, name: str, kind: str, conf: ResolvConf, *, has_server: bool) -> tuple[int, list[str]]:
    """Return exit code and lines: A, then AAAA of the name that was found; PTR for an address."""
    out: list[str] = []
    names: tuple[str, ...]
    try:
        names, types = (reverse_name(name),), ["PTR"]
        name, is_default = shown_name(names[0]), True
    except ValueError:
        names, types = names_to_try(name, conf), [kind] if kind else ["A", "AAAA"]
        is_default = not kind
    code, has_no_a = 0, False
    name = shown_name(name)
    for each in types:
        asked = _bind_search(asker, names, each, name, out, has_server=has_server)
        if asked.message is None:
            return 1, [*out, ";; no servers could be reached", ""]
        if not is_default or each == "A":
            out += [f"Server:\t\t{asked.server}", f"Address:\t{asked.server}#53", ""]
        if asked.message.rcode != "NOERROR":
            return 1, [*out, f"** server can't find {name}: {asked.message.rcode}", ""]
        answers = asked.message.answers
        if not asked.message.is_authoritative and (answers or each == "A" or not is_default):
            out.append("Non-authoritative answer:")
        for record in answers:
            out += _bind_lines(record)
        if not answers:
            has_no_a |= each == "A"
            if not is_default or (each == "AAAA" and has_no_a):
                out.append(f"*** Can't find {name}: No answer")
        aliases = [record.data for record in answers if record.type == "CNAME"]
        names = (aliases[-1] if aliases else asked.message.questions[0].name,)
        name = shown_name(names[0])
    return code, [*out, ""]


def _bind_search(
    asker: Asker, names: Sequence[str], kind: str, shown: str, out: list[str], *, has_server: bool
) -> Asked:
    asked = Asked(said=[])
    for _, asked in asker.search(names, kind, shown):
        out += asked.said
        if asked.message is None:
            break
        if asked.message.rcode == "SERVFAIL":
            out.append(f";; Got SERVFAIL reply from {asked.server}")
        elif not has_server and not asked.message.is_recursion_available:
            out.append(f";; Got recursion not available from {asked.server}")
    return asked


def _bind_lines(record: Record) -> list[str]:
    name = shown_name(record.name)
    if record.type in ("A", "AAAA"):
        return [f"Name:\t{name}", f"Address: {record.data}"]
    if record.type == "SOA":
        words = [shown_name(word) for word in record.data.split()]
        return [name, *(f"\t{word} = {value}" for word, value in zip(SOA_WORDS, words, strict=True))]
    return [f"{name}\t{WORDS.get(record.type, f'rdata_{record.type} =')} {record.data}"]


# --- BusyBox ----------------------------------------------------------------------------------------------------------


def _busybox(asker: Asker, name: str, kind: str, conf: ResolvConf, *, has_server: bool) -> tuple[int, list[str]]:
    """Return exit code and lines: a name without a dot is asked for in every search domain, any other one as it is.

    Source: add_query_with_search(). The real one sends all questions at once; here one waits for the other.
    """
    del has_server
    try:
        questions = [Question(reverse_name(name), "PTR")]
    except ValueError:
        types = [kind] if kind else ["A", "AAAA"]
        names = [f"{name}.{domain}" for domain in conf.search] if name and "." not in name and conf.search else [name]
        questions = [Question(fqdn(each), t) for t in types for each in names]
    out: list[str] = []
    code = 0
    for question in questions:
        asked = asker.ask(question, name)
        if asked.message is None:
            return 1, [*out, ";; connection timed out; no servers could be reached", ""]
        if not out:
            out += [f"Server:\t\t{asked.server}", f"Address:\t{asked.server}:53", ""]
        if asked.message.rcode != "NOERROR":
            code = 1
            out.append(f"** server can't find {shown_name(question.name)}: {asked.message.rcode}")
        for record in asked.message.answers:
            out += _busybox_lines(record)
        out.append("")
    return code, out


def _busybox_lines(record: Record) -> list[str]:
    name = shown_name(record.name)
    if record.type in ("A", "AAAA"):
        return [f"Name:\t{name}", f"Address: {record.data}"]
    data = " ".join(shown_name(word) for word in record.data.split(" ")) if record.type != "TXT" else record.data
    if record.type == "SOA":
        words = data.split()
        return [name, *(f"\t{word} = {value}" for word, value in zip(SOA_WORDS, words, strict=True))]
    return [f"{name}\t{WORDS.get(record.type, '')} {data}"]


# --- the command line -------------------------------------------------------------------------------------------------


def _read(args: Sequence[str], *, is_busybox: bool) -> tuple[str, dict[str, int], list[str]]:
    kind, numbers, words = "", {}, [""][:0]
    for word in args:
        if not word.startswith("-") or word == "-":
            words.append(word)
            continue
        key, _, value = word[1:].partition("=")
        if key in ("type", "query", "querytype", "q", "ty"):
            kind = type_named(value) or _bad_type(value, is_busybox=is_busybox)
            if is_busybox and kind not in BUSYBOX_TYPES:
                _bad_type(value, is_busybox=True)
        elif key in ("timeout", "retry") and value.isascii() and value.isdecimal() and len(value) < 5:
            numbers[key] = max(1, int(value)) if key == "timeout" else int(value)
        elif key not in ("debug", "nodebug", "recurse", "search"):
            raise CommandError(f"*** Invalid option: {word[1:]}\n" if not is_busybox else BUSYBOX_USAGE, 1)
    return kind, numbers, words


def _bad_type(value: str, *, is_busybox: bool) -> NoReturn:
    text = f'nslookup: invalid query type "{value}"' if is_busybox else f"unknown query type: {value}"
    raise CommandError(f"{text}\n", 1)


def _check(name: str) -> None:
    try:
        labels_of(name)
    except MessageError as error:
        raise CommandError(f"nslookup: {error}\n", 1) from None
