"""What has no end is found out: frames that go round, rules that fan out. What a TTL ends is no loop."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

import pytest

from app.core.limits import limit
from app.dataplane.budget import WalkBudgetError
from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.veth import Veth, connect
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.fdb import FdbEntry, VtepEntry
from app.dataplane.fib import Route
from app.dataplane.neigh import Neighbour
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from tests.unit.dataplane.builders import add_host, add_lan, mac, new_network, ping


def cable(one: NetNs, other: NetNs, name: str) -> tuple[Veth, Veth]:
    """Join two namespaces; a bridge br0 that is there takes its end."""
    ends = []
    for number, netns in enumerate((one, other)):
        veth = Veth(f"{name}{number}", f"02:{sum(name.encode()) % 256:02x}:00:00:00:{number:02x}")
        netns.add(veth)
        ends.append(veth)
    connect(*ends)
    for veth in ends:
        bridge = veth.netns.interfaces.get("br0")
        if isinstance(bridge, Bridge):
            bridge.enslave(veth)
        veth.netns.set_up(veth.name)
    return ends[0], ends[1]


def with_bridge(network: Network, name: str, address: str) -> NetNs:
    netns = network.add_namespace(name)
    netns.add(Bridge("br0", mac("02:bb", address)))
    netns.set_up("br0")
    netns.add_address("br0", IPv4Interface(f"{address}/24"))
    return netns


def test_a_ring_of_bridges_is_named_with_every_bridge_on_it() -> None:
    network = new_network()
    ring = [with_bridge(network, f"s{n}", f"10.0.0.{n}") for n in (1, 2, 3)]
    for number, netns in enumerate(ring):
        cable(netns, ring[(number + 1) % 3], f"w{number}")
    with pytest.raises(WalkBudgetError) as caught:
        ping(network, ring[0], "10.0.0.9")
    loop = caught.value.loop
    assert loop is not None
    assert (loop.leg, set(loop.way)) == ("arp", {"s1:br0", "s2:br0", "s3:br0"})
    assert loop.at.startswith(("s1:", "s2:", "s3:"))
    assert len(network.hops) < limit("walk.hops")


def test_the_same_ring_cut_at_one_place_is_none() -> None:
    network = new_network()
    ring = [with_bridge(network, f"s{n}", f"10.0.0.{n}") for n in (1, 2, 3)]
    for number, netns in enumerate(ring[:2]):
        cable(netns, ring[number + 1], f"w{number}")
    answers, _ = ping(network, ring[0], "10.0.0.3")
    assert len(answers.replies) == 1


def test_static_entries_that_point_round_the_ring_loop_without_a_broadcast() -> None:
    network = new_network()
    ring = [with_bridge(network, f"s{n}", f"10.0.0.{n}") for n in (1, 2, 3)]
    for number, netns in enumerate(ring):
        onward, _ = cable(netns, ring[(number + 1) % 3], f"w{number}")
        bridge = netns.interfaces["br0"]
        assert isinstance(bridge, Bridge)
        bridge.fdb.put(FdbEntry("02:00:00:00:00:77", onward.name, "br0", is_static=True))
    ring[0].neigh.put(Neighbour(IPv4Address("10.0.0.9"), "br0", "02:00:00:00:00:77", "PERMANENT"))
    with pytest.raises(WalkBudgetError) as caught:
        ping(network, ring[0], "10.0.0.9")
    assert caught.value.loop is not None
    assert caught.value.loop.leg == "request"


def test_two_tunnels_that_carry_a_bridge_round_are_a_ring_too() -> None:
    network = new_network()
    lan = add_lan(network)
    hosts = [add_host(network, lan, f"n{n}", f"10.0.0.1{n}/24") for n in (1, 2)]
    for number, host in enumerate(hosts):
        bridge = Bridge("br0", mac("02:bb", f"10.2.0.{number + 1}"))
        host.add(bridge)
        for vni in (1, 2):
            name, other = f"vx{vni}", IPv4Address(f"10.0.0.1{2 - number}")
            local = IPv4Address(f"10.0.0.1{1 + number}")
            tunnel = VxlanDevice(
                name, mac("0e:f1", f"10.{vni}.0.{number}"), 1450, vni=vni, local=local, lower="eth0", port=8472 + vni
            )
            host.add(tunnel)
            tunnel.fdb.put(VtepEntry("ff:ff:ff:ff:ff:ff", name, other))
            bridge.enslave(tunnel)
            host.set_up(name)
        host.set_up("br0")
        host.add_address("br0", IPv4Interface(f"10.2.0.{number + 1}/24"))
    with pytest.raises(WalkBudgetError) as caught:
        ping(network, hosts[0], "10.2.0.9")
    loop = caught.value.loop
    assert loop is not None
    assert {"n1:br0", "n2:br0"} <= set(loop.way)
    assert any(place.startswith(("n1:vx", "n2:vx")) for place in loop.way)


def test_routers_that_point_at_each_other_are_ended_by_the_ttl() -> None:
    network = new_network()
    lan = add_lan(network)
    sender, a, b = (add_host(network, lan, f"n{n}", f"10.0.0.1{n}/24", forwards=True) for n in (0, 1, 2))
    sender.fib.add(Route(IPv4Network("0.0.0.0/0"), "eth0", via=IPv4Address("10.0.0.11")))
    a.fib.add(Route(IPv4Network("0.0.0.0/0"), "eth0", via=IPv4Address("10.0.0.12")))
    b.fib.add(Route(IPv4Network("0.0.0.0/0"), "eth0", via=IPv4Address("10.0.0.11")))
    answers, hops = ping(network, sender, "203.0.113.1", ttl=255)
    assert answers.errors == [(11, 0)]
    assert sum(hop.kind == "ttl-decrement" for hop in hops) == 254


def test_jumps_that_fan_out_are_cut_off() -> None:
    network = new_network()
    host = network.add_namespace("n1")
    levels = 12
    lines = [f":L{n} - [0:0]" for n in range(levels)]
    lines += [f"-A L{n} -j L{n + 1}" for n in range(levels - 1) for _ in range(10)]
    host.netfilter.restore("\n".join(["*filter", *lines, "-A OUTPUT -j L0", "COMMIT"]) + "\n")
    with pytest.raises(WalkBudgetError) as caught:
        ping(network, host, "127.0.0.1")
    assert caught.value.rules_at == ("n1", "filter", "OUTPUT")


@pytest.mark.parametrize("size", [56, 1400])
def test_two_tunnels_that_lead_into_each_other_are_a_dead_loop_after_nine(size: int) -> None:
    network = new_network()
    host = network.add_namespace("n1")
    for number in (1, 2):
        local = IPv4Address(f"10.{number}.0.1")
        tunnel = VxlanDevice(
            f"vx{number}", f"0e:f1:00:00:00:0{number}", 1500, vni=1, local=local, lower="lo", port=8472
        )
        host.add(tunnel)
        host.set_up(tunnel.name)
        host.add_address(tunnel.name, IPv4Interface(f"10.{number}.0.1/24"))
        tunnel.fdb.put(VtepEntry("02:00:00:00:00:99", tunnel.name, IPv4Address(f"10.{3 - number}.0.9")))
        host.neigh.put(Neighbour(IPv4Address(f"10.{number}.0.9"), tunnel.name, "02:00:00:00:00:99", "PERMANENT"))
    _, hops = ping(network, host, "10.1.0.9", size=size)
    assert {hop.code for hop in hops if hop.kind == "drop"} == {"drop-dead-loop"}
    assert {hop.params["depth"] for hop in hops if hop.code == "drop-dead-loop"} == {9}


def test_a_tunnel_that_is_routed_into_itself_drops_the_frame() -> None:
    network = new_network()
    host = network.add_namespace("n1")
    tunnel = VxlanDevice("vx1", "0e:f1:00:00:00:01", 1500, vni=1, local=IPv4Address("10.1.0.1"), lower="lo", port=8472)
    host.add(tunnel)
    host.set_up("vx1")
    host.add_address("vx1", IPv4Interface("10.1.0.1/24"))
    tunnel.fdb.put(VtepEntry("02:00:00:00:00:99", "vx1", IPv4Address("10.1.0.8")))
    host.neigh.put(Neighbour(IPv4Address("10.1.0.9"), "vx1", "02:00:00:00:00:99", "PERMANENT"))
    _, hops = ping(network, host, "10.1.0.9")
    assert hops[-1].code == "drop-tunnel-loop"
