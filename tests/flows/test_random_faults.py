"""Whatever an administrator breaks at the terminal, a walk ends in a verdict, and its evidence is what the tools print."""

import random
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.netns import NetNs
from app.kube.clusterfile import load_cluster
from app.shell import execute
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from tests.flows.test_evidence import problems_of

CLUSTER = load_cluster([str(Path(__file__).parents[1] / "oracle" / "cluster-vxlan.yaml")])
SENDERS = ("pod/default/client-a", "pod/default/nginx-c", "node/k8s-node-11", "ext/ext-client", "ext/gateway")
TARGETS = (
    "icmp://10.2.2.50", "icmp://10.2.1.37", "tcp://10.2.2.50:80", "tcp://10.2.1.37:81", "udp://10.2.0.2:53",
    "icmp://10.0.0.12", "icmp://10.2.1.1", "icmp://127.0.0.1", "icmp://10.2.1.255", "icmp://203.0.113.10",
)  # fmt: skip


def fault(chance: random.Random, netns: NetNs) -> str:
    """Return one command that changes something which `netns` has, or adds what is near to it."""
    dev = chance.choice(list(netns.interfaces.values()))
    ip = IPv4Address(int(IPv4Address("10.2.0.0")) + chance.randrange(3 * 256))
    mac = f"02:00:00:00:00:{chance.randrange(256):02x}"
    switch = chance.choice(("on", "off"))
    lines = [
        f"ip link set {dev.name} down", f"ip link set {dev.name} mtu {chance.choice((68, 576, 1400, 1500, 9000))}",
        f"ip link set {dev.name} nomaster", f"ip link set {dev.name} master cni0", f"ip link set {dev.name} address {mac}",
        f"ip link set {dev.name} promisc on", f"ip addr add {ip}/{chance.choice((8, 24, 31, 32))} dev {dev.name}",
        f"ip route add {chance.choice(('blackhole', 'unreachable', 'prohibit'))} {ip}", f"ip route add local {ip} dev lo",
        f"ip route replace {ip} via {ip} dev {dev.name} onlink", f"ip route append default via {ip}",
        f"ip route flush dev {dev.name}", f"ip neigh replace {ip} lladdr {mac} dev {dev.name}",
        f"ip neigh replace {ip} dev {dev.name} nud failed", f"bridge fdb replace {mac} dev {dev.name} master static",
        f"bridge fdb replace {mac} dev {dev.name} dst {ip}", f"bridge link set dev {dev.name} hairpin {switch} flood {switch}",
        f"sysctl -w net.ipv4.ip_forward={chance.randrange(2)}", f"sysctl -w net.ipv4.ip_default_ttl={chance.randrange(1, 4)}",
        "sysctl -w net.ipv4.icmp_echo_ignore_all=1", "ss -K sport = :80",
    ]  # fmt: skip
    lines += [f"ip route del {r.prefix} table {r.table}" for r in netns.fib.routes]
    lines += [f"ip addr del {a.interface} dev {dev.name}" for a in dev.addresses]
    if isinstance(dev, VxlanDevice):
        lines += [f"bridge fdb del {e.mac} dev {dev.name}" for e in dev.fdb.entries()]
    if isinstance(dev, Bridge):
        lines += [f"bridge fdb del {e.mac} dev {e.port} self master" for e in dev.fdb.entries(0) if e.port != dev.name]
    return chance.choice(lines)


@pytest.mark.parametrize("seed", range(40))
def test_a_walk_after_random_faults_ends_and_its_evidence_is_true(seed: int) -> None:
    chance = random.Random(seed)
    simulator = Simulator(CLUSTER)
    places = [n for n in simulator.network.namespaces.values() if n.is_tapped]
    for _ in range(4):
        netns = chance.choice(places)
        execute(netns, fault(chance, netns))
        request = TraceRequest(chance.choice(SENDERS), chance.choice(TARGETS), size=chance.choice((None, 1400, 3000)))
        assert problems_of(simulator, request) == []
