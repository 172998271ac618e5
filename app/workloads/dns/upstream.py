"""The resolver of the nodes' network: what lies beyond the cluster, as the cluster file's `upstreamDNS` says.

It runs on the gateway, as on most small networks. A name that is not there is NXDOMAIN, as from the root of the DNS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.core.dnsmessage import Message, Question, Record
from app.core.dnsname import fqdn
from app.dataplane.hop import Text
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet
from app.dataplane.skipped import Skipped
from app.workloads.dns.kubernetes import Reply
from app.workloads.dns.server import respond_with, tell

__all__ = ["ZONE_FILE", "Upstream"]

ZONE_FILE = "/etc/upstream.zone"
TTL, DENIAL_TTL = 300, 900
ROOT_SOA = "a.root-servers.net. nstld.verisign-grs.com. 2026010100 1800 900 604800 86400"
LONGEST_CHAIN = 8


class Upstream:
    """Answers from `records`: name to type to data, as in the cluster file."""

    def __init__(self, netns: NetNs, records: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        self.netns = netns
        self.names: dict[str, dict[str, tuple[str, ...]]] = {}
        for name, types in records.items():
            known = self.names.setdefault(fqdn(name.lower()), {})
            known.update({kind.upper(): tuple(data) for kind, data in types.items()})

    def zone_text(self) -> str:
        """Return the records as a zone file."""
        lines = [
            _line(Record(name, kind, TTL, _data(kind, each)))
            for name, types in self.names.items()
            for kind, data in types.items()
            for each in data
        ]
        return "".join(f"{line}\n" for line in lines)

    def respond(self, query: Message, packet: Packet, answer: Callable[[Message], None]) -> None:
        """Answer one query."""
        reply = self.reply(query.questions[0])
        tell(self.netns, packet, query.questions[0], reply)
        answer(respond_with(query, reply))

    def reply(self, question: Question) -> Reply:
        """Return the answer: an alias is followed as far as it leads."""
        found: list[Record] = []
        owner, name, tool = question.name, question.name.lower(), f"cat {ZONE_FILE}"
        for _ in range(LONGEST_CHAIN):
            types = self.names.get(name, {})
            alias = types.get("CNAME") if question.type != "CNAME" else None
            found += [Record(owner, question.type, TTL, _data(question.type, d)) for d in types.get(question.type, ())]
            if not alias:
                break
            found.append(Record(owner, "CNAME", TTL, fqdn(alias[0])))
            owner, name = fqdn(alias[0]), fqdn(alias[0]).lower()
        if found:
            evidence = Text(tool, _line(found[0]))
            return _reply("NOERROR", tuple(found), (), evidence, "dns-answer")
        is_known = name in self.names or any(each.endswith(f".{name}") for each in self.names)
        soa = (Record(".", "SOA", DENIAL_TTL, ROOT_SOA),)
        why = f"no {question.type} record" if is_known else "no such name"
        evidence = Text(tool, "", (Skipped(question.name, why),))
        code = "dns-nodata" if is_known else "dns-nxdomain"
        return _reply("NOERROR" if is_known else "NXDOMAIN", (), soa, evidence, code)


def _reply(rcode: str, answers: tuple[Record, ...], authority: tuple[Record, ...], evidence: Text, code: str) -> Reply:
    return Reply(
        rcode, answers, authority, is_authoritative=False, is_recursion_available=True, evidence=evidence, code=code,
        by="upstreamDNS",
    )  # fmt: skip


def _data(kind: str, data: str) -> str:
    """Return record data as dig prints it: names with their final dot, text in quotes."""
    if kind in ("CNAME", "NS", "PTR"):
        return fqdn(data)
    return f'"{data}"' if kind == "TXT" and not data.startswith('"') else data


def _line(record: Record) -> str:
    return f"{record.name} {record.ttl} IN {record.type} {record.data}"
