"""BIND's text of a message: sections, columns at tab stops, the remarks of dig.

Source: BIND 9.18 bin/dig/dig.c (printmessage, received), lib/dns/masterdump.c (dns_master_indent, the columns of style
debug: TTL 24, class 32, type 40, data 48), lib/dns/message.c (render of OPT).
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from app.core.dnsmessage import Message, Record

__all__ = ["Shown", "message_lines", "question_line", "record_line", "stats_lines"]

TTL_COLUMN, CLASS_COLUMN, TYPE_COLUMN, DATA_COLUMN, TAB = 24, 32, 40, 48, 8
COOKIE = 10
SECTIONS = (("ANSWER", "answers"), ("AUTHORITY", "authority"), ("ADDITIONAL", "additional"))


class Shown(Struct):
    """Which parts dig prints."""

    has_cmd: bool = True
    has_comments: bool = True
    has_question: bool = True
    has_answers: bool = True
    has_authority: bool = True
    has_additional: bool = True
    has_stats: bool = True
    is_short: bool = False

    def set_all(self, *, value: bool) -> None:
        """`+all`, `+noall`."""
        self.has_cmd = self.has_comments = self.has_question = self.has_answers = value
        self.has_authority = self.has_additional = self.has_stats = value


def _columns(parts: list[tuple[int, str]]) -> str:
    """Return words, each begun at its column: by tabs, or by one space where the line is there already."""
    line, at = "", 0
    for column, word in parts:
        if line:
            if at >= column:
                line, at = f"{line} ", at + 1
            else:
                tabs = column // TAB - at // TAB
                line, at = line + "\t" * tabs, column
        line, at = line + word, at + len(word)
    return line


def record_line(record: Record) -> str:
    """Return a record as dig prints it."""
    parts = [
        (TTL_COLUMN, str(record.ttl)),
        (CLASS_COLUMN, "IN"),
        (TYPE_COLUMN, record.type),
        (DATA_COLUMN, record.data),
    ]
    return _columns([(0, record.name), *parts])


def question_line(name: str, kind: str) -> str:
    """Return the line of the question section."""
    return _columns([(0, f";{name}"), (CLASS_COLUMN, "IN"), (TYPE_COLUMN, kind)])


def message_lines(message: Message, shown: Shown, cookie: bytes = b"") -> list[str]:
    """Return an answer's text up to its statistics."""
    lines: list[str] = []
    if shown.has_comments:
        lines += _header(message)
        lines += _opt(message, cookie)
    if shown.has_question:
        lines += [";; QUESTION SECTION:"] if shown.has_comments else []
        lines += [question_line(question.name, question.type) for question in message.questions]
        lines += [""] if shown.has_comments else []
    for title, field in SECTIONS:
        records: tuple[Record, ...] = getattr(message, field)
        if records and getattr(shown, f"has_{field}"):
            lines += [f";; {title} SECTION:"] if shown.has_comments else []
            lines += [record_line(record) for record in records]
            lines += [""] if shown.has_comments else []
    return lines


def _header(message: Message) -> list[str]:
    lines = [";; Got answer:"]
    if any(question.name.lower().endswith(".local.") for question in message.questions):
        lines.append(";; WARNING: .local is reserved for Multicast DNS")
        lines.append(";; You are currently testing what happens when an mDNS query is leaked to DNS")
    additional = len(message.additional) + (message.edns is not None)
    counts = f"ANSWER: {len(message.answers)}, AUTHORITY: {len(message.authority)}, ADDITIONAL: {additional}"
    lines.append(f";; ->>HEADER<<- opcode: {message.opcode}, status: {message.rcode}, id: {message.id}")
    lines.append(f";; flags: {' '.join(message.flags)}; QUERY: {len(message.questions)}, {counts}")
    if message.is_recursion_desired and not message.is_recursion_available:
        lines.append(";; WARNING: recursion requested but not available")
    return [*lines, ""]


def _opt(message: Message, cookie: bytes) -> list[str]:
    if message.edns is None:
        return []
    do = " do" if message.edns.is_dnssec_ok else ""
    lines = [";; OPT PSEUDOSECTION:", f"; EDNS: version: 0, flags:{do}; udp: {message.edns.udp_size}"]
    for code, data in message.edns.options:
        if code == COOKIE:
            is_echo = data == cookie
            lines.append(f"; COOKIE: {data.hex()} ({'echoed' if is_echo else 'good'})")
    return lines


def stats_lines(took_us: int, server: str, port: int, *, is_tcp: bool, now: datetime, size: int) -> list[str]:
    """Return the last lines of dig's output, the empty one included."""
    protocol = "TCP" if is_tcp else "UDP"
    return [
        f";; Query time: {took_us // 1000} msec",
        f";; SERVER: {server}#{port}({server}) ({protocol})",
        f";; WHEN: {now:%a %b %d %H:%M:%S} UTC {now:%Y}",
        f";; MSG SIZE  rcvd: {size}",
        "",
    ]
