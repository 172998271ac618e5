"""`iptables -L` prints every kind of match and target as the real one does.

The lines are those of iptables 1.8.9 (nf_tables) for the same rules.
"""

import pytest

from app.dataplane.netns import NetNs
from app.shell import execute
from tests.unit.dataplane.builders import new_network

#: Rule: what `iptables -nL` and `iptables -L` print of it behind the addresses.
LISTED = {
    '-j LOG --log-prefix "x " --log-level info --log-uid --log-tcp-sequence': (
        'LOG flags 9 level 6 prefix "x "', 'LOG level info tcp-sequence uid prefix "x "',
    ),
    "-m state --state NEW -j LOG": ("state NEW LOG flags 0 level 4", "state NEW LOG level warn"),
    "-p tcp --syn -m iprange --src-range 1.1.1.1-1.1.1.2 ! --dst-range 2.2.2.2-2.2.2.3": (
        "tcp flags:0x17/0x02 source IP range 1.1.1.1-1.1.1.2 destination IP range ! 2.2.2.2-2.2.2.3",
        "tcp flags:FIN,SYN,RST,ACK/SYN source IP range 1.1.1.1-1.1.1.2 destination IP range ! 2.2.2.2-2.2.2.3",
    ),
    "-p tcp ! --tcp-flags SYN,RST SYN --dport 5": ("tcp dpt:5 flags:!0x06/0x02", "tcp dpt:5 flags:!SYN,RST/SYN"),
    "-p icmp --icmp-type any": ("icmptype 255", "icmp any"),
    "-m recent --rcheck --seconds 5 --hitcount 3 --rdest --mask 255.0.0.0": (
        "recent: CHECK seconds: 5 hit_count: 3 name: DEFAULT side: dest mask: 255.0.0.0",
        "recent: CHECK seconds: 5 hit_count: 3 name: DEFAULT side: dest mask: 255.0.0.0",
    ),
    "-m physdev --physdev-in a --physdev-is-bridged": (
        "PHYSDEV match --physdev-in a --physdev-is-bridged", "PHYSDEV match --physdev-in a --physdev-is-bridged",
    ),
    "-t nat -p tcp -j MASQUERADE --to-ports 5-6 --random": ("masq ports: 5-6 random", "masq ports: 5-6 random"),
    "-t raw -j NOTRACK": ("NOTRACK", "NOTRACK"),
    "-t raw -j CT --notrack": ("CT notrack", "CT notrack"),
}  # fmt: skip
CHAINS = {"nat": "POSTROUTING", "raw": "PREROUTING", "filter": "FORWARD"}


@pytest.fixture
def node() -> NetNs:
    return new_network().add_namespace("node")


@pytest.mark.parametrize("rule", LISTED)
def test_a_rule_is_listed_as_the_real_one_lists_it(node: NetNs, rule: str) -> None:
    table = rule.split()[1] if rule.startswith("-t") else "filter"
    chain = CHAINS[table]
    assert execute(node, f"iptables -A {chain} {rule}").exit_code == 0
    for option, details in zip(("-nL", "-L"), LISTED[rule], strict=True):
        row = execute(node, f"iptables -t {table} {option} {chain}").stdout.splitlines()[2]
        assert row.endswith(f"  {details}"), row


@pytest.mark.parametrize(("rule", "row"), [
    ("-p ospf -f", "           89   -f  0.0.0.0/0            0.0.0.0/0           "),
    ("! -f -p 253", "           253  !f  0.0.0.0/0            0.0.0.0/0           "),
    ("-g A", "A          0    --  0.0.0.0/0            0.0.0.0/0           [goto] "),
])  # fmt: skip
def test_the_columns_are_the_real_ones(node: NetNs, rule: str, row: str) -> None:
    execute(node, "iptables -N A")
    assert execute(node, f"iptables -A FORWARD {rule}").exit_code == 0
    assert execute(node, "iptables -nL FORWARD").stdout.splitlines()[2] == row


@pytest.mark.parametrize(("line", "what"), [
    ("iptables -A FORWARD -m limit --limit 1/s -j ACCEPT", "match `limit'"),
    ("iptables -A FORWARD -m conntrack --ctstatus ASSURED -j ACCEPT", "conntrack --ctstatus"),
    ("iptables -t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 80", "target `REDIRECT'"),
    ("iptables -t nat -A POSTROUTING -j SNAT --to-source 10.0.0.1-10.0.0.9", "a range of addresses"),
    ("iptables -A FORWARD -s 10.0.0.1/255.0.255.0 -j DROP", "the mask 255.0.255.0, which is no prefix,"),
])  # fmt: skip
def test_what_the_real_one_would_take_is_refused_by_name(node: NetNs, line: str, what: str) -> None:
    result = execute(node, line)
    assert (result.exit_code, result.stderr) == (2, f"podwalk: {what} is not modelled\n")
    assert not node.netfilter.table("filter").chains["FORWARD"].rules
