"""What the hooks of a node do with the first packet of a connection: the engine itself walks it, in either mode."""

from collections.abc import Callable
from ipaddress import IPv4Address
from itertools import count

from app.dataplane.headers import Icmp, IPv4, Payload, Tcp, Udp
from app.dataplane.hop import Hop
from app.dataplane.netfilter.hooks import run_hook
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet, ip_packet

Fate = tuple[str, bool]
PORTS = count(20_000)
L4: dict[str, Callable[[int, int], Icmp | Tcp | Udp]] = {
    "TCP": lambda sport, dport: Tcp(sport, dport, "S", 0, 0),
    "UDP": lambda sport, dport: Udp(sport, dport, Payload(4)),
    "ICMP": lambda ident, _: Icmp(8, 0, ident),
}


class HookWalk:
    """Walks packets through one node."""

    def __init__(self, netns: NetNs) -> None:
        self.netns = netns
        self.own = {a.interface.ip for i in netns.interfaces.values() for a in i.addresses}
        netns.network.reject = lambda *_: None  # what the sender is told is another test's

    def is_local(self, address: IPv4Address) -> bool:
        return address.is_loopback or address in self.own

    def fates(self, src: str, dst: str, dport: int, proto: str, endpoints: list[str], *, draws: int = 24) -> set[Fate]:
        """Return every (endpoint, DROP, REJECT or none; masqueraded) that draws and picks lead to."""
        found = {self.fate(src, dst, dport, proto) for _ in range(draws)}
        for endpoint in endpoints:
            self.netns.network.preferred = frozenset({IPv4Address(endpoint.partition(":")[0])})
            found.add(self.fate(src, dst, dport, proto))
        self.netns.network.preferred = frozenset()
        return found

    def fate(self, src: str, dst: str, dport: int, proto: str) -> Fate:
        """Return where one packet goes: `IP:PORT` where it is translated, DROP, REJECT, or none."""
        source, target = IPv4Address(src), IPv4Address(dst)
        l4 = L4[proto](next(PORTS), dport)
        packet = Packet(1, "request", 1, None, ip_packet(source, target, l4))
        network = self.netns.network
        network.start_record()
        end = self._hooks(packet, source)
        kinds = [hop.kind for hop in network.hops]
        is_masqueraded = any(hop.kind == "masquerade" and _is_kube_proxys(hop) for hop in network.hops)
        if end is None:
            return ("REJECT" if "reject" in kinds else "DROP"), False
        assert isinstance(end.net, IPv4)
        payload = end.net.payload
        where = f"{end.net.dst}:{payload.dport}" if "dnat" in kinds and isinstance(payload, Tcp | Udp) else "none"
        return where, is_masqueraded

    def _hooks(self, packet: Packet, source: IPv4Address) -> Packet | None:
        """Pass the hooks that a packet from there passes; a host's own packet to itself passes POSTROUTING first."""
        eth0 = self.netns.interfaces["eth0"]
        out: Packet | None
        if self.is_local(source):
            out = run_hook(self.netns, "OUTPUT", packet, None, eth0)
            hooks = ["POSTROUTING"]
            if out is not None and self.is_local(_target(out)):
                hooks.append("INPUT")
        else:
            out = run_hook(self.netns, "PREROUTING", packet, eth0, None)
            hooks = ["INPUT"] if out is not None and self.is_local(_target(out)) else ["FORWARD", "POSTROUTING"]
        for hook in hooks:
            if out is None:
                return None
            is_in = hook == "INPUT"
            out = run_hook(self.netns, hook, out, eth0 if is_in or hook == "FORWARD" else None, None if is_in else eth0)
        return out


def _target(packet: Packet) -> IPv4Address:
    assert isinstance(packet.net, IPv4)
    return packet.net.dst


def _is_kube_proxys(hop: Hop) -> bool:
    """Whether the rule is kube-proxy's, not the CNI plugin's."""
    evidence = hop.evidence
    return evidence is not None and ("kube-proxy" in evidence.tool or "KUBE-POSTROUTING" in evidence.entry)
