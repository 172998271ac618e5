"""kube-proxy's nftables mode: one table, in which maps are asked and no list of Services is gone through.

What is the same on every node is one transaction, read once and shared; a node adds the addresses on which NodePorts
answer and the service ports whose endpoints depend on the node.
Source: Kubernetes pkg/proxy/nftables/proxier.go; KEP-3866.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.control.kubeproxy.categorize import Place, VersionRules, categorize, is_same_everywhere
from app.control.kubeproxy.nftbase import CHAINS, NODE_PORT_IPS, SETS, TABLE, base_lines
from app.control.kubeproxy.nftport import NftPort, PortTables
from app.control.kubeproxy.servicemap import ProxyServicePort, service_ports
from app.control.kubeproxy.settings import ProxyNode, ProxySettings
from app.control.proxy import ProxyMode, modes
from app.dataplane.netns import NetNs
from app.dataplane.nft.parse import parse
from app.dataplane.nft.ruleset import Transaction
from app.dataplane.nft.table import Table
from app.kube.endpoints import EndpointSlice
from app.kube.services import Service

ElementKey = tuple[str, str]
NOWHERE = Place("")


@modes.register("nftables")
class NftablesProxy(ProxyMode):
    """`base` is the transaction of every node; `varying` are the service ports that it leaves out."""

    def __init__(self, settings: ProxySettings, services: Sequence[Service], slices: Sequence[EndpointSlice]) -> None:
        self.settings = settings
        self.version = VersionRules.of(settings.version)
        ports = service_ports(services, slices)
        self.varying = [port for port in ports if _varies(port)]
        shared = [self._write(port, NOWHERE, admits_node=False) for port in ports if not _varies(port)]
        self.elements: dict[ElementKey, str] = {}
        lines = list(base_lines(settings))
        for made in shared:
            lines += made.lines
            self.elements |= made.elements
        lines += _added(self.elements)
        self.names = frozenset(name for made in shared for name in made.names)
        self.base = _transaction(lines)
        self._of_port: dict[tuple[object, ...], tuple[PortTables, Transaction]] = {}

    def sync_proxy_rules(self, node: ProxyNode, netns: NetNs) -> None:
        """Write the table anew; the affinity of clients stays, and so do chains that are not kube-proxy's."""
        table = netns.nft.tables.get(TABLE)
        if table is not None:
            _empty(table)
        netns.nft.apply(self.base, is_checked=False)
        netns.nft.run(self._node_ports(node), 0, is_checked=False)
        active = set(self.names)
        elements: dict[ElementKey, str] = {}
        for port in self.varying:
            made, transaction = self._port(port, node)
            netns.nft.run(self._clashes(made.elements, elements), 0, is_checked=False)
            netns.nft.run(transaction, 0, is_checked=False)
            elements |= made.elements
            active.update(made.names)
        if table is not None:
            _forget(netns.nft.tables[TABLE], active)

    def _port(self, port: ProxyServicePort, node: ProxyNode) -> tuple[PortTables, Transaction]:
        """Return what a port adds on a node; nodes that use the same endpoints share it."""
        admits_node = any(node.ip in source for source in port.source_ranges)
        used = categorize(port, node.place, self.version)
        key = (port.name, port.protocol, used.cluster, used.local, used.has_any, admits_node)
        if key not in self._of_port:
            made = NftPort(port, used, self.settings, admits_node=admits_node).write()
            self._of_port[key] = (made, _transaction([*made.lines, *_added(made.elements)]))
        return self._of_port[key]

    def _write(self, port: ProxyServicePort, place: Place, *, admits_node: bool) -> PortTables:
        used = categorize(port, place, self.version)
        return NftPort(port, used, self.settings, admits_node=admits_node).write()

    def _clashes(self, new: Mapping[ElementKey, str], earlier: Mapping[ElementKey, str]) -> Transaction:
        """Return the deletion of elements that a later service port has too: of two the last wins (ensureElem())."""
        there = [key for key, value in new.items() if earlier.get(key, self.elements.get(key, value)) != value]
        return _transaction([f"delete element ip {TABLE} {where} {{ {key} }}" for where, key in there])

    def _node_ports(self, node: ProxyNode) -> Transaction:
        """Return where NodePorts answer: the node's primary address unless ranges are given; never on localhost."""
        settings = self.settings
        if settings.has_match_all:
            return _transaction([])
        given = node.node_port_addresses(settings) if settings.node_port_addresses else (node.ip,)
        return _transaction([*_added({(NODE_PORT_IPS, str(a)): "" for a in given if not a.is_loopback})])


def _varies(port: ProxyServicePort) -> bool:
    return not is_same_everywhere(port) or bool(port.source_ranges and port.load_balancer_ips)


def _transaction(lines: Sequence[str]) -> Transaction:
    return parse("".join(f"{line}\n" for line in lines))


def _added(elements: Mapping[ElementKey, str]) -> Iterator[str]:
    """Yield one command for each set that gets elements."""
    by_set: dict[str, list[str]] = {}
    for (where, key), value in elements.items():
        by_set.setdefault(where, []).append(f"{key}{value}")
    for where, rows in by_set.items():
        yield f"add element ip {TABLE} {where} {{ {', '.join(rows)} }}"


def _is_own(name: str) -> bool:
    """Whether a chain is a service port's: only those have a slash in their names."""
    return "/" in name


def _empty(table: Table) -> None:
    """Take out what a sync writes anew: elements, and the rules of kube-proxy's chains."""
    for name in SETS:
        if name in table.sets:
            table.flush_set(name)
    for name in list(table.chains):
        if _is_own(name) or name in CHAINS:
            table.flush_chain(name)


def _forget(table: Table, active: set[str]) -> None:
    """Delete the chains and affinity sets that no service port needs any more."""
    table.delete_chains([name for name in table.chains if _is_own(name) and name not in active])
    for name in [name for name in table.sets if _is_own(name) and name not in active]:
        table.delete_set(name)
