"""kube-proxy's iptables mode: chains of its own, and jumps to them from the built-in ones.

    nat    PREROUTING, OUTPUT -> KUBE-SERVICES -> KUBE-SVC-... -> KUBE-SEP-...: DNAT
           POSTROUTING        -> KUBE-POSTROUTING: MASQUERADE what KUBE-MARK-MASQ marked
    filter INPUT, FORWARD, OUTPUT -> what has no endpoints is rejected or dropped

Most of it is the same on every node: each text is made once and the very same string goes to every node.
Source: Kubernetes pkg/proxy/iptables/proxier.go, syncProxyRules(), iptablesJumpChains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.control.kubeproxy import static
from app.control.kubeproxy.categorize import Place as NodePlace
from app.control.kubeproxy.categorize import VersionRules, categorize, is_same_everywhere
from app.control.kubeproxy.chains import Place, Rules, restore_text
from app.control.kubeproxy.legacyrules import LegacyPort
from app.control.kubeproxy.modernrules import ModernPort, Writing
from app.control.kubeproxy.nodeports import hold_node_ports
from app.control.kubeproxy.servicemap import ProxyServicePort, service_ports
from app.control.kubeproxy.settings import ProxyNode, ProxySettings
from app.control.proxy import ProxyMode, modes
from app.dataplane.netns import NetNs
from app.kube.endpoints import EndpointSlice
from app.kube.services import Service

LARGE_CLUSTER_ENDPOINTS = 1000
"""From here on kube-proxy leaves out the comments of endpoints (proxier.go, largeClusterEndpointsThreshold)."""
MODERN = (1, 24)
"""The version since which today's chains are written; before, those of 1.19."""

Chains = Mapping[Place, Sequence[str]]
NOWHERE = NodePlace("")


@modes.register("iptables")
class IptablesProxy(ProxyMode):
    """The texts for every node. `restore_texts` are in the order in which they must be loaded."""

    def __init__(self, settings: ProxySettings, services: Sequence[Service], slices: Sequence[EndpointSlice]) -> None:
        self.settings = settings
        self.is_modern = settings.version >= MODERN
        self.version = VersionRules.of(settings.version)
        self.ports = service_ports(services, slices)
        if not self.is_modern:  # internalTrafficPolicy came later
            self.ports = tuple(replace(port, is_internal_local=False) for port in self.ports)
        endpoints = sum(len(port.endpoints) for port in self.ports)
        self.writing = Writing(settings.cluster_cidr, settings.masquerade_all, endpoints > LARGE_CLUSTER_ENDPOINTS)
        self._written: dict[tuple[object, ...], Chains] = {}
        self.shared: list[Chains | None] = [
            None if self._varies(port) else self._write(port, NOWHERE, admits_node=False) for port in self.ports
        ]
        self.varying = [port for port, chains in zip(self.ports, self.shared, strict=True) if chains is None]
        self.base = self._base()
        self._top: dict[tuple[Place, tuple[tuple[str, ...], ...], tuple[str, ...]], str] = {}

    def sync_proxy_rules(self, node: ProxyNode, netns: NetNs) -> None:
        """Fill this mode's chains, delete those that no service port needs any more, and see that the jumps are there.

        The jumps are put first in the built-in chains, each before the ones put there earlier: so the last is first.
        """
        netfilter = netns.netfilter
        if self.settings.localhost_node_ports:
            netns.sysctls["net.ipv4.conf.all.route_localnet"] = "1"
        before = {chain for chain in netfilter.table("nat").chains if chain.startswith(static.PER_SERVICE)}
        texts = list(self.restore_texts(node))
        for text in texts:
            netfilter.restore(text, flush=False)
        if stale := before - self._declared(texts) if before else set():
            chains = "".join(f":{chain} - [0:0]\n" for chain in sorted(stale))
            deletions = "".join(f"-X {chain}\n" for chain in sorted(stale))
            netfilter.restore(f"*nat\n{chains}{deletions}COMMIT\n", flush=False)
        if not self.is_modern:
            hold_node_ports(self.settings, self.ports, node, netns)
        for jump in static.jumps(is_modern=self.is_modern):
            netfilter.ensure(jump.table, jump.source, jump.rule, position=1)

    def restore_texts(self, node: ProxyNode) -> Iterator[str]:
        """Yield the inputs of `iptables-restore --noflush` for a node; no text jumps to a chain of a later one."""
        own = [
            self._write(port, node.place, admits_node=any(node.ip in source for source in port.source_ranges))
            for port in self.varying
        ]
        yield self.base
        if text := restore_text(
            _joined({place: rules for place, rules in each.items() if not _is_top(place)} for each in own)
        ):
            yield text
        for place in static.TOP:
            tail = static.node_ports_tail(self.settings, node) if place == static.ENTRY else ()
            yield self._top_text(place, tuple(tuple(each.get(place, ())) for each in own), tail)

    def _varies(self, port: ProxyServicePort) -> bool:
        return not is_same_everywhere(port) or bool(port.source_ranges and port.load_balancer_ips)

    def _write(self, port: ProxyServicePort, place: NodePlace, *, admits_node: bool) -> Chains:
        used = categorize(port, place, self.version)
        key = (port.name, port.protocol, used.cluster, used.local, used.has_any, admits_node)
        if key not in self._written:
            writer = ModernPort if self.is_modern else LegacyPort
            self._written[key] = writer(port, used, self.writing, admits_node=admits_node).write().chains
        return self._written[key]

    def _base(self) -> str:
        """Return what no service port decides, and the chains of all that are the same on every node."""
        rules = Rules()
        rules.extend(static.rules(self.settings, is_modern=self.is_modern).chains)
        for chains in self.shared:
            if chains is not None:
                rules.extend({place: lines for place, lines in chains.items() if not _is_top(place)})
        return restore_text(rules.chains)

    def _top_text(self, place: Place, own: tuple[tuple[str, ...], ...], tail: tuple[str, ...]) -> str:
        """Return the text of a chain that lists all service ports; nodes with the same rules get the same string."""
        key = (place, own, tail)
        if key not in self._top:
            mine = iter(own)
            lines: list[str] = []
            for chains in self.shared:
                lines += next(mine) if chains is None else chains.get(place, ())
            self._top[key] = restore_text({place: [*lines, *tail]})
        return self._top[key]

    def _declared(self, texts: Sequence[str]) -> set[str]:
        lines = (line for text in texts for line in text.splitlines() if line.startswith(":"))
        return {line[1:].partition(" ")[0] for line in lines}


def _is_top(place: Place) -> bool:
    return place in static.TOP


def _joined(parts: Iterator[Chains] | Sequence[Chains]) -> Chains:
    rules = Rules()
    for part in parts:
        rules.extend(part)
    return rules.chains
