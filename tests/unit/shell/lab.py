"""Builders for the terminal's tests."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.veth import Veth, connect
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.fdb import VtepEntry
from app.dataplane.fib import Route
from app.dataplane.neigh import Neighbour
from app.dataplane.network import Network

__all__ = ["lab"]


def lab() -> Network:
    """Return the three namespaces that tests/golden/shell/record.sh makes with the real tools."""
    network = Network(Clock(), Rng(0))
    a, b, u = (network.add_namespace(name) for name in ("lab-a", "lab-b", "lab-u"))
    eth0, swp2 = Veth("eth0", "02:00:0a:00:00:0b"), Veth("swp2", "02:01:00:00:00:02")
    cni0 = Bridge("cni0", "0a:58:0a:02:01:01", 1450)
    local = IPv4Address("10.0.0.11")
    tunnel = VxlanDevice("flannel.1", "0e:f1:0a:02:01:00", 1450, vni=1, local=local, lower="eth0", port=8472)
    veth1, pod = Veth("veth1", "06:00:0a:02:01:25", 1450), Veth("eth0", "0a:58:0a:02:01:25", 1450)
    connect(eth0, swp2)
    connect(veth1, pod)
    for interface in (eth0, cni0, tunnel, veth1):
        a.add(interface)
    b.add(pod)
    u.add(swp2)
    cni0.enslave(veth1)
    for netns in (a, b, u):
        for name in netns.interfaces:
            netns.set_up(name)
    a.add_address("eth0", IPv4Interface("10.0.0.11/24"))
    a.add_address("cni0", IPv4Interface("10.2.1.1/24"))
    a.add_address("flannel.1", IPv4Interface("10.2.1.0/32"))
    b.add_address("eth0", IPv4Interface("10.2.1.37/24"))
    a.fib.add(Route(IPv4Network("0.0.0.0/0"), "eth0", IPv4Address("10.0.0.1")))
    a.fib.add(Route(IPv4Network("10.2.2.0/24"), "flannel.1", IPv4Address("10.2.2.0"), onlink=True))
    b.fib.add(Route(IPv4Network("0.0.0.0/0"), "eth0", IPv4Address("10.2.1.1")))
    a.neigh.put(Neighbour(IPv4Address("10.2.2.0"), "flannel.1", "0e:f1:0a:02:02:00", "PERMANENT"))
    tunnel.fdb.put(VtepEntry("0e:f1:0a:02:02:00", "flannel.1", IPv4Address("10.0.0.12")))
    return network
