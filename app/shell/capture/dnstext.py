"""DNS messages in the words of `tcpdump` 4.99.3. Source: its print-domain.c (domain_print, ns_qprint, ns_rprint)."""

from __future__ import annotations

from app.core.dnsmessage import Message, Record
from app.workloads.dns.transport import message_of

__all__ = ["dns_text"]

RCODES = {
    "NOERROR": "", "FORMERR": " FormErr", "SERVFAIL": " ServFail", "NXDOMAIN": " NXDomain", "NOTIMP": " NotImp",
    "REFUSED": " Refused",
}  # fmt: skip


def dns_text(data: bytes, *, is_verbose: bool) -> str | None:
    """Return what tcpdump prints of a message behind the ports; None where the bytes are none."""
    message = message_of(data)
    if message is None:
        return None
    text = _response(message, is_verbose=is_verbose) if message.is_response else _query(message)
    return f"{text} ({len(data)})"


def _query(message: Message) -> str:
    question = message.questions[0]
    more = len(message.additional) + (message.edns is not None)
    counts = ((len(message.answers), "a"), (len(message.authority), "n"), (more, "au"))
    extra = "".join(f" [{count}{unit}]" for count, unit in counts if count)
    recursion = "+" if message.is_recursion_desired else ""
    return f"{message.id}{recursion}{extra} {question.type}? {question.name}"


def _response(message: Message, *, is_verbose: bool) -> str:
    flags = "*" if message.is_authoritative else ""
    flags += "" if message.is_recursion_available else "-"
    flags += "|" if message.is_truncated else ""
    flags += "$" if message.is_authentic else ""
    more = len(message.additional) + (message.edns is not None)
    answers = ",".join(_record(record, is_verbose=is_verbose) for record in message.answers)
    head = f"{message.id}{RCODES.get(message.rcode, '')}{flags}"
    return f"{head} {len(message.answers)}/{len(message.authority)}/{more}{answers}"


def _record(record: Record, *, is_verbose: bool) -> str:
    data = record.data
    if record.type == "SRV":
        priority, weight, port, target = data.split()
        data = f"{target}:{port} {priority} {weight}"
    owner = f" {record.name}" if is_verbose else ""
    return f"{owner} {record.type} {data}"
