"""`nc`: whether a TCP port can be reached (`nc -zv HOST PORT`). Source: nc(1) of OpenBSD 1.219, netcat.c."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address

from app.dataplane.ip import UnroutableError, route_output
from app.dataplane.localports import local_port
from app.dataplane.tcp import TcpConnection
from app.shell.dns.names import address_for
from app.shell.errnos import STRERROR
from app.shell.probing import finish, run_until, sending
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal
from app.shell.words import options

__all__ = ["nc"]

USAGE = "usage: nc -z [-nv] [-w timeout] destination port\n"
#: How long connect() tries where no -w says otherwise: net.ipv4.tcp_syn_retries 6.
PATIENCE_S = 127
SECOND_US = 1_000_000
SERVICES = {22: "ssh", 53: "domain", 80: "http", 443: "https", 8080: "http-alt"}


@COMMANDS.register("nc")
def nc(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Say whether a TCP port can be reached: -z [-v] [-n] [-w SECONDS] HOST PORT."""
    given = options("nc", args, "zvnu4", "w", usage=USAGE)
    if given.has("u") or not given.has("z"):
        raise not_modelled("nc -u" if given.has("u") else "nc without -z", "modelled: nc -z [-v] [-n] [-w SECONDS]")
    if len(given.words) != 2:
        raise CommandError(USAGE, 1)
    host, word = given.words
    if not (word.isascii() and word.isdecimal() and 1 <= int(word[:6]) <= 65535):
        raise CommandError(f"nc: port number invalid: {word}\n", 1)
    wait = given.options.get("w", str(PATIENCE_S))
    if not (wait.isascii() and wait.isdecimal() and 1 <= int(wait[:7]) <= 999_999):
        raise CommandError(f"nc: timeout invalid: {wait}\n", 1)
    address, port = address_for(at, host), int(word)
    if address is None:
        raise CommandError(f'nc: getaddrinfo for host "{host}" port {port}: Name or service not known\n', 1)
    errno = _connect(at, address, port, int(wait) * SECOND_US)
    name = f"{host} ({address})" if host != str(address) else host
    if errno:
        failed = f"nc: connect to {name} port {port} (tcp) failed: {errno}\n"
        return CommandResult(1, "", failed if given.has("v") else "")
    service = "*" if given.has("n") else SERVICES.get(port, "*")
    told = f"Connection to {name} {port} port [tcp/{service}] succeeded!\n"
    return CommandResult(0, "", told if given.has("v") else "")


def _connect(at: Terminal, address: IPv4Address, port: int, patience_us: int) -> str:
    """Open a connection and close it; return why that failed, in the C library's words."""
    netns, heard = at.netns, list[str]()
    network = netns.network
    try:
        _, source = route_output(netns, address)
    except UnroutableError as error:
        return STRERROR.get(str(error), str(error))
    connection = TcpConnection(
        netns, (source, local_port(netns)), (address, port), lambda event, _: heard.append(event)
    )
    sending(network, connection.connect)
    run_until(network, network.clock.now_us + patience_us, lambda: bool(heard))
    if heard[:1] != ["connected"]:
        connection.abandon()
        finish(netns)
        return STRERROR.get(heard[0], heard[0]) if heard else STRERROR["ETIMEDOUT"]
    sending(network, connection.close)
    finish(netns)
    return ""
