"""How packets pass nftables: order of chains, verdicts, lookups, what is told of them.

What the rules of RULES do to a packet, and in which order chains of one priority are asked, was seen on Linux 6.18.
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Interface

import pytest

from app.dataplane.devices.nic import Nic
from app.dataplane.headers import Icmp, Payload, Tcp, Udp
from app.dataplane.hop import Hop
from app.dataplane.netfilter.hooks import run_hook
from app.dataplane.netns import NetNs
from app.dataplane.nft.errors import NftError
from app.dataplane.nft.evidence import ChainEvidence
from app.dataplane.nft.parse import parse
from app.dataplane.packet import Packet, ip_packet
from tests.unit.dataplane.builders import new_network

SRC, DST = IPv4Address("10.0.0.9"), IPv4Address("10.0.0.1")
L4: dict[str, Callable[[int], Icmp | Tcp | Udp]] = {
    "tcp": lambda port: Tcp(40_000, port, "S", 0, 0),
    "udp": lambda port: Udp(40_000, port, Payload(4)),
    "icmp": lambda _: Icmp(8, 0, 7),
}


def host(*texts: str) -> NetNs:
    """Return a host 10.0.0.1 with these rules."""
    network = new_network()
    netns = network.add_namespace("host")
    netns.add(Nic("eth0", "02:00:0a:00:00:01"))
    netns.set_up("eth0")
    netns.add_address("eth0", IPv4Interface("10.0.0.1/24"))
    network.reject = lambda *_: None
    for text in texts:
        netns.nft.apply(parse(text))
    return netns


def chain(hook: str, priority: int, *rules: str, name: str = "c", kind: str = "filter") -> str:
    """Return the text of a base chain of table t, with chains a and b to jump to."""
    lines = [f"type {kind} hook {hook} priority {priority}", *rules]
    return f"table ip t {{\nchain a {{ }}\nchain b {{ }}\nchain {name} {{\n" + "\n".join(lines) + "\n}\n}\n"


def send(
    netns: NetNs, proto: str = "tcp", port: int = 80, hook: str = "PREROUTING", dst: IPv4Address = DST
) -> tuple[str, list[Hop]]:
    """Pass one packet through a hook; return how it ended (through, drop, reject) and what was recorded."""
    network = netns.network
    network.start_record()
    packet = Packet(network.next_number(), "request", 1, None, ip_packet(SRC, dst, L4[proto](port)))
    eth0 = netns.interfaces["eth0"]
    is_out = hook in ("OUTPUT", "POSTROUTING")
    after = run_hook(netns, hook, packet, None if is_out else eth0, eth0 if is_out else None)
    kinds = [hop.kind for hop in network.hops]
    return ("through" if after is not None else next(k for k in kinds if k in ("drop", "reject"))), list(network.hops)


def told(hops: list[Hop]) -> ChainEvidence:
    found = [hop.evidence for hop in hops if isinstance(hop.evidence, ChainEvidence)]
    return found[-1]


RULES: list[tuple[list[str], str, int, str]] = [
        (["tcp dport 80 drop"], "tcp", 80, "drop"),
        (["tcp dport 80 drop"], "udp", 80, "through"),
        (["tcp dport != 80 drop"], "udp", 81, "through"),
        (["th dport 80 drop"], "udp", 80, "drop"),
        (["th dport 80 drop"], "icmp", 0, "through"),
        (["tcp dport 80-90 reject"], "tcp", 90, "reject"),
        (["tcp dport { 22, 80-90 } drop"], "tcp", 85, "drop"),
        (["ip saddr 10.0.0.0/8 drop"], "tcp", 80, "drop"),
        (["ip saddr != { 10.0.0.0/30, 10.0.0.128/25 } drop"], "tcp", 80, "drop"),
        (["ip saddr != { 10.0.0.0/28, 10.0.0.128/25 } drop"], "tcp", 80, "through"),
        (["fib daddr type local drop"], "tcp", 80, "drop"),
        (["fib daddr type != local drop"], "tcp", 80, "through"),
        (["fib saddr type { local, broadcast } drop"], "tcp", 80, "through"),
        (["ct state new drop"], "tcp", 80, "drop"),
        (["ct state established,related drop"], "tcp", 80, "through"),
        (["ct state vmap { new : drop }"], "tcp", 80, "drop"),
        (['iifname "eth0" drop'], "tcp", 80, "drop"),
        (['oifname "eth0" drop'], "tcp", 80, "through"),
        (["icmp type echo-request drop"], "icmp", 0, "drop"),
        (["meta l4proto { tcp, udp } drop"], "icmp", 0, "through"),
        (["meta mark set 0x4001", "meta mark & 0x4000 == 0x4000 drop"], "tcp", 80, "drop"),
        (["meta mark set 0x4001", "meta mark set meta mark ^ 0x4000", "meta mark 1 drop"], "tcp", 80, "drop"),
        (["meta mark set 3 tcp dport 81 drop", "meta mark 3 drop"], "tcp", 80, "drop"),  # done before it broke off
        (["ip daddr . meta l4proto . th dport vmap { 10.0.0.1 . tcp . 80 : drop }"], "tcp", 80, "drop"),
        (["ip daddr . meta l4proto . th dport vmap { 10.0.0.1 . tcp . 80 : drop }"], "udp", 80, "through"),
        (["return", "drop"], "tcp", 80, "through"),
        (["accept", "drop"], "tcp", 80, "through"),
        (["continue", "drop"], "tcp", 80, "drop"),
        (["reject with tcp reset", "drop"], "udp", 80, "drop"),
        (["reject with tcp reset"], "tcp", 80, "reject"),
        (["counter", "counter drop"], "tcp", 80, "drop"),
    ]  # fmt: skip


@pytest.mark.parametrize(("rules", "proto", "port", "end"), RULES)
def test_rules_do_what_they_say(rules: list[str], proto: str, port: int, end: str) -> None:
    assert send(host(chain("prerouting", 0, *rules)), proto, port)[0] == end


def test_after_a_jump_it_goes_on_and_after_a_goto_it_does_not() -> None:
    jump = host(chain("prerouting", 0, "jump a", "drop"), "add rule ip t a return")
    goto = host(chain("prerouting", 0, "goto a", "drop"), "add rule ip t a ip saddr 1.1.1.1 drop")
    assert send(jump)[0] == "drop"
    assert send(goto)[0] == "through"


def test_a_goto_out_of_a_jump_returns_to_who_jumped() -> None:
    netns = host(chain("prerouting", 0, "jump a", "drop"), "add rule ip t a goto b\nadd rule ip t a accept")
    assert send(netns)[0] == "drop"


def test_the_policy_decides_where_no_rule_does() -> None:
    netns = host(
        "table ip t {\nchain c {\ntype filter hook prerouting priority 0; policy drop;\ntcp dport 22 accept\n}\n}\n"
    )
    assert send(netns, port=22)[0] == "through"
    end, hops = send(netns)
    assert (end, hops[-1].params["verdict"]) == ("drop", "policy drop")


def test_an_accept_ends_only_its_own_base_chain() -> None:
    netns = host(chain("prerouting", 0, "accept"), chain("prerouting", 5, "drop", name="later"))
    assert send(netns)[0] == "drop"


def test_chains_come_by_priority_and_of_equals_the_last_first() -> None:
    """Source: nf_hook_entries_grow(): `reg->priority > orig->priority` lets the old one stay in front."""
    netns = host(
        chain("prerouting", 10, "meta mark set 10", name="late"),
        chain("prerouting", -10, "meta mark set 1", name="early"),
        chain("prerouting", 10, "meta mark 1 meta mark set 2", name="last"),
    )
    _, hops = send(netns)
    assert [h.chain for h in hops if h.kind == "mark"] == ["early", "last", "late"]


def test_nftables_stands_between_the_tables_of_iptables() -> None:
    netns = host(
        chain("prerouting", -200, "ct state new meta mark set 1", name="with-conntrack"),
        chain("prerouting", -150, "meta mark set 2", name="with-mangle"),
        chain("prerouting", -110, "meta mark set 3", name="before-dnat"),
    )
    netns.netfilter.restore(
        "*mangle\n-A PREROUTING -j MARK --set-mark 9\nCOMMIT\n*nat\n-A PREROUTING -p udp -j ACCEPT\nCOMMIT\n"
    )
    _, hops = send(netns)
    # At -200 nftables is asked before conntrack, since it was registered later: the state is not known yet.
    assert [h.stage for h in hops if h.kind == "mark"] == ["ip t with-mangle", "mangle PREROUTING", "ip t before-dnat"]


def test_nat_is_asked_chain_by_chain_until_one_makes_a_mapping() -> None:
    """Both nat at one priority: nftables was registered later than iptables, so it is asked first."""
    netns = host(chain("postrouting", 100, "udp dport 80 snat to 10.0.0.3", kind="nat"))
    netns.netfilter.restore("*nat\n-A POSTROUTING -j SNAT --to-source 10.0.0.5\nCOMMIT\n")
    found = {}
    for proto in ("udp", "tcp"):
        packet = Packet(1, "request", 1, None, ip_packet(SRC, IPv4Address("10.0.0.7"), L4[proto](80)))
        eth0 = netns.interfaces["eth0"]
        netns.network.start_record()
        tracked = run_hook(netns, "OUTPUT", packet, None, eth0)
        assert tracked is not None
        run_hook(netns, "POSTROUTING", tracked, None, eth0)
        found[proto] = [(h.stage, h.params["after"]) for h in netns.network.hops if h.kind == "snat"]
    assert found == {"udp": [("ip t c", "10.0.0.3")], "tcp": [("nat POSTROUTING", "10.0.0.5")]}


def test_a_nat_chain_may_drop() -> None:
    netns = host(chain("prerouting", -100, "tcp dport 80 drop", kind="nat"))
    assert send(netns)[0] == "drop"


def test_a_lookup_tells_the_element_and_passes_over_no_other() -> None:
    elements = ", ".join(f"10.9.{n // 250}.{n % 250} . tcp . 80 : drop" for n in range(500))
    text = f"""table ip t {{
    map m {{
        type ipv4_addr . inet_proto . inet_service : verdict
        elements = {{ {elements}, 10.0.0.1 . tcp . 80 comment "the one" : goto a }}
    }}
    chain a {{
        meta l4proto udp accept
        reject
    }}
    chain c {{
        type filter hook prerouting priority 0
        ip saddr 10.7.7.7 drop
        ip daddr . meta l4proto . th dport vmap @m
    }}
}}
"""
    end, hops = send(host(text))
    evidence = told(hops)
    assert end == "reject"
    assert (evidence.tool, evidence.entry, evidence.verdict) == ("nft list chain ip t a", "reject", "reject")
    assert evidence.matched == (
        "ip daddr . meta l4proto . th dport vmap @m",
        '10.0.0.1 . tcp . 80 comment "the one" : goto a',
        "reject",
    )
    assert [(s.entry, s.because) for s in evidence.skipped] == [
        ("ip saddr 10.7.7.7 drop", "ip saddr = 10.0.0.9"),
        ("meta l4proto udp accept", "meta l4proto = tcp"),
    ]


def test_an_element_that_decides_is_cited_in_its_map() -> None:
    text = """table ip t {
    map m {
        type inet_service : verdict
        elements = { 80 : drop }
    }
    chain c {
        type filter hook prerouting priority 0
        tcp dport vmap @m
    }
}
"""
    evidence = told(send(host(text))[1])
    assert (evidence.tool, evidence.entry) == ("nft list map ip t m", "80 : drop")
    missed = host(text.replace("80 : drop", "81 : drop"), chain("prerouting", 1, "drop", name="d"))
    missed.nft.apply(parse("add rule ip t c accept"))
    hooks = [h.evidence for h in send(missed)[1] if h.kind == "hook"]
    assert isinstance(hooks[0], ChainEvidence)
    assert hooks[0].skipped[0].because == "80 ∉ @m"


def test_the_draw_is_told_and_can_be_led() -> None:
    text = chain("prerouting", -100, "numgen random mod 3 vmap { 0 : goto a, 1 : goto b, 2 : goto a }", kind="nat")
    ends = "add rule ip t a dnat to 10.0.0.77\nadd rule ip t b dnat to 10.0.0.88\n"
    seen = set()
    for _ in range(40):
        netns = host(text, ends)
        seen.add(told(send(netns)[1]).matched[1])
    assert seen <= {"0 : goto a", "1 : goto b", "2 : goto a"}
    netns = host(text, ends)
    netns.network.preferred = frozenset({IPv4Address("10.0.0.88")})
    evidence = told(send(netns)[1])
    assert evidence.matched[1:] == ("1 : goto b", "dnat to 10.0.0.88")
    assert {s.because for s in evidence.skipped} == {"not the one that --pick names"}
    netns.network.preferred = frozenset()
    drawn = told(send(netns, port=81)[1])
    assert {s.because.partition(" drew ")[0] for s in drawn.skipped} == {"numgen random mod 3"}
    assert len(drawn.skipped) == 2


def test_each_number_is_drawn_about_as_often_as_the_others() -> None:
    netns = host(
        chain(
            "prerouting", -100, "numgen random mod 4 vmap { 0 : goto a, 1 : goto b, 2 : accept, 3 : drop }", kind="nat"
        )
    )
    counts = dict.fromkeys(range(4), 0)
    for port in range(2000):
        evidence = told(send(netns, port=port + 1)[1])
        counts[int(evidence.matched[1].partition(" ")[0])] += 1
    assert all(420 < count < 580 for count in counts.values()), counts


def test_a_dynamic_set_remembers_for_its_time() -> None:
    text = """table ip t {
    set seen {
        type ipv4_addr
        flags dynamic,timeout
        timeout 10s
    }
    chain c {
        type filter hook prerouting priority 0
        ip saddr @seen drop
        update @seen { ip saddr }
    }
}
"""
    netns = host(text)
    assert [send(netns)[0], send(netns, port=81)[0]] == ["through", "drop"]
    netns.clock.after(11_000_000, lambda: None)
    netns.clock.run_next()
    assert [send(netns, port=82)[0], send(netns, port=83)[0]] == ["through", "drop"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("add rule ip t a jump b\nadd rule ip t b jump a\nadd rule ip t c jump a", "Too many links"),
        ("add rule ip t c dnat to 1.2.3.4", "Operation not supported"),
        ("add rule ip t c jump a\nadd rule ip t a masquerade", "Operation not supported"),
        ("add rule ip t c jump nowhere", "No such file or directory"),
        ("add rule ip t c ip daddr @nowhere drop", "No such file or directory"),
        ("delete chain ip t a", "Device or resource busy"),
        ("add rule ip x c drop", "No such file or directory"),
        ("add rule ip t c tcp dport 99999 drop", "Service out of range"),
        ("add rule ip t c ip saddr 1.2.3.300 drop", "Could not resolve hostname"),
        ("add rule ip t c meta l4proto tcp udp dport 5 drop", "conflicting protocols specified: tcp vs. udp"),
        ("add rule ip t c frobnicate", "syntax error, unexpected"),
        ("add chain ip t late { type nat hook forward priority 0 ; }", "Operation not supported"),
        ("create chain ip t a", "File exists"),
    ],
)
def test_what_the_kernel_refuses_leaves_everything_as_it_was(text: str, message: str) -> None:
    netns = host(chain("prerouting", 0, "tcp dport 1 jump a"))
    before = dict(netns.nft.tables["t"].chains)
    with pytest.raises(NftError) as caught:
        netns.nft.apply(parse(f"add rule ip t c tcp dport 2 drop\n{text}"))
    assert message in caught.value.message
    assert dict(netns.nft.tables["t"].chains) == before


def test_tables_that_namespaces_share_are_copied_when_one_writes() -> None:
    transaction = parse(
        chain("prerouting", 0, "jump a") + "add set ip t s { type ipv4_addr ; }\nadd element ip t s { 1.2.3.4 }\n"
    )
    one, other = host(), host()
    for netns in (one, other):
        netns.nft.apply(transaction)
    assert one.nft.tables["t"].chains["c"] is other.nft.tables["t"].chains["c"]
    one.nft.apply(parse("add element ip t s { 5.6.7.8 }\nadd rule ip t a drop\ndelete element ip t s { 1.2.3.4 }"))
    assert list(map(str, one.nft.tables["t"].sets["s"].elements)) == ["5.6.7.8"]
    assert list(map(str, other.nft.tables["t"].sets["s"].elements)) == ["1.2.3.4"]
    assert (send(one)[0], send(other)[0]) == ("drop", "through")
