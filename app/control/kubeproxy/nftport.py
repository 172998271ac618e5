"""The nftables chains and map elements of one service port.

    service-ips { CLUSTER-IP . tcp . 80 : goto service-X }   service-X -> numgen random mod N vmap { 0 : goto ... }
                { LB-IP . tcp . 80 : goto external-X }       external-X -> mark-for-masquerade, service-X or local-X
    service-nodeports { tcp . 30080 : goto external-X }      endpoint-X -> dnat to 10.2.1.37:80

Source: Kubernetes pkg/proxy/nftables/proxier.go, syncProxyRules(), writeServiceToEndpointRules(), hashAndTruncate();
kubernetes/kubernetes#131492 (1.34: the masquerade rule of a ClusterIP asks no port).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address

from app.control.kubeproxy.categorize import Categorized
from app.control.kubeproxy.nftbase import (
    AFTER_DNAT,
    CLUSTER_IPS,
    FIREWALL_IPS,
    MARK_MASQ,
    NO_ENDPOINT_NODE_PORTS,
    NO_ENDPOINT_SERVICES,
    REJECT_CHAIN,
    SERVICE_IPS,
    SERVICE_NODE_PORTS,
    TABLE,
    chain,
    rule,
)
from app.control.kubeproxy.servicemap import ProxyEndpoint, ProxyServicePort
from app.control.kubeproxy.settings import ProxySettings

LONGEST_BASE = 240
"""NameLengthMax less the longest prefix (chainNameBaseLengthMax)."""


@lru_cache(maxsize=1 << 17)
def hashed(name: str) -> str:
    """Return a name with the first eight letters of its hash in front, cut to what nft takes."""
    found = f"{base64.b32encode(hashlib.sha256(name.encode()).digest()[:5]).decode()}-{name}"
    return found if len(found) <= LONGEST_BASE else f"{found[: LONGEST_BASE - 3]}..."


@dataclass
class PortTables:
    """What a service port adds: chains and sets by name, commands, and elements by set and key."""

    names: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    elements: dict[tuple[str, str], str] = field(default_factory=dict)


class NftPort:
    """Writes the chains of one service port for a node that uses the endpoints `used`.

    `admits_node`: one of the source ranges holds the node's own address.
    """

    def __init__(
        self, port: ProxyServicePort, used: Categorized, settings: ProxySettings, *, admits_node: bool
    ) -> None:
        self.port = port
        self.used = used
        self.settings = settings
        self.admits_node = admits_node
        name, _, port_name = port.name.partition(":")
        self.name = f"{name}/{port.protocol}/{port_name}"
        self.has_internal = bool(used.local) if port.is_internal_local else used.has_any
        self.has_external = bool(used.local) if port.is_external_local else used.has_any
        self.made = PortTables()

    def write(self) -> PortTables:
        """Return the chains and elements, in the order of syncProxyRules()."""
        policies = self._policies()
        is_outside = self.used.has_any and self.port.is_externally_accessible
        for endpoint in self.used.reachable:
            self._chain(self._endpoint(endpoint))
        for chain_name, _ in policies:
            self._chain(chain_name)
        if is_outside:
            self._chain(self.external)
        self._addresses()
        self._node_port()
        if self.has_internal:
            self._internal_chain()
        if is_outside:
            self._external_chain()
        if self._has_firewall:
            self._firewall_chain()
        for endpoint in self.used.reachable if self.port.affinity_seconds else ():
            self._affinity_set(endpoint)
        for chain_name, endpoints in policies:
            self._balance(chain_name, endpoints)
        for endpoint in self.used.reachable:
            self._endpoint_chain(endpoint)
        return self.made

    def _policies(self) -> list[tuple[str, Sequence[ProxyEndpoint]]]:
        """Return the chains of the traffic policies that are in use, with their endpoints."""
        found: list[tuple[str, Sequence[ProxyEndpoint]]] = []
        if self.used.cluster and self.port.uses_cluster_endpoints:
            found.append((self.service, self.used.cluster))
        if self.used.local and self.port.uses_local_endpoints:
            found.append((self.local, self.used.local))
        return found

    # --- names --------------------------------------------------------------------------------------------------------

    @property
    def service(self) -> str:
        """The chain of all endpoints."""
        return f"service-{hashed(self.name)}"

    @property
    def local(self) -> str:
        """The chain of the node's own endpoints."""
        return f"local-{hashed(self.name)}"

    @property
    def external(self) -> str:
        """The chain of what comes from outside."""
        return f"external-{hashed(self.name)}"

    @property
    def firewall(self) -> str:
        """The chain of the source ranges."""
        return f"firewall-{hashed(self.name)}"

    def _base_of(self, endpoint: ProxyEndpoint) -> str:
        return hashed(f"{self.name}__{endpoint.address}/{endpoint.port}")

    def _endpoint(self, endpoint: ProxyEndpoint) -> str:
        return f"endpoint-{self._base_of(endpoint)}"

    def _affinity(self, endpoint: ProxyEndpoint) -> str:
        return f"affinity-{self._base_of(endpoint)}"

    # --- commands -----------------------------------------------------------------------------------------------------

    def _chain(self, name: str) -> None:
        self.made.names.append(name)
        self.made.lines.append(chain(name))

    def _rule(self, where: str, text: str) -> None:
        self.made.lines.append(rule(where, text))

    def _element(self, where: str, key: str, value: str = "", *, is_told: bool = False) -> None:
        comment = f' comment "{self.port.name}"' if is_told else ""
        self.made.elements[where, key] = f"{comment} : {value}" if value else comment

    @property
    def _has_firewall(self) -> bool:
        return bool(self.port.load_balancer_ips and self.port.source_ranges)

    def _refusal(self, key: str, *, is_node_port: bool = False) -> None:
        """Reject, or for want of local endpoints drop."""
        where = NO_ENDPOINT_NODE_PORTS if is_node_port else NO_ENDPOINT_SERVICES
        self._element(where, key, "drop" if self.used.has_any else f"goto {REJECT_CHAIN}", is_told=True)

    def _addresses(self) -> None:
        port = self.port
        self._element(CLUSTER_IPS, str(port.cluster_ip))
        if self.has_internal:
            self._element(SERVICE_IPS, self._key(port.cluster_ip), f"goto {self._internal}")
        else:
            self._refusal(self._key(port.cluster_ip))
        for address in port.external_ips:
            self._outside(address)
        if self._has_firewall:
            self._chain(self.firewall)
        for address in port.load_balancer_ips:
            self._outside(address)
            if self._has_firewall:
                self._element(FIREWALL_IPS, self._key(address), f"goto {self.firewall}")

    def _outside(self, address: IPv4Address) -> None:
        if self.used.has_any:
            self._element(SERVICE_IPS, self._key(address), f"goto {self.external}")
        if not self.has_external:
            self._refusal(self._key(address))

    def _key(self, address: IPv4Address) -> str:
        return f"{address} . {self.port.protocol} . {self.port.port}"

    def _node_port(self) -> None:
        port = self.port
        if not port.node_port:
            return
        key = f"{port.protocol} . {port.node_port}"
        if self.used.has_any:
            self._element(SERVICE_NODE_PORTS, key, f"goto {self.external}")
        if not self.has_external:
            self._refusal(key, is_node_port=True)

    @property
    def _internal(self) -> str:
        return self.local if self.port.is_internal_local else self.service

    def _internal_chain(self) -> None:
        """Masquerade what comes to the ClusterIP from outside the cluster: the node may be a mere bridge into it."""
        settings, port = self.settings, self.port
        dport = f" {port.protocol} dport {port.port}" if settings.version < AFTER_DNAT else ""
        terms = f"ip daddr {port.cluster_ip}{dport}"
        if settings.masquerade_all:
            self._rule(self._internal, f"{terms} jump {MARK_MASQ}")
        elif settings.cluster_cidr:
            self._rule(self._internal, f"{terms} ip saddr != {settings.cluster_cidr} jump {MARK_MASQ}")

    def _external_chain(self) -> None:
        """Cluster policy masquerades; Local keeps the source, but Pods and the node itself are sent anywhere."""
        if not self.port.is_external_local:
            self._rule(self.external, f"jump {MARK_MASQ}")
        else:
            if self.settings.cluster_cidr:
                self._rule(
                    self.external,
                    f'ip saddr {self.settings.cluster_cidr} goto {self.service} comment "short-circuit pod traffic"',
                )
            local = "fib saddr type local"
            self._rule(self.external, f'{local} jump {MARK_MASQ} comment "masquerade local traffic"')
            self._rule(self.external, f'{local} goto {self.service} comment "short-circuit local traffic"')
        if self.has_external:
            self._rule(self.external, f"goto {self.local if self.port.is_external_local else self.service}")

    def _firewall_chain(self) -> None:
        sources = [str(source) for source in self.port.source_ranges]
        if self.admits_node:
            sources += [str(address) for address in self.port.load_balancer_ips]
        self._rule(self.firewall, f"ip saddr != {{ {', '.join(sources)} }} drop")

    def _affinity_set(self, endpoint: ProxyEndpoint) -> None:
        name = self._affinity(endpoint)
        self.made.names.append(name)
        timeout = f"flags dynamic,timeout ; timeout {self.port.affinity_seconds}s ;"
        self.made.lines.append(f"add set ip {TABLE} {name} {{ type ipv4_addr ; {timeout} }}")

    def _balance(self, where: str, endpoints: Sequence[ProxyEndpoint]) -> None:
        """Write the choice between endpoints: who served this client before, else one by chance."""
        if self.port.affinity_seconds:
            for endpoint in endpoints:
                self._rule(where, f"ip saddr @{self._affinity(endpoint)} goto {self._endpoint(endpoint)}")
        entries = ", ".join(f"{n} : goto {self._endpoint(endpoint)}" for n, endpoint in enumerate(endpoints))
        self._rule(where, f"numgen random mod {len(endpoints)} vmap {{ {entries} }}")

    def _endpoint_chain(self, endpoint: ProxyEndpoint) -> None:
        """Masquerade what comes from the endpoint itself (hairpin), remember the client, then DNAT."""
        name = self._endpoint(endpoint)
        self._rule(name, f"ip saddr {endpoint.address} jump {MARK_MASQ}")
        if self.port.affinity_seconds:
            self._rule(name, f"update @{self._affinity(endpoint)} {{ ip saddr }}")
        self._rule(name, f"meta l4proto {self.port.protocol} dnat to {endpoint.text}")
