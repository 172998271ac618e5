"""kube-proxy's iptables mode: chains of its own, and jumps to them from the built-in ones.

    nat    PREROUTING, OUTPUT -> KUBE-SERVICES -> KUBE-SVC-... -> KUBE-SEP-...: DNAT
           POSTROUTING        -> KUBE-POSTROUTING: MASQUERADE what KUBE-MARK-MASQ marked
    filter INPUT, FORWARD, OUTPUT -> what has no endpoints is rejected or dropped

Most of it is the same on every node: each text is made once and the very same string goes to every node.
Source: Kubernetes pkg/proxy/iptables/proxier.go, syncProxyRules(), iptablesJumpChains.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

from app.control.kubeproxy import static
from app.control.kubeproxy.categorize import Place as NodePlace
from app.control.kubeproxy.categorize import VersionRules, categorize, is_same_everywhere
from app.control.kubeproxy.chains import Place, Rules, restore_text
from app.control.kubeproxy.legacyrules import LegacyPort
from app.control.kubeproxy.modernrules import ModernPort, Writing
from app.control.kubeproxy.nodeports import hold_node_ports
from app.control.kubeproxy.servicemap import ProxyServicePort, ServiceName, service_of, service_ports
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


class Entry(NamedTuple):
    """A service port, and its chains where they are the same on every node, else None."""

    port: ProxyServicePort
    chains: Chains | None


Entries = tuple[Entry, ...]


@modes.register("iptables")
class IptablesProxy(ProxyMode):
    """The texts for every node. `restore_texts` are in the order in which they must be loaded."""

    def __init__(self, settings: ProxySettings, services: Sequence[Service], slices: Sequence[EndpointSlice]) -> None:
        self.settings = settings
        self.is_modern = settings.version >= MODERN
        self.version = VersionRules.of(settings.version)
        self._written: dict[tuple[object, ...], Chains] = {}
        self._top: dict[tuple[Place, tuple[tuple[str, ...], ...], tuple[str, ...]], str] = {}
        ports = service_ports(services, slices)
        self._endpoints = sum(len(port.endpoints) for port in ports)
        self.writing = self._writing()
        self._by_service: dict[ServiceName, Entries] = {
            name: self._entries(of_service) for name, of_service in groupby(ports, key=service_of)
        }
        self._order = sorted(self._by_service)
        self._changes: list[tuple[Entries, Entries]] | None = []
        """Entries before and after the last change; None where everything has to be written anew."""

    def _writing(self) -> Writing:
        is_large = self._endpoints > LARGE_CLUSTER_ENDPOINTS
        return Writing(self.settings.cluster_cidr, self.settings.masquerade_all, is_large)

    def _entries(self, ports: Iterable[ProxyServicePort]) -> Entries:
        if not self.is_modern:  # internalTrafficPolicy came later
            ports = (replace(port, is_internal_local=False) for port in ports)
        return tuple(
            Entry(port, None if self._varies(port) else self._write(port, NOWHERE, admits_node=False)) for port in ports
        )

    def _all(self) -> Iterator[Entry]:
        for name in self._order:
            yield from self._by_service[name]

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
        _delete(netns, before - self._declared(texts) if before else set())
        self._hold_node_ports(node, netns)
        for jump in static.jumps(is_modern=self.is_modern):
            netfilter.ensure(jump.table, jump.source, jump.rule, position=1)

    def _hold_node_ports(self, node: ProxyNode, netns: NetNs) -> None:
        if not self.is_modern:
            hold_node_ports(self.settings, [entry.port for entry in self._all()], node, netns)

    def change(self, services: Mapping[ServiceName, Sequence[ProxyServicePort]]) -> None:
        """Write the chains of these Services; a cluster that becomes large, or small again, is written anew."""
        self._changes = []
        self._written.clear()
        self._forget_texts()
        for name, ports in services.items():
            before = self._by_service.pop(name, ())
            after = self._entries(ports)
            self._endpoints += sum(len(port.endpoints) for port in ports) - sum(len(e.port.endpoints) for e in before)
            if after:
                self._by_service[name] = after
            if bool(before) != bool(after):
                insort(self._order, name) if after else self._order.remove(name)
            self._changes.append((before, after))
        if (self._endpoints > LARGE_CLUSTER_ENDPOINTS) != self.writing.is_large:
            self.writing = self._writing()
            self._by_service = {
                name: self._entries(entry.port for entry in entries) for name, entries in self._by_service.items()
            }
            self._changes = None

    def sync_changes(self, node: ProxyNode, netns: NetNs) -> None:
        """Load what is different now, then delete the chains that nothing leads to any more."""
        if self._changes is None:
            self.sync_proxy_rules(node, netns)
            return
        before, after = (_joined(self._own(side, node)) for side in zip(*self._changes, strict=True))
        changed = {place: rules for place, rules in after.items() if not _is_top(place) and before.get(place) != rules}
        if changed:
            netns.netfilter.restore(restore_text(changed), flush=False, is_checked=False)
        for place in static.TOP:
            if before.get(place, []) != after.get(place, []):
                netns.netfilter.restore(self._top_of(place, node), flush=False, is_checked=False)
        gone = sorted(chain for table, chain in before.keys() - after.keys() if not _is_top((table, chain)))
        netns.netfilter.drop_chains("nat", gone)
        self._hold_node_ports(node, netns)

    def _own(self, changes: Iterable[Entries], node: ProxyNode) -> Iterator[Chains]:
        for entries in changes:
            yield from (self._on_node(entry, node) for entry in entries)

    def _on_node(self, entry: Entry, node: ProxyNode) -> Chains:
        if entry.chains is not None:
            return entry.chains
        admits_node = any(node.ip in source for source in entry.port.source_ranges)
        return self._write(entry.port, node.place, admits_node=admits_node)

    def restore_texts(self, node: ProxyNode) -> Iterator[str]:
        """Yield the inputs of `iptables-restore --noflush` for a node; no text jumps to a chain of a later one."""
        own = [self._on_node(entry, node) for entry in self.varying]
        yield self.base
        if text := restore_text(
            _joined({place: rules for place, rules in each.items() if not _is_top(place)} for each in own)
        ):
            yield text
        for place in static.TOP:
            yield self._top_of(place, node)

    def _varies(self, port: ProxyServicePort) -> bool:
        return not is_same_everywhere(port) or bool(port.source_ranges and port.load_balancer_ips)

    def _write(self, port: ProxyServicePort, place: NodePlace, *, admits_node: bool) -> Chains:
        used = categorize(port, place, self.version)
        key = (*port.identity, used.cluster, used.local, used.has_any, admits_node)
        if key not in self._written:
            writer = ModernPort if self.is_modern else LegacyPort
            self._written[key] = writer(port, used, self.writing, admits_node=admits_node).write().chains
        return self._written[key]

    # --- texts that nodes share ---------------------------------------------------------------------------------------

    @cached_property
    def varying(self) -> list[Entry]:
        """The service ports whose chains are not the same on every node."""
        return [entry for entry in self._all() if entry.chains is None]

    @cached_property
    def base(self) -> str:
        """What no service port decides, and the chains of all that are the same on every node."""
        rules = Rules()
        rules.extend(static.rules(self.settings, is_modern=self.is_modern).chains)
        for entry in self._all():
            if entry.chains is not None:
                rules.extend({place: lines for place, lines in entry.chains.items() if not _is_top(place)})
        return restore_text(rules.chains)

    def _forget_texts(self) -> None:
        self.__dict__.pop("varying", None)
        self.__dict__.pop("base", None)
        self._top.clear()

    def _top_of(self, place: Place, node: ProxyNode) -> str:
        """Return the text of a chain that lists all service ports; nodes with the same rules get the same string."""
        own = tuple(tuple(self._on_node(entry, node).get(place, ())) for entry in self.varying)
        tail = static.node_ports_tail(self.settings, node) if place == static.ENTRY else ()
        key = (place, own, tail)
        if key not in self._top:
            mine = iter(own)
            lines: list[str] = []
            for entry in self._all():
                lines += next(mine) if entry.chains is None else entry.chains.get(place, ())
            self._top[key] = restore_text({place: [*lines, *tail]})
        return self._top[key]

    def _declared(self, texts: Sequence[str]) -> set[str]:
        lines = (line for text in texts for line in text.splitlines() if line.startswith(":"))
        return {line[1:].partition(" ")[0] for line in lines}


def _delete(netns: NetNs, stale: set[str]) -> None:
    """Delete chains of the nat table: all are emptied first, since they jump to one another."""
    if stale:
        chains = "".join(f":{chain} - [0:0]\n" for chain in sorted(stale))
        deletions = "".join(f"-X {chain}\n" for chain in sorted(stale))
        netns.netfilter.restore(f"*nat\n{chains}{deletions}COMMIT\n", flush=False)


def _is_top(place: Place) -> bool:
    return place in static.TOP


def _joined(parts: Iterable[Chains]) -> Chains:
    rules = Rules()
    for part in parts:
        rules.extend(part)
    return rules.chains
