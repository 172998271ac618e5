"""`getent`: what the C library's databases say; here `hosts`, `ahosts` and `ahostsv4`.

Source: glibc 2.36 nss/getent.c (hosts_keys, ahosts_keys_int, print_hosts).
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address

from app.core.dnsname import shown_name
from app.core.errors import did_you_mean
from app.shell.dns.names import machine_of, name_of, resolve
from app.shell.probing import finish
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal
from app.workloads.resolver import HOSTS, Resolution

__all__ = ["getent"]

DATABASES = ("hosts", "ahosts", "ahostsv4")
ELSEWHERE = (
    "passwd", "group", "services", "networks", "protocols", "rpc", "shadow", "gshadow", "ethers", "netgroup",
    "ahostsv6", "aliases", "initgroups",
)  # fmt: skip
NOT_FOUND = 2
SOCKETS = ("STREAM", "DGRAM", "RAW")


@COMMANDS.register("getent")
def getent(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Ask the C library for a name: hosts|ahosts|ahostsv4 NAME..."""
    if not args or args[0].startswith("-"):
        raise CommandError("getent: wrong number of arguments\nTry `getent --help' for more information.\n", 1)
    database, keys = args[0], args[1:]
    if database in ELSEWHERE:
        raise not_modelled(f"getent {database}", "modelled: hosts, ahosts, ahostsv4")
    if database not in DATABASES:
        near = did_you_mean(database, DATABASES)
        text = f"Unknown database: {database}{near}\nTry `getent --help' or `getent --usage' for more information.\n"
        raise CommandError(text, 1)
    if not keys:
        text = machine_of(at).files.read(HOSTS) or ""
        rows = [line.partition("#")[0].split() for line in text.splitlines()]
        lines = [f"{row[0]:<15} {' '.join(row[1:])}" for row in rows if len(row) > 1]
        return CommandResult(0, "".join(f"{line}\n" for line in lines), "")
    out: list[str] = []
    code = 0
    for key in keys:
        found = _hosts(at, key) if database == "hosts" else _ahosts(at, key, is_v4=database == "ahostsv4")
        code = code if found else NOT_FOUND
        out += found
    finish(at.netns)
    return CommandResult(code, "".join(f"{line}\n" for line in out), "")


def _hosts(at: Terminal, key: str) -> list[str]:
    try:
        IPv4Address(key)
    except AddressValueError:
        pass
    else:
        name = name_of(at, key)
        return [f"{key:<15} {name}"] if name else []
    for types in (("AAAA",), ("A",)):  # gethostbyname2() with AF_INET6 first
        found = resolve(at, key, types)
        if found.addresses:
            names = " ".join(_names(found, key))
            return [f"{address:<15} {names}" for address in found.addresses]
    return []


def _names(found: Resolution, key: str) -> list[str]:
    """Return the canonical name, then the aliases that led to it."""
    aliases = [record for record in found.answers if record.type == "CNAME"]
    if found.server == HOSTS:
        return [key]
    if not aliases:
        return [shown_name(found.name)]
    return [shown_name(aliases[-1].data), *(shown_name(record.name) for record in aliases)]


def _ahosts(at: Terminal, key: str, *, is_v4: bool) -> list[str]:
    found = resolve(at, key, ("A",) if is_v4 else ("A", "AAAA"))
    lines = []
    for place, address in enumerate(found.addresses):
        for kind in SOCKETS:
            name = _names(found, key)[0] if place == 0 and kind == SOCKETS[0] else ""
            lines.append(f"{address:<15} {kind:<6} {name}")
    return lines
