"""CoreDNS: the chain of its plugins for one query, and what it sends on to another resolver.

    loadbalance -> cache -> kubernetes -> forward

Sources: CoreDNS plugin.cfg (the order), core/dnsserver/server.go, request/request.go (SizeAndDo), plugin/loadbalance,
plugin/forward (forward.go: 5 seconds for all tries; proxy/connect.go: 2 seconds for one).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from app.core.clock import Timer
from app.core.dnsmessage import Edns, Message, Question, Record
from app.core.dnsname import shown_name
from app.core.rng import Rng
from app.dataplane.hop import Text
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet
from app.workloads.dns.cache import Cache
from app.workloads.dns.client import DatagramQuery
from app.workloads.dns.corefile import Corefile
from app.workloads.dns.index import DnsIndex
from app.workloads.dns.kubernetes import CONFIG_MAP, KubernetesPlugin, Reply

__all__ = ["CoreDnsServer", "respond_with"]

#: Options of a query's OPT that come back with the answer: NSID, EXPIRE, COOKIE, TCP-KEEPALIVE, PADDING.
ECHOED_OPTIONS = (3, 9, 10, 11, 12)
READ_TIMEOUT_US, FORWARD_TIMEOUT_US = 2_000_000, 5_000_000
OnReply = Callable[[Reply], None]


class CoreDnsServer:
    """One CoreDNS process in a namespace. `nameservers` are those of the file that `forward` names."""

    def __init__(
        self, netns: NetNs, index: DnsIndex, corefile: Corefile, nameservers: Sequence[str], serial: int
    ) -> None:
        self.netns = netns
        self.rng: Rng = netns.network.rng
        self.corefile = corefile
        self.nameservers = tuple(nameservers)
        own = netns.primary_address("lo")
        self.kubernetes = KubernetesPlugin(index, corefile.kubernetes, str(own or "127.0.0.1"), serial)
        self.cache = Cache(corefile.cache, corefile.cache_line)

    def respond(self, query: Message, packet: Packet, answer: Callable[[Message], None]) -> None:
        """Answer one query; the hop tells what decided."""
        question = query.questions[0]

        def on_reply(reply: Reply) -> None:
            shuffled = replace(reply, answers=shuffle(reply.answers, self.rng))
            message = respond_with(query, shuffled)
            tell(self.netns, packet, question, shuffled)
            answer(message)

        self.ask(question, on_reply)

    def ask(self, question: Question, on_reply: OnReply) -> None:
        """Find the answer: kept, of the cluster, or somebody else's."""
        now_us = self.netns.clock.now_us
        kept = self.cache.get(question, now_us)
        if kept is not None:
            on_reply(kept)
            return

        def keep(reply: Reply) -> None:
            on_reply(self.cache.put(question, reply, self.netns.clock.now_us))

        found = self.kubernetes.answer(question)
        if found is None:
            self._forward(question, keep)
        elif found.chase:
            target = Question(found.chase, question.type)
            self.ask(target, lambda more: keep(replace(found, answers=found.answers + more.answers)))
        else:
            keep(found)

    def _forward(self, question: Question, on_reply: OnReply) -> None:
        """Send the query on, again after two seconds of silence, for five seconds in all."""
        line = self.corefile.forward_line
        failed = Reply("SERVFAIL", is_authoritative=False, evidence=Text(CONFIG_MAP, line), code="dns-servfail")
        if not self.nameservers:
            on_reply(replace(failed, rcode="REFUSED" if not line else "SERVFAIL"))
            return
        Forwarding(self, question, on_reply, failed).start()


class Forwarding:
    """One query on its way to another resolver."""

    def __init__(self, server: CoreDnsServer, question: Question, on_reply: OnReply, failed: Reply) -> None:
        self.server = server
        self.question = question
        self.on_reply = on_reply
        self.failed = failed
        self.tries = 0
        self._query: DatagramQuery | None = None
        self._timer: Timer | None = None

    def start(self) -> None:
        """Send it, to the next name server at each try."""
        if self.tries * READ_TIMEOUT_US >= FORWARD_TIMEOUT_US:
            self._end(self.failed)
            return
        netns = self.server.netns
        address = self.server.nameservers[self.tries % len(self.server.nameservers)]
        self.tries += 1
        message = Message(
            id=self.server.rng.between(0, 0xFFFF),
            is_recursion_desired=True,
            questions=(self.question,),
            edns=Edns(2048),
        )
        evidence = Text("cat /etc/resolv.conf", f"nameserver {address}")
        self._query = DatagramQuery(netns, address, self._took, self._again, evidence)
        self._timer = netns.clock.after(READ_TIMEOUT_US, self._again)
        self._query.send(message, self.tries)

    def _again(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._query is not None:
            self._query.close()
        self.start()

    def _took(self, message: Message) -> None:
        assert self._query is not None
        address = self._query.address
        evidence = Text("cat /etc/resolv.conf", f"nameserver {address}")
        reply = Reply(
            message.rcode, message.answers, message.authority, message.additional, message.is_authoritative,
            message.is_recursion_available, message.is_truncated, evidence=evidence, code="dns-forwarded", by=address,
        )  # fmt: skip
        self._end(reply)

    def _end(self, reply: Reply) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._query is not None:
            self._query.close()
        self.on_reply(reply)


def respond_with(query: Message, reply: Reply) -> Message:
    """Return the answer to `query` that says `reply`; OPT comes back where one was sent."""
    edns = None
    if query.edns is not None:
        options = tuple(option for option in query.edns.options if option[0] in ECHOED_OPTIONS)
        edns = Edns(query.edns.udp_size, query.edns.is_dnssec_ok, options)
    return Message(
        id=query.id, is_response=True, opcode=query.opcode, is_authoritative=reply.is_authoritative,
        is_truncated=reply.is_truncated, is_recursion_desired=query.is_recursion_desired,
        is_recursion_available=reply.is_recursion_available, is_checking_disabled=query.is_checking_disabled,
        rcode=reply.rcode, questions=query.questions, answers=reply.answers, authority=reply.authority,
        additional=reply.additional, edns=edns,
    )  # fmt: skip


def tell(netns: NetNs, packet: Packet, question: Question, reply: Reply) -> None:
    """Record what is answered, and what decided it."""
    data = ", ".join(record.data for record in reply.answers if record.type == question.type)
    params: dict[str, str | int] = {
        "name": shown_name(question.name), "type": question.type, "rcode": reply.rcode, "by": reply.by,
        "data": data or ", ".join(record.data for record in reply.answers),
        "ttl": min((record.ttl for record in reply.answers + reply.authority), default=0),
    }  # fmt: skip
    netns.hop(packet, "dns-answer", "", "dns", reply.code, params, reply.evidence)


def shuffle(records: tuple[Record, ...], rng: Rng) -> tuple[Record, ...]:
    """Return the addresses in a random order, aliases first. Source: plugin/loadbalance, roundRobin()."""
    addresses = [record for record in records if record.type in ("A", "AAAA")]
    if len(addresses) < 2:
        return records
    others = [record for record in records if record.type not in ("A", "AAAA")]
    for last in range(len(addresses) - 1, 0, -1):
        other = rng.between(0, last)
        addresses[last], addresses[other] = addresses[other], addresses[last]
    return (*(r for r in others if r.type == "CNAME"), *(r for r in others if r.type != "CNAME"), *addresses)
