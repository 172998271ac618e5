"""One query of a DNS tool: server after server, try after try, over UDP or TCP, in virtual time.

Source: BIND 9.18 bin/dig/dighost.c (start_udp, send_udp, recv_done, check_next_lookup).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from app.core.dnsmessage import Edns, Message, Question, encode
from app.core.rng import Rng
from app.dataplane.hop import Text
from app.dataplane.netns import NetNs
from app.shell.probing import run_until, sending
from app.shell.terminal import Terminal
from app.workloads.dns.client import PORT, DatagramQuery, Query, StreamQuery
from app.workloads.dns.resolvconf import ResolvConf, used_resolv_conf
from app.workloads.resolver import RESOLV_CONF

__all__ = ["Asked", "Asker", "Plan", "conf_of"]

SECOND_US = 1_000_000
COOKIE, COOKIE_BYTES = 10, 8
ERRORS = {
    "ECONNREFUSED": "connection refused", "EHOSTUNREACH": "host unreachable", "ENETUNREACH": "network unreachable",
    "ECONNRESET": "connection reset", "eof": "end of file", "closed": "end of file",
}  # fmt: skip


class Plan(Struct, frozen=True):
    """How to ask. `timeout` in seconds for one try; `udp_size` None: no EDNS."""

    servers: tuple[str, ...]
    port: int = PORT
    tries: int = 3
    timeout: int = 5
    is_tcp: bool = False
    is_recursion_desired: bool = True
    is_dnssec_ok: bool = False
    udp_size: int | None = 1232
    has_cookie: bool = True
    evidence_from: str = RESOLV_CONF


class Asked(Struct):
    """What came of a query: the answer and who gave it, over what; else none. `said` are the tool's remarks."""

    message: Message | None = None
    server: str = ""
    is_tcp: bool = False
    size: int = 0
    took_us: int = 0
    said: list[str] = []


def conf_of(at: Terminal) -> ResolvConf:
    """Return what /etc/resolv.conf says where one types; without a name server the host itself is asked."""
    return used_resolv_conf(at.files.read(RESOLV_CONF))


class Asker:
    """Asks from one namespace; ids and cookies are drawn from the seed."""

    def __init__(self, netns: NetNs, plan: Plan) -> None:
        self.netns = netns
        self.plan = plan
        self.rng: Rng = netns.network.rng
        self.cookie = bytes(self.rng.between(0, 255) for _ in range(COOKIE_BYTES)) if plan.has_cookie else b""

    def ask(self, question: Question, shown: str) -> Asked:
        """Ask until there is an answer or the tries are used up; `shown` is the name in remarks."""
        asked = Asked(said=[])
        for turn in range(self.plan.tries * len(self.plan.servers)):
            server = self.plan.servers[turn % len(self.plan.servers)]
            if self._try(question, server, turn + 1, shown, asked):
                break
        return asked

    def search(self, names: Sequence[str], kind: str, shown: str) -> Iterator[tuple[str, Asked]]:
        """Ask for one name after the other, as long as a name does not exist; yield each with what came of it."""
        for name in names:
            asked = self.ask(Question(name, kind), shown)
            yield name, asked
            if asked.message is None or asked.message.rcode != "NXDOMAIN":
                return

    def _try(self, question: Question, server: str, attempt: int, shown: str, asked: Asked) -> bool:
        """Ask one server once; False: another try may help."""
        started_us, is_tcp = self.netns.clock.now_us, self.plan.is_tcp
        message, failure = self._exchange(question, server, attempt, is_tcp=is_tcp)
        if message is not None and message.is_truncated and not is_tcp:
            asked.said.append(";; Truncated, retrying in TCP mode.")
            is_tcp, started_us = True, self.netns.clock.now_us
            message, failure = self._exchange(question, server, attempt, is_tcp=True)
        place = f"{server}#{self.plan.port}"
        if message is not None:
            asked.message, asked.server, asked.is_tcp = message, server, is_tcp
            asked.size = len(encode(message, compress=False))
            asked.took_us = self.netns.clock.now_us - started_us
            return True
        if failure in ("ENETUNREACH", "EHOSTUNREACH", "EINVAL", "EACCES"):
            protocol = "TCP" if is_tcp else "UDP"
            text = ERRORS.get(failure, "invalid argument")
            asked.said.append(f";; {protocol} setup with {place}({server}) for {shown} failed: {text}.")
            return True
        asked.said.append(f";; communications error to {place}: {ERRORS.get(failure, 'timed out')}")
        return False

    def _exchange(self, question: Question, server: str, attempt: int, *, is_tcp: bool) -> tuple[Message | None, str]:
        """Send one query and wait; return the answer, or the name of what went wrong ("" is silence)."""
        netns, plan = self.netns, self.plan
        found: list[Message] = []
        failed: list[str] = []
        kind: type[Query] = StreamQuery if is_tcp else DatagramQuery
        tool = f"cat {plan.evidence_from}"
        evidence = Text(tool, f"nameserver {server}") if plan.evidence_from else None
        query = kind(netns, server, found.append, lambda: failed.append(query.failure), evidence, plan.port)
        message = self._query(question)
        is_sent: list[bool] = []
        sending(netns.network, lambda: is_sent.append(query.send(message, attempt)))
        if is_sent == [False]:
            return None, query.failure
        due_us = netns.clock.now_us + plan.timeout * SECOND_US
        run_until(netns.network, due_us, lambda: bool(found or failed))
        query.close()
        return (found[0] if found else None), (failed[0] if failed else "")

    def _query(self, question: Question) -> Message:
        plan = self.plan
        options = ((COOKIE, self.cookie),) if self.cookie else ()
        edns = Edns(plan.udp_size, plan.is_dnssec_ok, options) if plan.udp_size is not None else None
        return Message(
            id=self.rng.between(0, 0xFFFF), is_recursion_desired=plan.is_recursion_desired, questions=(question,),
            is_authentic=plan.udp_size is not None and plan.has_cookie, edns=edns,
        )  # fmt: skip
