"""Names of protocols, services and ICMP types, as iptables takes them.

Sources: /etc/protocols and /etc/services of Debian's netbase 6.4; iptables 1.8.9, libxtables/xtables.c
(xtables_chain_protos), extensions/libxt_icmp.h (icmp_codes).
"""

from __future__ import annotations

from app.dataplane.netfilter.rule import RuleError

__all__ = ["PROTOCOLS", "SERVICES", "icmp_type", "parse_port", "protocol_name"]

#: Names by which rules may speak of protocols, "all" for 0. The model's packets are icmp, ipencap, tcp and udp.
PROTOCOLS: dict[str, int] = {
    "all": 0, "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "st": 5, "tcp": 6, "egp": 8, "igp": 9, "pup": 12, "udp": 17,
    "dccp": 33, "ipv6": 41, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58, "eigrp": 88, "ospf": 89,
    "ipip": 94, "etherip": 97, "encap": 98, "pim": 103, "ipcomp": 108, "vrrp": 112, "l2tp": 115, "isis": 124,
    "sctp": 132, "mobility-header": 135, "udplite": 136, "mpls-in-ip": 137,
}  # fmt: skip
BY_NUMBER = {number: name for name, number in PROTOCOLS.items()}
ALIASES = {
    "ip": "all",
    "icmpv6": "ipv6-icmp",
    "icmp6": "ipv6-icmp",
    "ipv6-mh": "mobility-header",
    "mh": "mobility-header",
}
#: Services by name, those that a cluster's rules and a student's exercises are likely to name: of TCP, UDP, and both.
TCP_SERVICES = {
    "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "http": 80, "www": 80, "pop3": 110, "imap2": 143,
    "bgp": 179, "submission": 587, "imaps": 993, "pop3s": 995, "mysql": 3306, "postgresql": 5432, "x11": 6000,
    "http-alt": 8080,
}  # fmt: skip
UDP_SERVICES = {"bootps": 67, "bootpc": 68, "tftp": 69, "ntp": 123}
BOTH_SERVICES = {
    "echo": 7, "discard": 9, "daytime": 13, "time": 37, "domain": 53, "kerberos": 88, "sunrpc": 111, "snmp": 161,
    "snmp-trap": 162, "ldap": 389, "https": 443, "syslog": 514, "ldaps": 636, "nfs": 2049,
}  # fmt: skip
SERVICES = {"tcp": TCP_SERVICES | BOTH_SERVICES, "udp": UDP_SERVICES | BOTH_SERVICES}
#: ICMP types and codes by name; a code of None stands for all.
ICMP_TYPES: dict[str, tuple[int, int | None]] = {
    "any": (255, None), "echo-reply": (0, None), "pong": (0, None), "destination-unreachable": (3, None),
    "network-unreachable": (3, 0), "host-unreachable": (3, 1), "protocol-unreachable": (3, 2),
    "port-unreachable": (3, 3), "fragmentation-needed": (3, 4), "source-route-failed": (3, 5),
    "network-unknown": (3, 6), "host-unknown": (3, 7), "network-prohibited": (3, 9), "host-prohibited": (3, 10),
    "TOS-network-unreachable": (3, 11), "TOS-host-unreachable": (3, 12), "communication-prohibited": (3, 13),
    "host-precedence-violation": (3, 14), "precedence-cutoff": (3, 15), "source-quench": (4, None),
    "redirect": (5, None), "network-redirect": (5, 0), "host-redirect": (5, 1), "TOS-network-redirect": (5, 2),
    "TOS-host-redirect": (5, 3), "echo-request": (8, None), "ping": (8, None), "router-advertisement": (9, None),
    "router-solicitation": (10, None), "time-exceeded": (11, None), "ttl-exceeded": (11, None),
    "ttl-zero-during-transit": (11, 0), "ttl-zero-during-reassembly": (11, 1), "parameter-problem": (12, None),
    "ip-header-bad": (12, 0), "required-option-missing": (12, 1), "timestamp-request": (13, None),
    "timestamp-reply": (14, None), "address-mask-request": (17, None), "address-mask-reply": (18, None),
}  # fmt: skip


def protocol_name(text: str) -> str:
    """Return the name that iptables-save prints for a protocol given by name or number. Raises RuleError."""
    word = text.lower()
    if word.isascii() and word.isdecimal() and int(word[:4]) <= 255:
        return BY_NUMBER.get(int(word), str(int(word)))
    word = ALIASES.get(word, word)
    if word not in PROTOCOLS:
        raise RuleError(f'unknown protocol "{text}" specified')
    return word


def parse_port(text: str, proto: str = "tcp") -> int:
    """Return the port of a number (decimal, 0x, 0 for octal) or a service's name. Raises RuleError for what is none.

    `--dport` of tcp and of udp both know what is registered for tcp; multiport asks for the rule's own protocol.
    """
    number = SERVICES.get(proto, TCP_SERVICES).get(text, -1)
    try:
        if text[:1].isdecimal() and text.isascii() and "_" not in text:
            is_hex, is_octal = text.lower().startswith("0x"), text.startswith("0")
            number = int(text, 16) if is_hex else int(text, 8 if is_octal else 10)
    except ValueError:
        number = -1
    if not 0 <= number <= 65535:
        raise RuleError(f"invalid port/service `{text}' specified")
    return number


def icmp_type(text: str) -> tuple[int, int | None]:
    """Return type and code (None: every code) that a name, the beginning of one, or `TYPE[/CODE]` means."""
    word = text.lower()
    found = [name for name in ICMP_TYPES if name.lower().startswith(word)] if word else []
    exact = [name for name in found if name.lower() == word]
    if len(found) > 1 and not exact:
        raise RuleError(f"Ambiguous ICMP type `{text}': `{found[0]}' or `{found[1]}'?")
    if found:
        return ICMP_TYPES[(exact or found)[0]]
    number, slash, code = text.partition("/")
    if not _is_byte(number):
        raise RuleError(f"Unknown ICMP type `{text}'")
    if slash and not _is_byte(code):
        raise RuleError(f"Unknown ICMP code `{text}'")
    return int(number), int(code) if slash else None


def icmp_name_of(number: int, code: int | None) -> str:
    """Return the first name of an ICMP type (and code), "" for one that has none."""
    return next((name for name, known in ICMP_TYPES.items() if known == (number, code)), "")


def _is_byte(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text[:4]) <= 255
