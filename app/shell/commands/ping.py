"""`ping`: echo requests that really walk, in virtual time.

Sources: iputils 20221126, ping/ping.c (ping4_run, pr_icmph), ping_common.c (finish); BusyBox 1.35, networking/ping.c,
for a Pod whose image is busybox. Simplified (docs/fidelity.md): without -c it stops after four, and a
device after -I must be the one that the route takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import IPv4Address

from app.dataplane.ip import UnroutableError, route_output
from app.dataplane.netns import NetNs
from app.dataplane.pmtu import Discovery
from app.shell.dns.names import gai_error, name_of, resolve
from app.shell.errnos import STRERROR
from app.shell.pinging import EchoPlan
from app.shell.pingoutput import SECOND_US, Asked, BusyboxPing, IputilsPing
from app.shell.probing import address_of, probes_limit
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["ping"]

LONGEST_DATA = 65507
#: Options with a value, and without; the rest of ping's is real, but not modelled.
VALUED, PLAIN, ELSEWHERE = "cstWiIM", "nq4", "aABCDdefhlLmOpQSUvVwbRT6FN"
BUSYBOX_VALUED, BUSYBOX_PLAIN, BUSYBOX_ELSEWHERE = "cstWiI", "q4", "Awp6"
USAGE = """\

Usage
  ping [options] <destination>

Options modelled here:
  <destination>      ip address
  -c <count>         stop after <count> replies (here: 4 where the real one runs for ever)
  -I <interface>     either interface name or address
  -i <interval>      seconds between sending each packet
  -M <pmtud opt>     define mtu discovery, can be one of <do|dont|want>
  -n                 no dns name resolution
  -q                 quiet output
  -s <size>          use <size> as number of data bytes to be sent
  -t <ttl>           define time to live
  -W <timeout>       time to wait for response
"""
BUSYBOX_USAGE = """\
BusyBox v1.35.0 multi-call binary.

Usage: ping [OPTIONS] HOST

Send ICMP ECHO_REQUESTs to HOST

	-c CNT		Send only CNT pings (here: 4 where the real one runs for ever)
	-s SIZE		Send SIZE data bytes in packets (default 56)
	-i SECS		Interval
	-t TTL		Set TTL
	-I IFACE/IP	Source interface or IP address
	-W SEC		Seconds to wait for the first response (default 10)
			(after all -c CNT packets are sent)
	-q		Quiet, only display output at start/finish
"""
CONNECT_ERRORS = {
    "ENETUNREACH": "connect: Network is unreachable", "EHOSTUNREACH": "connect: No route to host",
    "EINVAL": "connect: Invalid argument",
    "EACCES": "Do you want to ping broadcast? Then -b. If not, check your local firewall rules",
}  # fmt: skip


@COMMANDS.register("ping")
def ping(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Send echo requests and say what came back: [-c N] [-s SIZE] [-t TTL] [-M do|dont|want] [-W S] [-i S] HOST."""
    netns = at.netns
    is_busybox = netns.userland == "busybox"
    asked = _read(args, is_busybox=is_busybox)
    target, name_of_sender = address_of(asked.host), None
    if target is None:
        found = resolve(at, asked.host, ("A", "AAAA"))
        target = found.address
        if target is None:
            said = f"bad address '{asked.host}'" if is_busybox else f"{asked.host}: {gai_error(found)}"
            raise CommandError(f"ping: {said}\n", 1 if is_busybox else 2)
        if not is_busybox:
            asked.host = found.canonical(asked.host)
            name_of_sender = None if asked.is_numeric else partial(name_of, at)
    target = target if int(target) else IPv4Address("127.0.0.1")
    source = _source(netns, asked, target, is_busybox=is_busybox)
    plan = EchoPlan(
        target, source, asked.count, asked.size, asked.ttl, asked.discovery, asked.interval_us, asked.patience_us,
        0 if is_busybox else 1,
    )  # fmt: skip
    if is_busybox:
        return BusyboxPing(netns, asked, plan).run()
    return IputilsPing(netns, asked, plan, name_of_sender).run()


def _source(netns: NetNs, asked: Asked, target: IPv4Address, *, is_busybox: bool) -> IPv4Address:
    """Return the address to send from: that of the route, or the one that -I names."""
    own = address_of(asked.out_by) if asked.out_by else None
    if asked.out_by and own is None and asked.out_by not in netns.interfaces:
        what = f"can't bind to interface {asked.out_by}" if is_busybox else f"SO_BINDTODEVICE {asked.out_by}"
        raise CommandError(f"ping: {what}: No such device\n", 1 if is_busybox else 2)
    if own is not None and not netns.fib.is_local(own):
        raise CommandError("ping: bind: Cannot assign requested address\n", 1 if is_busybox else 2)
    try:
        route, source = route_output(netns, target)
    except UnroutableError as error:
        said = f"sendto: {STRERROR[str(error)]}" if is_busybox else CONNECT_ERRORS[str(error)]
        raise CommandError(f"ping: {said}\n", 1 if is_busybox else 2) from None
    if route.type == "broadcast":
        said = "sendto: Permission denied" if is_busybox else CONNECT_ERRORS["EACCES"]
        raise CommandError(f"ping: {said}\n", 1 if is_busybox else 2)
    if asked.out_by and own is None and asked.out_by != ("lo" if route.type == "local" else route.dev):
        raise not_modelled(
            f"ping -I with a device that the route to {target} does not take", "give an address after -I"
        )
    return own or source


# --- the command line -------------------------------------------------------------------------------------------------


def _read(args: Sequence[str], *, is_busybox: bool) -> Asked:
    asked, rest = Asked(), list(args)
    usage, code = (BUSYBOX_USAGE, 1) if is_busybox else (USAGE, 2)
    valued, plain = (BUSYBOX_VALUED, BUSYBOX_PLAIN) if is_busybox else (VALUED, PLAIN)
    while rest:
        word = rest.pop(0)
        if word in ("help", "--help", "-h"):
            raise CommandError(usage, code)
        if not word.startswith("-") or word == "-":
            asked.host = word
            continue
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in (BUSYBOX_ELSEWHERE if is_busybox else ELSEWHERE):
                raise not_modelled(f"ping -{letter}", f"modelled: -{' -'.join(valued + plain)}")
            if letter not in valued + plain:
                raise CommandError(f"ping: invalid option -- '{letter}'\n{usage}", code)
            if letter in plain:
                asked.is_quiet |= letter == "q"
                asked.is_numeric |= letter == "n"
                continue
            if not letters and not rest:
                raise CommandError(f"ping: option requires an argument -- '{letter}'\n{usage}", code)
            _value(asked, letter, letters or rest.pop(0))
            letters = ""
    if not asked.host:
        raise CommandError(BUSYBOX_USAGE if is_busybox else "ping: usage error: Destination address required\n", 1)
    return asked


def _value(asked: Asked, letter: str, text: str) -> None:
    """Take the value of an option."""
    readers: dict[str, Callable[[], None]] = {
        "c": lambda: setattr(asked, "count", _whole(text, 1, probes_limit(), limit_is_ours=True)),
        "s": lambda: setattr(asked, "size", _whole(text, 0, LONGEST_DATA, limit_is_ours=True)),
        "t": lambda: setattr(asked, "ttl", _ttl(text)),
        "W": lambda: setattr(asked, "patience_us", _seconds(text) or asked.patience_us),
        "i": lambda: setattr(asked, "interval_us", _seconds(text)),
        "I": lambda: setattr(asked, "out_by", text),
        "M": lambda: setattr(asked, "discovery", _discovery(text)),
    }
    readers[letter]()


def _whole(text: str, low: int, high: int, *, limit_is_ours: bool = False) -> int:
    if not re.fullmatch("-?[0-9]{1,18}", text):
        raise CommandError(f"ping: invalid argument: '{text}'\n", 1)
    if not low <= int(text) <= high:
        top = 2**63 - 1 if limit_is_ours and int(text) < low else high
        raise CommandError(f"ping: invalid argument: '{text}': out of range: {low} <= value <= {top}\n", 1)
    return int(text)


def _ttl(text: str) -> int:
    ttl = _whole(text, 0, 255)
    if ttl == 0:
        raise CommandError("ping: cannot set unicast time-to-live: Invalid argument\n", 2)
    return ttl


def _seconds(text: str) -> int:
    """Return seconds, a decimal fraction allowed, as microseconds; more than an hour is refused."""
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,9})?", text) or float(text) > 3600:
        raise CommandError(f"ping: option argument contains garbage: {text}\n", 2)
    return int(float(text) * SECOND_US)


def _discovery(text: str) -> Discovery:
    if text == "do":
        return "do"
    if text == "dont":
        return "dont"
    if text == "want":
        return "want"
    raise CommandError(f"ping: invalid -M argument: {text}\n", 2)
