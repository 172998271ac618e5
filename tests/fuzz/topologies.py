"""Networks that nobody would build on purpose: rings of bridges, routers that point at each other, tunnels in tunnels.

A plan is drawn first and built afterwards: what a failing example prints is the plan.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv4Interface

from hypothesis import strategies as st

from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.ipip import IpipDevice
from app.dataplane.devices.veth import Veth, connect
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.fdb import VtepEntry
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.sockets import Listener
from app.shell import execute
from app.shell.result import CommandError
from app.shell.terminal import COMMANDS, Terminal
from tests.fuzz.rules import rulesets

__all__ = ["Plan", "build", "plans"]

ADDRESSES = [f"10.0.{net}.{host}" for net in range(3) for host in range(1, 4)]
PREFIXES = ("8", "22", "24", "24", "24", "30", "31", "32")
NETWORKS = ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.1.2/32", "203.0.113.0/24")
MACS = [f"02:00:00:00:00:{number:02x}" for number in range(1, 7)]
MTUS = (1500, 1500, 1500, 68, 100, 576, 1450, 9000, 65535)
SETS = (
    "ipset create S1 hash:ip", "ipset create S2 hash:net", "ipset create S3 hash:ip,port", "ipset add S1 10.0.0.2",
    "ipset add S2 10.0.1.0/24", "ipset add S3 10.0.0.2,tcp:80",
)  # fmt: skip
VNIS = (1, 1, 2)
HOSTS = ("h0", "h1", "h2")
BRIDGES = ("br0", "br1")

addresses = st.sampled_from(ADDRESSES)
places = st.sampled_from(HOSTS)


@dataclass(frozen=True)
class End:
    """One end of a cable: its namespace, MAC, MTU, the bridge it is a port of ("" none) or its address, what it is."""

    host: str
    mac: str
    mtu: int
    bridge: str
    address: str
    up: bool
    hairpin: bool
    promisc: bool


@dataclass(frozen=True)
class Tunnel:
    """A VXLAN device: which frames it sends where, and the bridge it is a port of."""

    host: str
    vni: int
    local: str
    mtu: int
    mac: str
    fdb: tuple[tuple[str, str], ...]
    bridge: str
    address: str


@dataclass(frozen=True)
class Plan:
    """A network, its rules, and what is typed at its terminals before the questions."""

    cables: list[tuple[End, End]]
    bridges: dict[tuple[str, str], str]
    tunnels: list[Tunnel]
    ipip: list[tuple[str, str]]
    lines: list[tuple[str, str]] = field(default_factory=list)
    rules: dict[str, str] = field(default_factory=dict)
    calls_iptables: bool = True


@cache
def ends(net: int, bridges: tuple[str, ...]) -> st.SearchStrategy[End]:
    near = st.builds(f"10.0.{net}.{{}}/24".format, st.integers(1, 3))
    return st.builds(
        End,
        host=places,
        mac=st.sampled_from(MACS),
        mtu=st.sampled_from(MTUS),
        bridge=st.sampled_from(bridges),
        address=st.one_of(near, near, near, st.builds("{}/{}".format, addresses, st.sampled_from(PREFIXES))),
        up=st.sampled_from([True] * 14 + [False]),
        hairpin=st.sampled_from([False] * 4 + [True]),
        promisc=st.sampled_from([False] * 9 + [True]),
    )


@st.composite
def cables(draw: st.DrawFn) -> list[tuple[End, End]]:
    """Draw cables between any two namespaces, or within one; the two ends are usually of one subnet."""
    nets = draw(st.lists(st.integers(0, 2), min_size=1, max_size=6))
    bridged = draw(st.sampled_from([("",), ("",), ("", "br0"), ("", "br0", "br0", "br1")]))
    return [(draw(ends(net, bridged)), draw(ends(net, bridged))) for net in nets]


@cache
def tunnels() -> st.SearchStrategy[Tunnel]:
    macs = st.sampled_from([*MACS, "ff:ff:ff:ff:ff:ff"])
    return st.builds(
        Tunnel,
        host=places,
        vni=st.sampled_from(VNIS),
        local=addresses,
        mtu=st.sampled_from(MTUS),
        mac=st.sampled_from(MACS),
        fdb=st.lists(st.tuples(macs, addresses), min_size=1, max_size=4).map(tuple),
        bridge=st.sampled_from(["", "br0", "br1"]),
        address=st.builds("{}/{}".format, addresses, st.sampled_from(PREFIXES)),
    )


@cache
def routes(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    devices = st.sampled_from(names)
    verb = st.sampled_from(["add", "replace", "append"])
    to = st.sampled_from(NETWORKS)
    by = st.builds("{} via {}".format, to, addresses)
    dev = st.builds("{} dev {}".format, to, devices)
    both = st.builds("{} via {} dev {} onlink".format, to, addresses, devices)
    kinds = st.sampled_from(["blackhole", "unreachable", "prohibit", "local"])
    typed = st.builds("{} {}".format, kinds, to).map(lambda t: t + (" dev lo" if t.startswith("local") else ""))
    return st.builds("ip route {} {}".format, verb, st.one_of(by, by, dev, both, both, typed))


@cache
def settings_lines(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    devices = st.sampled_from(names)
    conf = st.builds(
        "sysctl -w net.ipv4.conf.{}.{}={}".format,
        st.one_of(st.sampled_from(["all", "default"]), devices),
        st.sampled_from(["proxy_arp", "rp_filter", "route_localnet", "forwarding"]),
        st.sampled_from("012"),
    )
    host = st.sampled_from([
        "sysctl -w net.ipv4.ip_forward=1", "sysctl -w net.ipv4.ip_forward=0", "sysctl -w net.ipv4.ip_default_ttl=255",
        "sysctl -w net.ipv4.ip_default_ttl=2", "sysctl -w net.ipv4.icmp_echo_ignore_all=1",
    ])  # fmt: skip
    return st.one_of(conf, host)


@cache
def other_lines(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    devices = st.sampled_from(names)
    macs = st.sampled_from(MACS)
    return st.one_of(
        st.builds("ip neigh replace {} lladdr {} dev {}".format, addresses, macs, devices),
        st.builds("bridge fdb replace {} dev {} master static".format, macs, devices),
        st.builds("ip addr add {}/{} dev {}".format, addresses, st.sampled_from(PREFIXES), devices),
        st.builds(
            "ip link set {} {}".format,
            devices,
            st.sampled_from(["down", "promisc on", "mtu 68", "mtu 20", "mtu 0", "mtu 65535", "nomaster"]),
        ),
        st.builds(
            "bridge link set dev {} {} {}".format,
            devices,
            st.sampled_from(["hairpin", "learning", "flood"]),
            st.sampled_from(["on", "off"]),
        ),
        st.builds("ip link set {} address {}".format, devices, macs),
        st.just("conntrack -F"),
    )


@st.composite
def gateways(draw: st.DrawFn, pairs: list[tuple[End, End]]) -> list[tuple[str, str]]:
    """Draw default routes to the other end of a cable: so two routers often point at each other."""
    lines: list[tuple[str, str]] = []
    for host in HOSTS:
        ways = [
            (end.bridge or f"c{number}{side}", far.address.partition("/")[0])
            for number, pair in enumerate(pairs)
            for end, far, side in zip(pair, pair[::-1], "ab", strict=True)
            if end.host == host
        ]
        share: int = draw(st.integers(0, 7))
        if ways and share:
            dev, via = draw(st.sampled_from(ways))
            lines.append((host, f"ip route append default via {via} dev {dev} onlink"))
    return lines


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan: one to six cables between three namespaces with up to two bridges each, tunnels, lines, rules."""
    pairs = draw(cables())
    bridges = draw(st.dictionaries(st.tuples(places, st.sampled_from(BRIDGES)), addresses, max_size=4))
    vxlans = draw(st.lists(tunnels(), max_size=2))
    ipip = draw(st.lists(st.tuples(places, addresses), max_size=2))
    there = {host: ["lo"] for host in HOSTS}
    for number, pair in enumerate(pairs):
        for end, side in zip(pair, "ab", strict=True):
            there[end.host] += [f"c{number}{side}", *([end.bridge] if end.bridge else [])]
    for host, name in bridges:
        there[host].append(name)
    for number, tunnel in enumerate(vxlans):
        there[tunnel.host] += [f"vx{number}", *([tunnel.bridge] if tunnel.bridge else [])]
    for host, _ in ipip:
        there[host].append("tunl0")
    lines: list[tuple[str, str]] = []
    for host in draw(st.lists(places, max_size=10)):
        devices = tuple(dict.fromkeys(there[host]))
        kinds = [routes(devices), routes(devices), settings_lines(devices), other_lines(devices)]
        lines.append((host, draw(st.one_of(kinds))))
    lines += draw(gateways(pairs))
    rules: dict[str, str] = {}
    if draw(st.booleans()):
        rules = draw(st.dictionaries(places, rulesets(), max_size=3))
    return Plan(pairs, bridges, vxlans, ipip, lines, rules, draw(st.booleans()))


# --- building ---------------------------------------------------------------------------------------------------------


def build(plan: Plan, seed: int = 0) -> Network:
    """Return the network of a plan. What the kernel would refuse of it is left out, as a student's mistake is."""
    network = Network(Clock(), Rng(seed))
    for name in HOSTS:
        netns = network.add_namespace(name)
        netns.sysctls["net.ipv4.ip_forward"] = "1"
        for proto, port in (("tcp", 80), ("udp", 80), ("udp", 8472)):
            netns.sockets.listen(Listener(proto, port, "server"))
    for number, (one, other) in enumerate(plan.cables):
        _cable(network, number, one, other)
    for (host, name), address in plan.bridges.items():
        _give(_bridge(network.namespaces[host], name), f"{address}/24")
    for number, tunnel in enumerate(plan.tunnels):
        _tunnel(network, f"vx{number}", tunnel)
    for host, address in plan.ipip:
        _ipip(network.namespaces[host], address)
    for netns in network.namespaces.values():
        for line in SETS:
            execute(netns, line)
        if any(isinstance(i, Bridge) for i in netns.interfaces.values()):
            netns.sysctls["net.bridge.bridge-nf-call-iptables"] = "1" if plan.calls_iptables else "0"
    for host, line in plan.lines:
        result = execute(network.namespaces[host], line)
        assert "Traceback" not in result.stderr
    for host, text in plan.rules.items():
        restore(network.namespaces[host], text)
    return network


def restore(netns: NetNs, text: str) -> None:
    """Load rules line by line: one that is refused is left out."""
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line
        elif line != "COMMIT":
            with contextlib.suppress(CommandError):
                COMMANDS.get("iptables-restore")(Terminal(netns), ["--noflush", f"{table}\n{line}\nCOMMIT\n"])


def _bridge(netns: NetNs, name: str) -> Bridge:
    found = netns.interfaces.get(name)
    if found is None:
        number = 16 * HOSTS.index(netns.name) + BRIDGES.index(name)
        found = netns.add(Bridge(name, f"02:bb:00:00:00:{number:02x}"))
        netns.set_up(name)
    assert isinstance(found, Bridge)
    return found


def _give(dev: Bridge | Veth | VxlanDevice | IpipDevice, address: str) -> None:
    with contextlib.suppress(ValueError):
        dev.netns.add_address(dev.name, IPv4Interface(address))


def _cable(network: Network, number: int, one: End, other: End) -> None:
    pair = []
    for end, side in ((one, "a"), (other, "b")):
        veth = Veth(f"c{number}{side}", end.mac, end.mtu)
        network.namespaces[end.host].add(veth)
        pair.append(veth)
    connect(*pair)
    for end, veth in zip((one, other), pair, strict=True):
        veth.promisc = end.promisc
        if end.bridge:
            _bridge(veth.netns, end.bridge).enslave(veth, hairpin=end.hairpin)
        if end.up:
            veth.netns.set_up(veth.name)
        if not end.bridge:
            _give(veth, end.address)


def _tunnel(network: Network, name: str, plan: Tunnel) -> None:
    netns = network.namespaces[plan.host]
    local = IPv4Address(plan.local)
    device = VxlanDevice(name, plan.mac, plan.mtu, vni=plan.vni, local=local, lower="c0a", port=8472)
    netns.add(device)
    for mac, dst in plan.fdb:
        device.fdb.put(VtepEntry(mac, name, IPv4Address(dst)))
    if plan.bridge:
        _bridge(netns, plan.bridge).enslave(device)
    netns.set_up(name)
    if not plan.bridge:
        _give(device, plan.address)


def _ipip(netns: NetNs, address: str) -> None:
    if "tunl0" not in netns.interfaces:
        device = IpipDevice("tunl0", 1480)
        netns.add(device)
        netns.set_up("tunl0")
        _give(device, f"{address}/32")
