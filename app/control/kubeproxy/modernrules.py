"""The iptables rules of one service port, as kube-proxy has written them since 1.24.

    KUBE-SERVICES  -d CLUSTER-IP --dport 80  ------------------------------> KUBE-SVC (or KUBE-SVL) -> KUBE-SEP: DNAT
                   -d EXTERNAL-IP, LB-IP     --> [KUBE-FW -->] KUBE-EXT  -->      "
    KUBE-NODEPORTS --dport 30080             ----------------> KUBE-EXT  -->      "

Source: Kubernetes pkg/proxy/iptables/proxier.go, syncProxyRules(); conformance/proxy_rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from app.control.kubeproxy.categorize import Categorized
from app.control.kubeproxy.chains import (
    EXTERNAL_SERVICES,
    MARK_MASQ,
    NODE_PORTS,
    PROXY_FIREWALL,
    SERVICES,
    Chains,
    Rules,
    chance,
    comment,
    endpoint_rules,
    recent,
    to_port,
)
from app.control.kubeproxy.servicemap import ProxyEndpoint, ProxyServicePort

REJECT = "REJECT --reject-with icmp-port-unreachable"


@dataclass(frozen=True, slots=True)
class Writing:
    """What holds for every service port: `cluster_cidr` "" is no local detector; large clusters drop most comments."""

    cluster_cidr: str = ""
    masquerade_all: bool = False
    is_large: bool = False


class ModernPort:
    """Writes the rules of one service port for a node that uses the endpoints `used`.

    `admits_node`: one of the source ranges holds the node's own address.
    """

    def __init__(self, port: ProxyServicePort, used: Categorized, writing: Writing, *, admits_node: bool) -> None:
        self.port = port
        self.used = used
        self.writing = writing
        self.admits_node = admits_node
        self.chains = Chains.of(port)
        self.has_internal = bool(used.local) if port.is_internal_local else used.has_any
        self.has_external = bool(used.local) if port.is_external_local else used.has_any
        self.has_firewall = used.has_any and bool(port.load_balancer_ips) and bool(port.source_ranges)
        self.rules = Rules()

    def write(self) -> Rules:
        """Return the rules."""
        self._cluster_ip()
        self._external_ips()
        self._load_balancer_ips()
        self._node_port()
        self._health_check()
        if self.used.has_any and self.port.is_externally_accessible:
            self._external_chain()
        if self.has_firewall:
            self._firewall_chain()
        if self.used.cluster and self.port.uses_cluster_endpoints:
            self._balance(self.chains.service, self.used.cluster)
        if self.used.local and self.port.uses_local_endpoints:
            self._balance(self.chains.local, self.used.local)
        note = "" if self.writing.is_large else f"{comment(self.port.name)} "
        endpoint_rules(self.rules, self.port, self.chains, self.used.reachable, note)
        return self.rules

    def _refuse(self, chain: str, address: IPv4Address | None, port: int, more: str = "") -> None:
        """Reject, or for want of local endpoints drop, what comes to `address` (None: any) and nobody takes."""
        reason, target = ("local endpoints", "DROP") if self.used.has_any else ("endpoints", REJECT)
        terms = to_port(self.port.protocol, address, f"{self.port.name} has no {reason}", port, more)
        self.rules.add("filter", chain, f"{terms} -j {target}")

    def _cluster_ip(self) -> None:
        port, rules = self.port, self.rules
        if not self.has_internal:
            self._refuse(SERVICES, port.cluster_ip, port.port)
            return
        chain = self.chains.local if port.is_internal_local else self.chains.service
        terms = to_port(port.protocol, port.cluster_ip, f"{port.name} cluster IP", port.port)
        rules.add("nat", SERVICES, f"{terms} -j {chain}")
        if self.writing.masquerade_all:
            rules.add("nat", chain, f"{terms} -j {MARK_MASQ}")
        elif self.writing.cluster_cidr:
            rules.add("nat", chain, f"! -s {self.writing.cluster_cidr} {terms} -j {MARK_MASQ}")

    def _external_ips(self) -> None:
        port, rules = self.port, self.rules
        for address in port.external_ips:
            if self.used.has_any:
                terms = to_port(port.protocol, address, f"{port.name} external IP", port.port)
                rules.add("nat", SERVICES, f"{terms} -j {self.chains.external}")
            if not self.has_external:
                self._refuse(EXTERNAL_SERVICES, address, port.port)

    def _load_balancer_ips(self) -> None:
        port, rules = self.port, self.rules
        chain = self.chains.firewall if self.has_firewall else self.chains.external
        for address in port.load_balancer_ips:
            if self.used.has_any:
                terms = to_port(port.protocol, address, f"{port.name} loadbalancer IP", port.port)
                rules.add("nat", SERVICES, f"{terms} -j {chain}")
            if self.has_firewall:
                text = f"{port.name} traffic not accepted by {chain}"
                rules.add("filter", PROXY_FIREWALL, f"{to_port(port.protocol, address, text, port.port)} -j DROP")
            if not self.has_external:
                self._refuse(EXTERNAL_SERVICES, address, port.port)

    def _node_port(self) -> None:
        port, rules = self.port, self.rules
        if not port.node_port:
            return
        if self.used.has_any:
            terms = to_port(port.protocol, None, port.name, port.node_port)
            rules.add("nat", NODE_PORTS, f"{terms} -j {self.chains.external}")
        if not self.has_external:
            self._refuse(EXTERNAL_SERVICES, None, port.node_port, "-m addrtype --dst-type LOCAL ")

    def _health_check(self) -> None:
        if self.port.health_check_node_port:
            text = f"{self.port.name} health check node port"
            terms = to_port("tcp", None, text, self.port.health_check_node_port)
            self.rules.add("filter", NODE_PORTS, f"{terms} -j ACCEPT")

    def _external_chain(self) -> None:
        """KUBE-EXT: masquerade where another node may answer; Local: own Pods and the node itself may go anywhere."""
        chain, service, name = self.chains.external, self.chains.service, self.port.name
        add = self.rules.add
        if not self.port.is_external_local:
            add("nat", chain, f"{comment(f'masquerade traffic for {name} external destinations')} -j {MARK_MASQ}")
        else:
            if self.writing.cluster_cidr:
                text = comment(f"pod traffic for {name} external destinations")
                add("nat", chain, f"-s {self.writing.cluster_cidr} {text} -j {service}")
            for act, target in (("masquerade", MARK_MASQ), ("route", service)):
                text = comment(f"{act} LOCAL traffic for {name} external destinations")
                add("nat", chain, f"{text} -m addrtype --src-type LOCAL -j {target}")
        if self.has_external:
            add("nat", chain, f"-j {self.chains.local if self.port.is_external_local else service}")

    def _firewall_chain(self) -> None:
        """KUBE-FW: what no source range lets through goes on without DNAT, and filter KUBE-PROXY-FIREWALL drops it."""
        port, add, chain = self.port, self.rules.add, self.chains.firewall
        text = comment(f"{port.name} loadbalancer IP")
        sources = [str(source) for source in port.source_ranges]
        if self.admits_node:
            sources += [f"{address}/32" for address in port.load_balancer_ips]
        for source in sources:
            where = "" if source == "0.0.0.0/0" else f"-s {source} "
            add("nat", chain, f"{where}{text} -j {self.chains.external}")
        add("nat", chain, comment(f"other traffic to {port.name} will be dropped by {PROXY_FIREWALL}"))

    def _balance(self, chain: str, endpoints: Sequence[ProxyEndpoint]) -> None:
        """Write the choice between endpoints: first who served this client before, then by chance, evenly."""
        port = self.port
        chains = [self.chains.endpoint(endpoint) for endpoint in endpoints]
        is_large = self.writing.is_large
        notes = ["" if is_large else f"{comment(f'{port.name} -> {endpoint.text}')} " for endpoint in endpoints]
        if port.affinity_seconds:
            for note, target in zip(notes, chains, strict=True):
                self.rules.add("nat", chain, f"{note}{recent(port, target)} -j {target}")
        for index, (note, target) in enumerate(zip(notes, chains, strict=True)):
            left = len(chains) - index
            dice = f"-m statistic --mode random --probability {chance(left)} " if left > 1 else ""
            self.rules.add("nat", chain, f"{note}{dice}-j {target}")
