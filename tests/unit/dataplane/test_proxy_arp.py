"""Proxy ARP and per-interface parameters. Source: Linux net/ipv4/arp.c, arp_process(); devinet.c."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from app.dataplane.devices.veth import Veth, connect
from app.dataplane.fib import Route
from app.dataplane.headers import Icmp, Payload
from app.dataplane.ip import send_local
from app.dataplane.network import Network
from app.dataplane.packet import Packet, ip_packet
from app.dataplane.settings import conf_key, either, forward_change, own, strictest
from app.dataplane.walk import walk
from app.shell import execute
from tests.unit.dataplane.builders import add_host, add_lan, new_network, ping

GATEWAY = IPv4Address("169.254.1.1")


@pytest.fixture
def routed() -> Network:
    """A node with a LAN card and a default route, and a pod on a cable whose node end has no address."""
    network = new_network()
    lan = add_lan(network)
    node = add_host(network, lan, "node", "10.0.0.11/24", forwards=True)
    add_host(network, lan, "gateway", "10.0.0.1/24")
    node.fib.add(Route(IPv4Network("0.0.0.0/0"), "eth0", via=IPv4Address("10.0.0.1")))
    pod = network.add_namespace("pod", host="node")
    eth0, cali = Veth("eth0", "0a:58:0a:02:01:14"), Veth("cali1", "ee:ee:ee:ee:ee:ee")
    pod.add(eth0)
    node.add(cali)
    connect(eth0, cali)
    node.set_up("cali1")
    pod.set_up("eth0")
    pod.add_address("eth0", IPv4Interface("10.2.1.20/32"))
    pod.fib.add(Route(IPv4Network(GATEWAY), "eth0", scope="link"))
    pod.fib.add(Route(IPv4Network("0.0.0.0/0"), "eth0", via=GATEWAY))
    node.fib.add(Route(IPv4Network("10.2.1.20/32"), "cali1", scope="link"))
    node.sysctls["net.ipv4.conf.cali1.proxy_arp"] = "1"
    return network


def codes(network: Network) -> list[str]:
    return [hop.code for hop in network.hops]


def test_a_proxy_answers_with_its_own_mac_for_what_lies_behind_another_device(routed: Network) -> None:
    ping(routed, routed.namespaces["pod"], "10.0.0.11")
    assert "arp-reply-proxy" in codes(routed)
    entry = routed.namespaces["pod"].neigh.get(GATEWAY, "eth0", 0)
    assert entry is not None
    assert (entry.mac, entry.state) == ("ee:ee:ee:ee:ee:ee", "REACHABLE")
    asker = routed.namespaces["node"].neigh.get(IPv4Address("10.2.1.20"), "cali1", 0)
    assert asker is not None
    assert asker.mac == "0a:58:0a:02:01:14"


def test_the_evidence_is_what_sysctl_prints(routed: Network) -> None:
    ping(routed, routed.namespaces["pod"], "10.0.0.11")
    hop = next(hop for hop in routed.hops if hop.code == "arp-reply-proxy")
    assert hop.evidence is not None
    printed = execute(routed.namespaces["node"], hop.evidence.tool).stdout
    assert printed == f"{hop.evidence.entry}\n" == "net.ipv4.conf.cali1.proxy_arp = 1\n"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("sysctl -w net.ipv4.conf.cali1.proxy_arp=0", None),
        ("sysctl -w net.ipv4.ip_forward=0", "drop-arp-not-forwarding"),
        ("sysctl -w net.ipv4.conf.cali1.forwarding=0", "drop-arp-not-forwarding"),
        ("ip route del default", "drop-arp-no-route"),
        ("ip route add 169.254.1.1 dev cali1", None),
    ],
)
def test_no_answer_without_setting_forwarding_or_a_way_by_another_device(
    routed: Network, fault: str, code: str | None
) -> None:
    assert execute(routed.namespaces["node"], fault).exit_code == 0
    ping(routed, routed.namespaces["pod"], "10.0.0.11")
    assert "arp-reply-proxy" not in codes(routed)
    assert "arp-failed" in codes(routed)
    assert {c for c in codes(routed) if c.startswith("drop-arp")} == ({code} if code else set())


def test_an_interfaces_own_value_and_that_of_all_combine_as_in_the_kernel(routed: Network) -> None:
    node = routed.namespaces["node"]
    cali, eth0 = node.interfaces["cali1"], node.interfaces["eth0"]
    assert (own(cali, "proxy_arp"), either(eth0, "proxy_arp")) == (True, False)
    node.sysctls[conf_key("all", "proxy_arp")] = "1"
    assert (own(eth0, "proxy_arp"), either(eth0, "proxy_arp")) == (False, True)
    node.sysctls[conf_key("all", "rp_filter")] = "2"
    node.sysctls[conf_key("cali1", "rp_filter")] = "1"
    assert strictest(cali, "rp_filter") == 2


def test_ip_forward_writes_every_interface(routed: Network) -> None:
    node = routed.namespaces["node"]
    node.sysctls[conf_key("cali1", "forwarding")] = "1"
    forward_change(node, "0")
    assert not own(node.interfaces["cali1"], "forwarding")
    assert execute(node, "sysctl net.ipv4.conf.all.forwarding").stdout == "net.ipv4.conf.all.forwarding = 0\n"
    execute(node, "sysctl -w net.ipv4.conf.all.forwarding=1")
    assert node.sysctls["net.ipv4.ip_forward"] == "1"
    assert own(node.interfaces["eth0"], "forwarding")


def test_a_dot_in_a_name_is_a_slash_in_the_parameter() -> None:
    assert conf_key("vxlan.calico", "rp_filter") == "net.ipv4.conf.vxlan/calico.rp_filter"


@pytest.mark.parametrize(
    ("value", "source", "arrives"),
    [
        ("1", "10.2.1.20", True),
        ("1", "10.0.0.99", False),
        ("0", "10.0.0.99", True),
        ("2", "10.0.0.99", False),
    ],
)
def test_rp_filter_drops_a_source_that_would_be_answered_by_another_device(
    routed: Network, value: str, source: str, arrives: bool
) -> None:
    """Mode 2 asks for any way back, but on a device without an address for one by that device."""
    node, pod = routed.namespaces["node"], routed.namespaces["pod"]
    execute(node, f"sysctl -w net.ipv4.conf.cali1.rp_filter={value}")
    ip = ip_packet(IPv4Address(source), IPv4Address("10.0.0.11"), Icmp(8, 0, 7, 1, Payload(56)))
    routed.start_record()
    send_local(pod, Packet(routed.next_number(), "request", 1, None, ip))
    list(walk(routed))
    assert ("drop-rp-filter" not in codes(routed)) == arrives
    assert ("deliver-echo-request" in codes(routed)) == arrives
