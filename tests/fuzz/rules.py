"""Random iptables-save texts over all that the model knows, and some that it has to refuse."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

__all__ = ["BUILT_IN", "OWN", "matches", "rulesets", "targets"]

ADDRESSES = ("10.0.0.1", "10.0.0.2", "10.0.1.2", "10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/8", "0.0.0.0/0", "127.0.0.1")
HOSTS = ("10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.1.2", "10.0.2.3", "127.0.0.1", "203.0.113.9")
INTERFACES = ("c0a", "c0b", "c1a", "br0", "vx0", "tunl0", "lo", "c+")
BUILT_IN = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
OWN = ("A", "B", "C")
ports = st.sampled_from(["80", "53", "7", "1:65535", "32768:60999", "8080", ":100", "100:"])
numbers = st.sampled_from(["0x1", "0x4000/0x4000", "0x0/0xff", "0xffffffff", "7"])
bang = st.sampled_from(["", "", "! "])


@cache
def matches() -> st.SearchStrategy[str]:
    """Everything that a rule can ask."""
    sides = st.sampled_from(["src", "dst", "src,dst", "dst,dst"])
    return st.one_of(
        st.builds("{}-s {}".format, bang, st.sampled_from(ADDRESSES)),
        st.builds("{}-d {}".format, bang, st.sampled_from(ADDRESSES)),
        st.builds("{}-i {}".format, bang, st.sampled_from(INTERFACES)),
        st.builds("{}-o {}".format, bang, st.sampled_from(INTERFACES)),
        st.builds("{}-p {}".format, bang, st.sampled_from(["tcp", "udp", "icmp", "ipencap"])),
        st.builds("-p {p} -m {p} {b}--{o} {r}".format, p=st.sampled_from(["tcp", "udp"]), b=bang, o=st.sampled_from(["sport", "dport"]), r=ports),
        st.builds("-p tcp -m multiport {}--{} 80,443,1000:2000".format, bang, st.sampled_from(["dports", "sports", "ports"])),
        st.builds("-p tcp -m tcp {}--tcp-flags {}".format, bang, st.sampled_from(["FIN,SYN,RST,ACK SYN", "ALL NONE", "SYN SYN"])),
        st.builds("-p icmp -m icmp {}--icmp-type {}".format, bang, st.sampled_from(["8", "0", "3/4", "11", "any", "echo-request"])),
        st.builds("-m conntrack {}--ctstate {}".format, bang, st.sampled_from(["NEW", "ESTABLISHED,RELATED", "INVALID", "UNTRACKED", "DNAT", "SNAT"])),
        st.builds("-m state --state {}".format, st.sampled_from(["NEW", "ESTABLISHED,RELATED", "INVALID"])),
        st.builds("-m mark {}--mark {}".format, bang, numbers),
        st.builds("-m addrtype {}--{}-type {}".format, bang, st.sampled_from(["src", "dst"]), st.sampled_from(["LOCAL", "UNICAST", "BROADCAST,LOCAL"])),
        st.builds("-m set {}--match-set {} {}".format, bang, st.sampled_from(["S1", "S2", "S3", "S4"]), sides),
        st.builds("-m statistic --mode random {}--probability {}".format, bang, st.sampled_from(["0.5", "0.33333", "0", "1"])),
        st.builds("-m recent {}--{} --name {}".format, bang, st.sampled_from(["set", "rcheck", "update", "remove", "rcheck --seconds 3", "update --seconds 9 --reap"]), st.sampled_from(["R1", "R2"])),
        st.builds("-m physdev {}--physdev-{}".format, bang, st.sampled_from(["is-bridged", "in c0a", "out c0b", "is-in", "is-out"])),
        st.builds("-m limit --limit {}".format, st.sampled_from(["1/sec", "3/min --limit-burst 1", "1000/sec"])),
        st.builds("-m comment --comment {}".format, st.sampled_from(["plain", '"two words"', '"it\'s"'])),
    )  # fmt: skip


@cache
def targets() -> st.SearchStrategy[str]:
    """Everything that can happen to a packet, in its table or not."""
    span = st.sampled_from(["", "", ":80", ":8080", ":1000-2000", ":53-54"])
    flags = st.sampled_from(["", "", " --random", " --persistent", " --random-fully"])
    return st.one_of(
        st.sampled_from(["-j ACCEPT", "-j DROP", "-j RETURN", "-j NOTRACK", "-j CT --notrack", ""]),
        st.builds("{} {}".format, st.sampled_from(["-j", "-g"]), st.sampled_from(OWN)),
        st.builds("{} {}".format, st.sampled_from(["-j", "-g"]), st.sampled_from(OWN)),
        st.builds("-j REJECT --reject-with {}".format, st.sampled_from(["icmp-port-unreachable", "icmp-host-prohibited", "icmp-net-unreachable"])),
        st.just("-p tcp -j REJECT --reject-with tcp-reset"),
        st.builds("-p tcp -j DNAT --to-destination {}{}{}".format, st.sampled_from(HOSTS), span, flags),
        st.builds("-j DNAT --to-destination {}".format, st.sampled_from(HOSTS)),
        st.builds("-p udp -j SNAT --to-source {}{}{}".format, st.sampled_from(HOSTS), span, flags),
        st.builds("-j SNAT --to-source {}".format, st.sampled_from(HOSTS)),
        st.builds("-j MASQUERADE{}".format, st.sampled_from(["", " --random", " --random-fully"])),
        st.builds("-p tcp -j MASQUERADE --to-ports {}".format, st.sampled_from(["1000-1001", "80"])),
        st.builds("-j MARK --{} {}".format, st.sampled_from(["set-xmark", "set-mark", "or-mark", "and-mark", "xor-mark"]), st.sampled_from(["0x1", "0x4000", "7"])),
        st.sampled_from(['-j LOG --log-prefix "a b "', "-j LOG"]),
    )  # fmt: skip


@cache
def _rows(chains: tuple[str, ...]) -> st.SearchStrategy[list[tuple[str, list[str], str]]]:
    row = st.tuples(st.sampled_from(chains), st.lists(matches(), max_size=2), targets())
    return st.lists(row, min_size=1, max_size=8)


@st.composite
def _table(draw: st.DrawFn, name: str) -> list[str]:
    chains = [*BUILT_IN[name], *OWN]
    lines = [f"-A {chain} {' '.join([*asked, target])}".rstrip() for chain, asked, target in draw(_rows(tuple(chains)))]
    return [f"*{name}", *(f":{chain} - [0:0]" for chain in OWN), *lines, "COMMIT"]


@st.composite
def rulesets(draw: st.DrawFn) -> str:
    """Draw a text of one to three tables."""
    names = draw(st.lists(st.sampled_from(sorted(BUILT_IN)), min_size=1, max_size=3, unique=True))
    return "\n".join(line for name in names for line in draw(_table(name))) + "\n"
