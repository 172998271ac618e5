"""The resolver of a machine: from a name to addresses, as getaddrinfo(3) of its C library asks for them.

    /etc/hosts -> search list and ndots of /etc/resolv.conf -> A and AAAA at once from one socket -> next server, again

glibc (Debian's images, hosts): one server after the other, `timeout` seconds each, `attempts` rounds; a name with fewer
dots than ndots tries the search list first, any other one last. musl (alpine): all servers at once, again after
timeout/attempts; a name with ndots dots or more is never tried with the search list; an empty answer ends the search.
Sources: glibc 2.36 resolv/res_query.c (__res_context_search), res_send.c (send_dg, send_vc); musl 1.2.5 lookup_name.c,
res_msend.c; hosts(5), resolv.conf(5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from typing import Literal

from msgspec import Struct

from app.core.clock import Timer
from app.core.dnsmessage import Message, Question, Record
from app.core.dnsname import MessageError, fqdn, labels_of, shown_name
from app.dataplane.hop import Evidence, Text
from app.kube.listens import image_name, image_tag
from app.workloads.dns.client import DatagramQuery, StreamQuery
from app.workloads.dns.resolvconf import ResolvConf, used_resolv_conf
from app.workloads.machine import Machine

__all__ = ["Libc", "Resolution", "Resolver", "libc_of", "names_to_try"]

Libc = Literal["glibc", "musl"]
SECOND_US = 1_000_000
RESOLV_CONF, HOSTS = "/etc/resolv.conf", "/etc/hosts"
#: Images whose C library is musl though their tag does not say alpine.
MUSL_IMAGES = ("alpine", "curl", "netshoot", "kubectl")


class Resolution(Struct, frozen=True):
    """What was found. `error` is "" or a name of netdb.h: HOST_NOT_FOUND, NO_DATA, TRY_AGAIN, NO_RECOVERY.

    `name` is the full name that had the answer; `answers` are the records of the types asked for; `is_refused`: the
    last server sent an ICMP error or a reset.
    """

    error: str = ""
    name: str = ""
    answers: tuple[Record, ...] = ()
    rcode: str = "NOERROR"
    server: str = ""
    is_authoritative: bool = False
    is_refused: bool = False

    @property
    def addresses(self) -> tuple[str, ...]:
        """The IPv4 addresses, then the IPv6 ones, as they came."""
        return tuple(r.data for r in self.answers if r.type == "A") + tuple(
            r.data for r in self.answers if r.type == "AAAA"
        )

    @property
    def address(self) -> IPv4Address | None:
        """The address that a program takes here: the first IPv4 one."""
        return next((IPv4Address(r.data) for r in self.answers if r.type == "A"), None)

    def canonical(self, name: str) -> str:
        """Return the name at the end of the aliases, without its final dot; `name` where /etc/hosts had it."""
        aliases = [record.data for record in self.answers if record.type == "CNAME"]
        return name if self.server == HOSTS else shown_name(aliases[-1] if aliases else self.name)


OnDone = Callable[[Resolution], None]


def libc_of(machine: Machine) -> Libc:
    """Return the C library of a machine's (first) image."""
    for container in machine.containers.values():
        name = image_name(container.image)
        is_musl = "alpine" in image_tag(container.image) or name.rpartition("/")[2] in MUSL_IMAGES
        return "musl" if is_musl else "glibc"
    return "glibc"


def names_to_try(name: str, conf: ResolvConf, libc: Libc = "glibc") -> tuple[str, ...]:
    """Return the full names that are asked for, in order, until one exists."""
    dots = name.count(".")
    if name.endswith("."):
        return (name,)
    if not name.strip("."):
        return (".",)
    listed = tuple(f"{name}.{domain.rstrip('.')}." for domain in conf.search)
    if dots >= conf.ndots:
        return (fqdn(name),) if libc == "musl" else (fqdn(name), *listed)
    return (*listed, fqdn(name))


class Resolver:
    """Looks names up for the programs of one machine."""

    def __init__(self, machine: Machine, libc: Libc | None = None) -> None:
        self.machine = machine
        self.libc: Libc = libc or libc_of(machine)

    @property
    def conf(self) -> ResolvConf:
        """What /etc/resolv.conf says now; without one, the host itself is asked (resolv.conf(5))."""
        return used_resolv_conf(self.machine.files.read(RESOLV_CONF))

    def lookup(self, name: str, types: Sequence[str], on_done: OnDone) -> None:
        """Find the records of `types` ("A", "AAAA" ...) of a name; `on_done` is called once, now or later."""
        found = self._from_hosts(name, types)
        if found is not None:
            on_done(found)
            return
        try:
            labels_of(name)
        except MessageError:
            on_done(Resolution("NO_RECOVERY", fqdn(name)))
            return
        Search(self, names_to_try(name, self.conf, self.libc), tuple(types), on_done).start()

    def ask(self, name: str, types: Sequence[str], on_done: OnDone) -> None:
        """Find the records of a full name: no /etc/hosts, no search list."""
        Search(self, (fqdn(name),), tuple(types), on_done).start()

    def _from_hosts(self, name: str, types: Sequence[str]) -> Resolution | None:
        """Return what /etc/hosts says of a name (any case, without its final dot)."""
        wanted = name.rstrip(".").lower()
        records = []
        for line in (self.machine.files.read(HOSTS) or "").splitlines():
            address, *names = line.partition("#")[0].split() or [""]
            kind = "AAAA" if ":" in address else "A"
            if kind in types and wanted in (each.lower() for each in names):
                records.append(Record(fqdn(name), kind, 0, address))
        return Resolution(name=fqdn(name), answers=tuple(records), server=HOSTS) if records else None


class Search:
    """One call of getaddrinfo(): name after name, server after server."""

    def __init__(self, resolver: Resolver, names: Sequence[str], types: tuple[str, ...], on_done: OnDone) -> None:
        self.resolver = resolver
        self.netns = resolver.machine.netns
        self.conf = resolver.conf
        self.names = list(names)
        self.types = types
        self.on_done = on_done
        self.has_seen_nodata = False
        self._place = 0

    def start(self) -> None:
        """Ask for the first name."""
        Exchange(self, self.names[self._place]).start()

    def took(self, found: Resolution) -> None:
        """Go on after one name. Source: __res_context_search(), name_from_dns_search()."""
        self._place += 1
        if found.answers:
            self.on_done(found)
            return
        self.has_seen_nodata |= found.error == "NO_DATA"
        is_musl = self.resolver.libc == "musl"
        goes_on = (
            found.error == "HOST_NOT_FOUND" or (not is_musl and found.error == "NO_DATA") or found.rcode == "SERVFAIL"
        )
        if not goes_on and not is_musl and self._place < len(self.names):
            # A search that fails for good still tries the name as it is, unless that was done.
            self._place = max(self._place, len(self.names) - 1)
            goes_on = self.names[-1] != found.name and found.error == "TRY_AGAIN" and not found.is_refused
        if goes_on and self._place < len(self.names) and not (is_musl and found.rcode == "SERVFAIL"):
            self.start()
            return
        error = "NO_DATA" if self.has_seen_nodata and found.error == "HOST_NOT_FOUND" else found.error
        self.on_done(Resolution(error, found.name, (), found.rcode, found.server))


class Exchange:
    """The queries for one name: every type at once, retried until each is answered or the tries are used up."""

    def __init__(self, search: Search, name: str) -> None:
        self.search = search
        self.netns = search.netns
        self.conf = search.conf
        self.name = name
        self.waiting: dict[int, Question] = {}
        self.taken: dict[str, Message] = {}
        self.tries = 0
        self.server = ""
        self._sockets: dict[str, DatagramQuery] = {}
        self._streams: list[StreamQuery] = []
        self._timer: Timer | None = None
        self._is_refused = False

    def start(self) -> None:
        """Send the queries of the next try."""
        if self.tries >= self._most_tries():
            self._end()
            return
        rng = self.netns.network.rng
        if not self.waiting:
            self.waiting = {rng.between(0, 0xFFFF): Question(self.name, kind) for kind in self.search.types}
        self.tries += 1
        delay_us = self._send()
        if delay_us:
            self._timer = self.netns.clock.after(delay_us, self._again)
        else:
            self.netns.clock.after(0, self.start)

    def _most_tries(self) -> int:
        servers = 1 if self.search.resolver.libc == "musl" else len(self.conf.nameservers)
        return self.conf.attempts * servers

    def _send(self) -> int:
        """Send every open query; return how long to wait for an answer, 0 where nothing could be sent."""
        conf, count = self.conf, len(self.conf.nameservers)
        if self.search.resolver.libc == "musl":
            sent = [self._send_to(server) for server in conf.nameservers]
            return conf.timeout * SECOND_US // conf.attempts if any(sent) else 0
        place = (self.tries - 1) % count
        if conf.has("rotate"):
            place = (place + 1) % count
        wait = max(1, (conf.timeout << place) // (count if place else 1))
        return wait * SECOND_US if self._send_to(conf.nameservers[place]) else 0

    def _send_to(self, server: str) -> bool:
        self.server = server
        if ":" in server:
            return False
        evidence: Evidence = Text(f"cat {RESOLV_CONF}", f"nameserver {server}")
        if self.conf.has("use-vc"):
            over_tcp = [self._over_tcp(server, ident, evidence) for ident in list(self.waiting)]
            return any(over_tcp)
        # The socket of a server stays open for the next try: its conntrack entry leads to the same Pod again.
        socket = self._sockets.get(server) or DatagramQuery(self.netns, server, self._took, self._failed, evidence)
        self._sockets[server] = socket
        sent = [socket.send(self._message(ident), self.tries) for ident in list(self.waiting)]
        return all(sent)

    def _over_tcp(self, server: str, ident: int, evidence: Evidence) -> bool:
        stream = StreamQuery(self.netns, server, self._took, self._failed, evidence)
        self._streams.append(stream)
        return stream.send(self._message(ident), self.tries)

    def _message(self, ident: int) -> Message:
        return Message(id=ident, is_recursion_desired=True, questions=(self.waiting[ident],))

    def _took(self, message: Message) -> None:
        question = self.waiting.get(message.id)
        if question is None or message.questions[0].name.lower() != question.name.lower():
            return
        if message.is_truncated and not self.conf.has("use-vc"):
            evidence: Evidence = Text(f"cat {RESOLV_CONF}", f"nameserver {self.server}")
            self._over_tcp(self.server, message.id, evidence)
            return
        if message.rcode in ("SERVFAIL", "NOTIMP", "REFUSED") and self._has_another_try():
            self._again()
            return
        del self.waiting[message.id]
        self.taken[question.type] = message
        if not self.waiting:
            self._end()

    def _has_another_try(self) -> bool:
        """Whether another server is there to ask: one that answers SERVFAIL is not asked again in the same round."""
        return self.search.resolver.libc == "glibc" and self.tries < self._most_tries()

    def _failed(self) -> None:
        """An ICMP error, a refused connection: the next server, at once, and a new socket."""
        self._is_refused = True
        self._close()
        self.start()

    def _again(self) -> None:
        """Nothing came in time: the next try."""
        if self._timer is not None:
            self._timer.cancel()
        self.start()

    def _close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for socket in self._sockets.values():
            socket.close()
        for stream in self._streams:
            stream.close()
        self._sockets, self._streams = {}, []

    def _end(self) -> None:
        self._close()
        messages = [self.taken[kind] for kind in self.search.types if kind in self.taken]
        answers = tuple(dict.fromkeys(record for message in messages for record in message.answers))
        useful = any(record.type in self.search.types for record in answers)
        rcodes = {message.rcode for message in messages}
        if useful:
            found = Resolution("", self.name, answers, "NOERROR", self.server, messages[0].is_authoritative)
        elif not messages or self.waiting:
            found = Resolution("TRY_AGAIN", self.name, (), "", self.server, is_refused=self._is_refused)
        elif rcodes & {"SERVFAIL", "NOTIMP", "REFUSED"}:
            found = Resolution("TRY_AGAIN", self.name, (), "SERVFAIL", self.server)
        elif rcodes == {"NXDOMAIN"}:
            found = Resolution("HOST_NOT_FOUND", self.name, (), "NXDOMAIN", self.server)
        else:
            found = Resolution("NO_DATA", self.name, (), "NOERROR", self.server)
        self.search.took(found)
