"""Texts for nftables: what nft 1.0.6 on Linux 6.18 lists after loading them, and rulesets made by chance."""

from hypothesis import strategies as st

#: What a rule is written as, and what nft lists.
RULES: dict[str, str] = {
    "ip daddr @cluster-ips reject": "ip daddr @cluster-ips reject",
    'ip daddr { 172.30.0.0/16 } drop comment "two words"': 'ip daddr 172.30.0.0/16 drop comment "two words"',
    "ct state new jump a": "ct state new jump a",
    "ct state new,established accept": "ct state established,new accept",
    "ct state { new, established } accept": "ct state { established, new } accept",
    "ct state vmap { established : accept, invalid : drop }": "ct state vmap { invalid : drop, established : accept }",
    "ct state != new goto a": "ct state != new goto a",
    "mark set mark or 0x4000": "meta mark set meta mark | 0x00004000",
    "mark set mark xor 0x4000": "meta mark set meta mark ^ 0x00004000",
    "meta mark set meta mark and 0xffffbfff or 0x1": "meta mark set meta mark & 0xffffbfff | 0x00000001",
    "meta mark set 1 return": "meta mark set 0x00000001 return",
    "mark and 0x4000 == 0 return": "meta mark & 0x00004000 == 0x00000000 return",
    "meta mark & 0x4000 != 0 accept": "meta mark & 0x00004000 != 0x00000000 accept",
    "meta mark & 0xffff0000 != 0x50000 drop": "meta mark != 0x00050000/16 drop",
    "meta mark & 0xffffffff == 5 drop": "meta mark 0x00000005 drop",
    "meta mark 0x4000 drop": "meta mark 0x00004000 drop",
    "ip daddr . meta l4proto . th dport vmap @m": "ip daddr . meta l4proto . th dport vmap @m",
    "ip saddr != { 203.0.113.0/25 } drop": "ip saddr != 203.0.113.0/25 drop",
    "ip saddr != { 203.0.113.0/25, 10.0.0.0/8, 1.2.3.4 } drop": "ip saddr != { 1.2.3.4, 10.0.0.0/8, 203.0.113.0/25 } drop",
    "ip saddr { 10.0.0.0/24, 10.0.1.0/24 } drop": "ip saddr { 10.0.0.0/23 } drop",
    "ip saddr { 10.0.0.0/24, 10.0.0.7 } drop": "ip saddr { 10.0.0.0/24 } drop",
    "ip saddr { 10.0.0.1, 10.0.0.2, 10.0.0.4/30 } drop": "ip saddr { 10.0.0.1-10.0.0.2, 10.0.0.4/30 } drop",
    "ip saddr { 10.0.0.9, 10.0.0.2 } drop": "ip saddr { 10.0.0.2, 10.0.0.9 } drop",
    "ip saddr { 0.0.0.0/0, 1.2.3.4 } drop": "ip saddr { 0.0.0.0/0 } drop",
    "ip saddr 0.0.0.0/0 drop": "ip saddr 0.0.0.0/0 drop",
    "ip saddr 1.2.3.5/24 drop": "ip saddr 1.2.3.0/24 drop",
    "ip saddr 10.0.0.0-10.0.0.255 drop": "ip saddr 10.0.0.0-10.0.0.255 drop",
    "ip saddr { 10.0.0.0-10.0.0.255, 1.2.3.4 } drop": "ip saddr { 1.2.3.4, 10.0.0.0/24 } drop",
    "tcp dport { 80-90, 91, 95 } drop": "tcp dport { 80-91, 95 } drop",
    "tcp dport 80-90 accept": "tcp dport 80-90 accept",
    "udp dport != 53 accept": "udp dport != 53 accept",
    "tcp dport vmap { 443 : drop, 80 : accept }": "tcp dport vmap { 80 : accept, 443 : drop }",
    "ip daddr . tcp dport { 1.2.3.4 . 80, 1.1.1.1 . 22 } accept": "ip daddr . tcp dport { 1.1.1.1 . 22, 1.2.3.4 . 80 } accept",
    "meta l4proto tcp tcp dport 22 accept": "tcp dport 22 accept",
    "meta l4proto tcp th dport 53 accept": "tcp dport 53 accept",
    "ip protocol tcp ip saddr 1.2.3.4 tcp dport 5 accept": "ip saddr 1.2.3.4 tcp dport 5 accept",
    "ip protocol icmp icmp type echo-request drop": "icmp type echo-request drop",
    "ip protocol icmp drop": "ip protocol icmp drop",
    "meta l4proto { 6, 132 } accept": "meta l4proto { tcp, sctp } accept",
    "meta l4proto 17 accept": "meta l4proto udp accept",
    "fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @n": (
        "fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @n"
    ),
    "fib saddr type != local accept": "fib saddr type != local accept",
    "fib daddr type { local, broadcast } accept": "fib daddr type { local, broadcast } accept",
    "meta iifname eth0 accept": 'iifname "eth0" accept',
    'oifname != "cni0" counter accept': 'oifname != "cni0" counter packets 0 bytes 0 accept',
    "numgen random mod 2 vmap { 1 : goto b, 0 : goto a }": "numgen random mod 2 vmap { 0 : goto a, 1 : goto b }",
    "numgen random mod 1 vmap { 0 : goto a }": "numgen random mod 1 vmap { 0 : goto a }",
    "reject with icmp type port-unreachable": "reject",
    "reject with icmp type host-unreachable": "reject with icmp host-unreachable",
    "meta l4proto tcp reject with tcp reset": "reject with tcp reset",
    "update @clients { ip saddr }": "update @clients { ip saddr }",
    "add @clients { ip saddr timeout 30s } accept": "add @clients { ip saddr timeout 30s } accept",
}
NAT_RULES: dict[str, str] = {
    "meta l4proto tcp dnat to 10.180.0.3:80": "meta l4proto tcp dnat to 10.180.0.3:80",
    "dnat to 10.180.0.3": "dnat to 10.180.0.3",
    "tcp dport 80 dnat ip to 1.2.3.4:8080 persistent": "tcp dport 80 dnat to 1.2.3.4:8080 persistent",
    "tcp dport 99 drop": "tcp dport 99 drop",
}
SNAT_RULES: dict[str, str] = {
    "masquerade": "masquerade",
    "masquerade fully-random": "masquerade fully-random",
    'oifname "eth0" masquerade persistent,random': 'oifname "eth0" masquerade random,persistent',
    "snat to 1.2.3.4": "snat to 1.2.3.4",
}
HEAD = """\
table ip t {
	comment "all that is modelled"
	set cluster-ips {
		type ipv4_addr
		comment "Active ClusterIPs"
		elements = { 172.30.0.42, 10.1.2.3, 172.30.0.5 }
	}
	set clients {
		type ipv4_addr
		flags dynamic,timeout
		timeout 10800s
	}
	set ports {
		type inet_service
		size 100
		elements = { 80, 443, 22, 1, 2, 3, 4 }
	}
	map m {
		type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 10.0.0.1 . tcp . 443 : goto a, 10.0.0.1 . tcp . 80 comment "x/y" : goto b, 10.0.0.1 . udp . 80 : drop,
			10.0.0.1 . tcp . 8080 : accept, 9.255.0.3 . tcp . 256 : return, 10.0.0.1 . tcp . 255 : jump a, 10.0.0.2 . 132 . 1 : goto a }
	}
	map n {
		type inet_proto . inet_service : verdict
		elements = { tcp . 30443 : goto a, udp . 30001 : goto a, tcp . 80 : goto b, 6 . 443 : drop, tcp . 256 : goto a }
	}
	map ports-of {
		type inet_service : verdict
		elements = { 443 : goto a, 80 : drop, 6 : drop, 5 : drop, 4 : drop, 3 : drop, 2 : drop }
	}
	map addresses {
		type ipv4_addr : verdict
		elements = { 10.0.0.5 : goto a, 10.0.0.1 : drop, 10.0.0.3 : drop }
	}
	chain a { }
	chain b {
		comment "a comment of its own"
		drop
	}
	chain before {
		type filter hook prerouting priority dstnat - 10; policy accept;
	}
	chain out {
		type filter hook output priority -110; policy drop;
	}
	chain late {
		type filter hook forward priority 5;
	}
	chain nat-postrouting {
		type nat hook postrouting priority 100;
	}
	chain nat-prerouting {
		type nat hook prerouting priority -100;
	}
"""


def text() -> str:
    """Return one table with everything, as somebody would write it."""
    chains = {"rules": RULES, "nat-postrouting": SNAT_RULES, "nat-prerouting": NAT_RULES}
    parts = [HEAD, "\tchain rules { }\n}\n"]
    parts += [f"add rule ip t {chain} {rule}\n" for chain, rules in chains.items() for rule in rules]
    return "".join(parts)


# --- by chance --------------------------------------------------------------------------------------------------------

ADDRESSES = st.ip_addresses(v=4).map(str)
PORTS = st.integers(0, 65535).map(str)
MARKS = st.integers(1, 0xFFFFFFFF).map(hex)
NAMES = st.sampled_from(["a", "b"])
VERDICTS = st.one_of(
    st.sampled_from(["accept", "drop", "return", "continue"]), NAMES.map("goto {}".format), NAMES.map("jump {}".format)
)
#: Apart from each other: neighbours are joined, and one that is left of several is read back without its braces.
RANGES = st.lists(st.integers(0, 120), min_size=2, max_size=5, unique=True).map(
    lambda numbers: "{ " + ", ".join(f"10.{2 * n}.0.0/17" for n in numbers) + " }"
)
MATCHES = st.one_of(
    st.tuples(st.sampled_from(["ip saddr", "ip daddr"]), st.sampled_from(["", "!= "]), ADDRESSES | RANGES).map(
        "{0[0]} {0[1]}{0[2]}".format
    ),
    st.tuples(st.sampled_from(["tcp dport", "udp sport"]), PORTS).map(" ".join),
    st.sampled_from(["ip daddr @cluster-ips", "ct state new", "ct state established,related", "fib daddr type local"]),
    st.tuples(MARKS, MARKS).map("meta mark & {0[0]} == {0[1]}".format),
    MARKS.map("meta mark set meta mark | {}".format),
    st.just("counter"),
)
ENDS = st.one_of(
    VERDICTS,
    st.just("ip daddr . meta l4proto . th dport vmap @m"),
    st.lists(VERDICTS, min_size=1, max_size=4).map(
        lambda v: f"numgen random mod {len(v)} vmap {{ {', '.join(f'{n} : {each}' for n, each in enumerate(v))} }}"
    ),
    st.just("reject"),
)
COMMENTS = st.just("") | st.text("abc xyz-/:", min_size=1, max_size=9).map(' comment "{}"'.format)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Return a rule that nft takes: fields of one protocol only."""
    terms = draw(st.lists(MATCHES, max_size=3))
    if len({term.split()[0] for term in terms} & {"tcp", "udp"}) > 1:
        terms = [term for term in terms if not term.startswith("udp")]
    return " ".join([*terms, draw(ENDS)]) + draw(COMMENTS)
