"""`hostname`. Source: hostname(1)."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandError, CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["hostname"]


@COMMANDS.register("hostname")
def hostname(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Print the name of this host: -s short, -f with its domain, -d the domain; with -i its addresses."""
    netns = at.netns
    own = netns.name.rpartition("/")[2]
    if not args or args[0] in ("-s", "--short"):
        return said([own])
    if args[0] in ("-f", "--fqdn", "--long"):
        return said([_long_name(at, own)])
    if args[0] in ("-d", "--domain"):
        domain = _long_name(at, own).partition(".")[2]
        return said([domain] if domain else [])
    if args[0] in ("-i", "-I", "--ip-address", "--all-ip-addresses"):
        addresses = [a.interface.ip for i in netns.interfaces.values() for a in i.addresses if a.scope == "global"]
        return said([" ".join(str(ip) for ip in addresses) + " "])
    raise CommandError("hostname: you must be root to change the host name\n", 1)


def _long_name(at: Terminal, own: str) -> str:
    """Return the first name of the line of /etc/hosts in which this host's stands, as gethostbyname() finds it."""
    hosts = (at.machine.files.read("/etc/hosts") if at.machine is not None else None) or ""
    for line in hosts.splitlines():
        names = line.partition("#")[0].split()[1:]
        if own in names:
            return names[0]
    return own
