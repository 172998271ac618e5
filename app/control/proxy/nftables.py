"""kube-proxy's nftables mode: one table, in which maps are asked and no list of Services is gone through.

What is the same on every node is one transaction, read once and shared; a node adds the addresses on which NodePorts
answer and the service ports whose endpoints depend on the node.
Source: Kubernetes pkg/proxy/nftables/proxier.go; KEP-3866.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import groupby
from typing import NamedTuple

from app.control.kubeproxy.categorize import Place, VersionRules, categorize, is_same_everywhere
from app.control.kubeproxy.nftbase import CHAINS, NODE_PORT_IPS, SETS, TABLE, base_lines
from app.control.kubeproxy.nftport import NftPort, PortTables
from app.control.kubeproxy.servicemap import ProxyServicePort, ServiceName, service_of, service_ports
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


class Entry(NamedTuple):
    """A service port, and its tables where they are the same on every node, else None."""

    port: ProxyServicePort
    made: PortTables | None


Entries = tuple[Entry, ...]


@modes.register("nftables")
class NftablesProxy(ProxyMode):
    """`base` is the transaction of every node; `varying` are the service ports that it leaves out."""

    def __init__(self, settings: ProxySettings, services: Sequence[Service], slices: Sequence[EndpointSlice]) -> None:
        self.settings = settings
        self.version = VersionRules.of(settings.version)
        ports = service_ports(services, slices)
        self._by_service: dict[ServiceName, Entries] = {
            name: self._entries(of_service) for name, of_service in groupby(ports, key=service_of)
        }
        self._order = sorted(self._by_service)
        self._changes: list[tuple[Entries, Entries]] = []
        self._of_port: dict[tuple[object, ...], tuple[PortTables, Transaction]] = {}

    def _entries(self, ports: Iterable[ProxyServicePort]) -> Entries:
        return tuple(
            Entry(port, None if _varies(port) else self._write(port, NOWHERE, admits_node=False)) for port in ports
        )

    def _all(self) -> Iterator[Entry]:
        for name in self._order:
            yield from self._by_service[name]

    @cached_property
    def varying(self) -> list[ProxyServicePort]:
        """The service ports whose chains are not the same on every node."""
        return [entry.port for entry in self._all() if entry.made is None]

    @cached_property
    def shared(self) -> list[PortTables]:
        """What all others add."""
        return [entry.made for entry in self._all() if entry.made is not None]

    @cached_property
    def elements(self) -> dict[ElementKey, str]:
        """The elements that are the same on every node."""
        return {key: value for made in self.shared for key, value in made.elements.items()}

    @cached_property
    def names(self) -> frozenset[str]:
        """The chains and sets that are the same on every node."""
        return frozenset(name for made in self.shared for name in made.names)

    @cached_property
    def base(self) -> Transaction:
        """What is the same on every node."""
        lines = list(base_lines(self.settings))
        for made in self.shared:
            lines += made.lines
        return _transaction([*lines, *_added(self.elements)])

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

    def change(self, services: Mapping[ServiceName, Sequence[ProxyServicePort]]) -> None:
        """Write the tables of these Services."""
        self._changes = []
        self._of_port.clear()
        for name in ("varying", "shared", "elements", "names", "base"):
            self.__dict__.pop(name, None)
        for service, ports in services.items():
            before = self._by_service.pop(service, ())
            after = self._entries(ports)
            if after:
                self._by_service[service] = after
            if bool(before) != bool(after):
                insort(self._order, service) if after else self._order.remove(service)
            self._changes.append((before, after))

    def sync_changes(self, node: ProxyNode, netns: NetNs) -> None:
        """Take out elements that are gone or lead elsewhere, fill the chains, add elements, delete what is unused."""
        table = netns.nft.tables[TABLE]
        old: list[PortTables] = []
        new: list[PortTables] = []
        for before, after in self._changes:
            old += [self._on_node(entry, node) for entry in before]
            new += [self._on_node(entry, node) for entry in after]
        had = {key: value for made in old for key, value in made.elements.items()}
        has = {key: value for made in new for key, value in made.elements.items()}
        gone = [key for key, value in had.items() if has.get(key) != value]
        more = {key: value for key, value in has.items() if had.get(key) != value}
        lines = {line: None for made in old for line in made.lines}
        if set(lines) != {line for made in new for line in made.lines} or gone or more:
            removal = _transaction(f"delete element ip {TABLE} {where} {{ {key} }}" for where, key in gone)
            netns.nft.run(removal, 0, is_checked=False)
            there = {name for made in old for name in made.names if name in table.chains}
            for name in there:
                table.flush_chain(name)
            text = [line for made in new for line in made.lines]
            netns.nft.run(_transaction([*text, *_added(more)]), 0, is_checked=False)
        unused = {name for made in old for name in made.names} - {name for made in new for name in made.names}
        table.drop_chains(sorted(name for name in unused if name in table.chains))
        for name in sorted(name for name in unused if name in table.sets):
            table.delete_set(name)

    def _on_node(self, entry: Entry, node: ProxyNode) -> PortTables:
        return entry.made if entry.made is not None else self._port(entry.port, node)[0]

    def _port(self, port: ProxyServicePort, node: ProxyNode) -> tuple[PortTables, Transaction]:
        """Return what a port adds on a node; nodes that use the same endpoints share it."""
        admits_node = any(node.ip in source for source in port.source_ranges)
        used = categorize(port, node.place, self.version)
        key = (*port.identity, used.cluster, used.local, used.has_any, admits_node)
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


def _transaction(lines: Iterable[str]) -> Transaction:
    return _read("".join(f"{line}\n" for line in lines))


@lru_cache(maxsize=64)
def _read(text: str) -> Transaction:
    """Return the commands of a text: nodes that write the same share them."""
    return parse(text)


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
