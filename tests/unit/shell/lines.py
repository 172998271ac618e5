"""Random lines for the terminal: most nearly right, some mangled, some noise."""

from __future__ import annotations

import random

__all__ = ["random_line"]

VERBS = (
    "ip link", "ip link set", "ip -d link show", "ip -br addr", "ip addr", "ip addr add", "ip addr del", "ip addr flush",
    "ip route", "ip route add", "ip route del", "ip route replace", "ip route append", "ip route get",
    "ip route get fibmatch", "ip route flush", "ip neigh", "ip neigh add", "ip neigh del", "ip neigh replace",
    "ip neigh flush", "bridge fdb", "bridge fdb add", "bridge fdb del", "bridge fdb replace", "bridge -d link",
    "bridge link set", "sysctl", "sysctl -w", "sysctl -a", "ss", "ss -ltn", "ss -K", "ss -an", "hostname", "help", "ip",
    "bridge", "ip -4 -o", "ping", "ping -c 1", "traceroute -n -q 1",
    "tcpdump", "tcpdump -i any -nn", "netstat", "netstat -rn", "kubectl", "rm -rf /", "curl http://10.0.0.1/", "",
)  # fmt: skip
WORDS = (
    "dev", "via", "src", "metric", "table", "proto", "scope", "onlink", "lladdr", "nud", "permanent", "master", "self",
    "dst", "static", "dynamic", "nomaster", "up", "down", "mtu", "promisc", "on", "off", "address", "to", "from", "iif",
    "oif", "type", "local", "main", "all", "default", "blackhole", "unreachable", "hairpin", "learning", "flood", "show",
    "add", "del", "br", "brd", "state", "sport", "dport", "=", ":80", "listening", "link", "host", "global", "kernel",
    "eth0", "cni0", "flannel.1", "veth1", "lo", "nope", "10.0.0.1", "10.0.0.11", "10.2.1.1", "10.2.1.37", "10.2.2.0",
    "10.2.2.0/24", "10.2.1.0/24", "0.0.0.0", "255.255.255.255", "127.0.0.1/8", "10.9/16", "10.5.0.1/16", "1.2.3.4/99",
    "02:00:0a:00:00:0b", "0e:f1:0a:02:02:00", "zz:zz", "ff:ff:ff:ff:ff:ff", "-c", "-s", "-M", "do", "-I", "-i", "host", "net", "port",
    "not", "(", ")", "and", "or", "icmp", "0", "1", "-1", "68", "1450", "99999999999",
    "net.ipv4.ip_forward=0", "net.ipv4.ip_forward=1", "net/ipv4/ip_default_ttl=3", "net.ipv4.ip_default_ttl",
    "net.nope=1", "::1", "fe80::/64", "²", "١٢", "1e3", "0x10", "-n", "-a", "-d", "--help", "-6", "|", ";", "`id`", "'",
    '"', "\\", "$(id)", "\x1b[2J", "\x00", "\u202e", "\ud800", "#",
)  # fmt: skip


def random_line(chance: random.Random) -> str:
    """Return one line."""
    kind = chance.random()
    if kind < 0.03:
        return "".join(chr(chance.choice((chance.randrange(0x20, 0x7F), chance.randrange(0x2FF)))) for _ in range(60))
    words = [chance.choice(VERBS), *(chance.choice(WORDS) for _ in range(chance.randrange(9)))]
    if kind < 0.1:
        chance.shuffle(words)
    line = " ".join(words)
    if kind < 0.2 and line:
        at = chance.randrange(len(line))
        line = line[:at] + chr(chance.randrange(0x250)) + line[at + 1 :]
    return line
