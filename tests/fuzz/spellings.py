"""Ways to write a rule's terms and targets, right and wrong, that iptables knows and students type."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.fuzz.rules import BUILT_IN, OWN, matches, targets

__all__ = ["tables"]

TERMS = (
    "-p tcp", "-p udp", "-p icmp", "-p TCP", "-p 6", "-p 17", "-p 89", "-p ip", "-p 0", "-p 253", "-p 4", "-p ipip", "-p esp", "! -p tcp",
    "! -p all", "-p nope", "-p 256", "-p sctp --dport 80:90", "--protocol tcp", "-s 10", "-s 10.1/16", "-s 10.0.0.9/24", "! -s 10.0.0.1",
    "! -d 0.0.0.0/0", "-s 0.0.0.0/0", "-d 10.0.0.1/255.255.0.0", "-d 300.1.1.1", "-s 1.2.3.4/33", "--source 10.0.0.1", "--dst 10.0.0.2",
    "--dest 10.0.0.2", "-s ! 10.0.0.1", "-i eth+", "-o +", "! -i +", "-i averyveryverylongname", "--in-interface lo", "-f", "! -f",
    "-p tcp --dport http", "-p tcp --dport 0x50", "-p tcp --dport 010", "-p tcp --dport 080", "-p tcp --dport 90:80", "-p tcp --dport :",
    "-p udp --sport domain", "-p udp --dport 5:5", "-p tcp --dport nope", "-p tcp --dport ! 80", "-m tcp --dport 80", "-p udp -m tcp --dport 80",
    "-p tcp --dport 80 --dport 90", "-p tcp --syn", "-p tcp ! --syn", "-p tcp --tcp-flags ALL NONE", "-p tcp --tcp-flags syn,ack syn",
    "-p tcp --tcp-flags NONE NONE", "-p tcp --tcp-flags SYN ACK", "-p tcp --tcp-flags FOO SYN", "-p tcp -m tcp", "-p udp -m udp",
    "-p icmp --icmp-type any", "-p icmp --icmp-type fragmentation-needed", "-p icmp ! --icmp-type ttl-exceeded", "-p icmp --icmp-type ttl",
    "-p icmp --icmp-type 300", "-p icmp --icmp-type 8/0", "-p icmp --icmp-type 255/255", "-p icmp --icmp-type PING", "-p icmp --icmp-type 3/",
    "-p icmp -m icmp", "-m icmp --icmp-type 8", "-p tcp -m multiport --dports http,443,1000:2000", "-m multiport --ports 80", "-p tcp -m multiport --port 80",
    "-p tcp -m multiport --dports 90:80", "-p tcp -m multiport --dports 80,", "-p tcp -m multiport --dports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16",
    "-p udp -m multiport ! --sports domain,ntp", "-m state --state new,EST", "-m state --state DNAT", "-m state ! --state INVALID", "-m state",
    "-m conntrack --ctstate NEW,DNAT,UNTRACKED", "-m conntrack --ctstate FOO", "-m conntrack", "-m conntrack --ctstate NEW --ctstate INVALID",
    "-m mark --mark 1/", "-m mark --mark 1/0xff", "-m mark --mark 0xfffffffff", "-m addrtype --dst-type BROADCAST,local", "-m addrtype",
    "-m addrtype ! --src-type LOCAL --dst-type UN", "-m addrtype --src-type NOPE", "-m set --match-set S1 foo", "-m statistic --mode foo",
    "-m statistic --mode random --probability 1.5", "-m statistic --mode random --probability 1e-3", "-m statistic --mode random",
    "-m recent --update --seconds 10 --hitcount 4 --name X", "-m recent --rcheck --reap", "-m recent --rcheck --seconds 0", "-m recent --name X",
    "-m recent --set --seconds 5", "-m recent --update --seconds 9 --reap --rdest --mask 255.255.0.0", "-m recent --rcheck --set",
    "-m physdev --physdev-out eth1 --physdev-is-bridged ! --physdev-in eth0", "-m physdev", "-m iprange --src-range 10.0.0.1-10.0.0.9",
    "-m iprange ! --dst-range 10.0.0.1", "-m iprange --src-range foo", "-m iprange", "-m comment", "-m comment ! --comment a",
    '-m comment --comment ""', '-m comment --comment "back\\\\slash"', "-m comment --comment a'b", '-m comment --comment "q\\"q"',
    '-m comment --comment a"b c"d', "-m comment --comment a.b", "-m nope", "-m", "--foo", "foo", "! -m comment --comment x", "-c 5 6",
)  # fmt: skip
ENDS = (
    "-j NOPE", "-g ACCEPT", "-j INPUT", "! -j DROP", "-j", "-j ACCEPT --foo", "-j ACCEPT foo", "--jump DROP", "--goto C", "-j accept",
    "-j REJECT", "-j REJECT --reject-with port-unreach", "-j REJECT --reject-with i", "-j REJECT --reject-with foo", "-j REJECT --reject-with tcp-reset",
    "-p tcp -j REJECT --reject-with tcp-rst", "-j DNAT", "-j DNAT --to-destination 10.0.0.1:80", "-p tcp -j DNAT --to-destination 10.0.0.1:90-80",
    "-p tcp -j DNAT --to-destination :80", "-p tcp -j DNAT --to-destination 10.0.0.1:http", "-j DNAT --to-destination foo",
    "-j DNAT --to-destination 10.0.0.1 --persistent --random", "-j DNAT --to-destination 10.0.0.1 --random-fully",
    "-j SNAT --to-source 10.0.0.1 --random-fully --random --persistent", "-p tcp -j SNAT --to-source 10.0.0.1:70000",
    "-p tcp -j MASQUERADE --random --to-ports 80", "-j MASQUERADE --to-ports 80", "-p tcp -j MASQUERADE --to-ports 9-5",
    "-j MARK --set-mark 1/0xff", "-j MARK --and-mark 0xff", "-j MARK", "-j MARK --set-xmark 1 --or-mark 2", "-j MARK --set-mark foo",
    '-j LOG --log-prefix "x "', "-j LOG --log-level 4", "-j LOG --log-level panic --log-uid --log-tcp-sequence", "-j LOG --log-level 8",
    '-j LOG --log-prefix ""', "-j LOG --log-prefix 123456789012345678901234567890", "-j LOG ! --log-prefix a", "-j LOG --log-prefix",
)  # fmt: skip


@st.composite
def _line(draw: st.DrawFn, table: str) -> str:
    chain = draw(st.sampled_from([*BUILT_IN[table], *OWN]))
    asked = draw(st.lists(st.one_of(st.sampled_from(TERMS), matches()), max_size=2))
    end = draw(st.one_of(targets(), targets(), st.sampled_from(ENDS)))
    words = draw(st.permutations([*asked, end])) if draw(st.booleans()) else [*asked, end]
    return " ".join(word for word in (f"-A {chain}", *words) if word)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a table's name and lines for it; many of them are wrong."""
    table = draw(st.sampled_from(sorted(BUILT_IN)))
    return table, draw(st.lists(_line(table), min_size=20, max_size=60))
