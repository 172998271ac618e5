"""Hand-made networks for data plane tests: no cluster, no Kubernetes, just tables."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.nic import Nic
from app.dataplane.devices.veth import Veth, connect
from app.dataplane.fib import Route
from app.dataplane.headers import Icmp, IPv4, Payload, Tcp, Udp
from app.dataplane.hop import Hop
from app.dataplane.ip import route_output, send_local
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.packet import Packet, ip_packet
from app.dataplane.sockets import PingSocket
from app.dataplane.walk import walk


def mac(prefix: str, address: str) -> str:
    """Return a MAC made of two prefix bytes and an IPv4 address."""
    return f"{prefix}:" + ":".join(f"{b:02x}" for b in IPv4Address(address).packed)


def new_network() -> Network:
    """Return an empty network with seed 0."""
    return Network(Clock(), Rng(0))


def add_bridge(ns: NetNs, name: str, address: str) -> Bridge:
    """Add a bridge with an address, e.g. 10.2.1.1/24."""
    bridge = Bridge(name, mac("0a:58", address.split("/", maxsplit=1)[0]), 1450)
    ns.add(bridge)
    ns.set_up(name)
    ns.add_address(name, IPv4Interface(address))
    return bridge


def add_pod(network: Network, ns: NetNs, bridge: Bridge, name: str, address: str, *, hairpin: bool = False) -> NetNs:
    """Plug a namespace into a bridge; its default route leads to the bridge's address."""
    pod = network.add_namespace(name, host=ns.name)
    eth0 = Veth("eth0", mac("0a:58", address.split("/", maxsplit=1)[0]), 1450)
    port = Veth(f"veth-{name}", mac("06:00", address.split("/", maxsplit=1)[0]), 1450)
    pod.add(eth0)
    ns.add(port)
    connect(eth0, port)
    bridge.enslave(port, hairpin=hairpin)
    ns.set_up(port.name)
    pod.set_up("eth0")
    pod.add_address("eth0", IPv4Interface(address))
    gateway = bridge.addresses[0].interface.ip
    pod.fib.add(Route(IPv4Network("0.0.0.0/0"), "eth0", via=gateway))
    return pod


def add_lan(network: Network) -> Bridge:
    """Add a switch in a namespace of its own."""
    underlay = network.add_namespace("underlay", is_tapped=False)
    lan = Bridge("lan0", "02:ff:00:00:00:00")
    underlay.add(lan)
    underlay.set_up("lan0")
    return lan


def add_host(network: Network, lan: Bridge, name: str, address: str, *, forwards: bool = False) -> NetNs:
    """Add a host with one NIC on the LAN."""
    ns = network.add_namespace(name)
    nic = Nic("eth0", mac("02:00", address.split("/", maxsplit=1)[0]))
    port = Nic(f"swp{len(lan.ports) + 1}", mac("02:ff", address.split("/", maxsplit=1)[0]))
    ns.add(nic)
    lan.netns.add(port)
    connect(nic, port)
    lan.enslave(port)
    lan.netns.set_up(port.name)
    ns.set_up("eth0")
    ns.add_address("eth0", IPv4Interface(address))
    ns.sysctls["net.ipv4.ip_forward"] = "1" if forwards else "0"
    return ns


def ip_of(packet: Packet) -> IPv4:
    """Return the packet's IP header."""
    assert isinstance(packet.net, IPv4)
    return packet.net


def tcp_of(packet: Packet) -> Tcp:
    """Return the packet's TCP header."""
    tcp = ip_of(packet).payload
    assert isinstance(tcp, Tcp)
    return tcp


def icmp_of(packet: Packet) -> Icmp:
    """Return the packet's ICMP header."""
    icmp = ip_of(packet).payload
    assert isinstance(icmp, Icmp)
    return icmp


def udp_of(packet: Packet) -> Udp:
    """Return the packet's UDP header."""
    udp = ip_of(packet).payload
    assert isinstance(udp, Udp)
    return udp


class Ping:
    """One ping: what came back."""

    def __init__(self) -> None:
        self.replies: list[Packet] = []
        self.errors: list[tuple[int, int]] = []


def ping(
    network: Network, ns: NetNs, to: str, *, ttl: int = 64, size: int = 56, df: bool = False
) -> tuple[Ping, list[Hop]]:
    """Send one echo request from `ns`, run until nothing moves, and return the answers and the hops."""
    network.start_record()
    answers = Ping()
    socket = PingSocket(7, answers.replies.append, lambda t, c, _: answers.errors.append((t, c)))
    ns.sockets.pings[7] = socket
    target = IPv4Address(to)
    _, source = route_output(ns, target)
    number = network.next_number()
    ip = ip_packet(source, target, Icmp(8, 0, 7, 1, Payload(size)), ttl=ttl, df=df, ident=number)
    send_local(ns, Packet(number, "request", 1, None, ip))
    return answers, list(walk(network))


def kinds(hops: list[Hop], leg: str) -> list[tuple[str, str]]:
    """Return (kind, NETNS:INTERFACE) of one leg's hops."""
    return [(h.kind, f"{h.netns}:{h.interface}") for h in hops if h.packet.leg == leg]
