"""The iptables rules of one service port, as kube-proxy wrote them before 1.24 (the text is that of 1.19).

Unlike today: MARK-MASQ is decided in KUBE-SERVICES and KUBE-NODEPORTS, KUBE-XLB takes Local traffic from outside, every
load-balancer address has a KUBE-FW chain, and what nobody takes is marked 0x8000 for KUBE-FIREWALL to drop.
Source: Kubernetes 1.19 pkg/proxy/iptables/proxier.go, syncProxyRules(); conformance/proxy_rules/README.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.control.kubeproxy.categorize import Categorized
from app.control.kubeproxy.chains import (
    EXTERNAL_SERVICES,
    MARK_DROP,
    MARK_MASQ,
    NODE_PORTS,
    SERVICES,
    Chains,
    Rules,
    chance,
    comment,
    endpoint_rules,
    recent,
    to_port,
)
from app.control.kubeproxy.modernrules import REJECT, Writing
from app.control.kubeproxy.servicemap import ProxyEndpoint, ProxyServicePort


class LegacyPort:
    """Writes the rules of one service port for a node that uses the endpoints `used`.

    internalTrafficPolicy, terminating endpoints and hints are later inventions: `used` says what the version makes of
    them. A Service without ready endpoints is rejected; one without local ones is dropped in KUBE-XLB.
    """

    def __init__(self, port: ProxyServicePort, used: Categorized, writing: Writing, *, admits_node: bool) -> None:
        self.port = port
        self.used = used
        self.writing = writing
        self.admits_node = admits_node
        self.chains = Chains.of(port)
        self.rules = Rules()
        self.note = "" if writing.is_large else f"{comment(port.name)} "

    def write(self) -> Rules:
        """Return the rules."""
        if not self.used.has_any:
            self._reject()
            return self.rules
        self._cluster_ip()
        self._external_ips()
        self._load_balancer_ips()
        self._node_port()
        self._balance(self.chains.service, self.used.cluster, [self.note] * len(self.used.cluster))
        if self.port.is_external_local:
            self._external_local_chain()
        endpoint_rules(self.rules, self.port, self.chains, self.used.reachable, self.note)
        return self.rules

    def _reject(self) -> None:
        port, text = self.port, f"{self.port.name} has no endpoints"
        self.rules.add("filter", SERVICES, f"{to_port(port.protocol, port.cluster_ip, text, port.port)} -j {REJECT}")
        for address in (*port.external_ips, *port.load_balancer_ips):
            terms = to_port(port.protocol, address, text, port.port)
            self.rules.add("filter", EXTERNAL_SERVICES, f"{terms} -j {REJECT}")
        if port.node_port:
            terms = to_port(port.protocol, None, text, port.node_port, "-m addrtype --dst-type LOCAL ")
            self.rules.add("filter", EXTERNAL_SERVICES, f"{terms} -j {REJECT}")

    def _cluster_ip(self) -> None:
        port, add = self.port, self.rules.add
        terms = to_port(port.protocol, port.cluster_ip, f"{port.name} cluster IP", port.port)
        if self.writing.masquerade_all:
            add("nat", SERVICES, f"{terms} -j {MARK_MASQ}")
        elif self.writing.cluster_cidr:
            add("nat", SERVICES, f"! -s {self.writing.cluster_cidr} {terms} -j {MARK_MASQ}")
        add("nat", SERVICES, f"{terms} -j {self.chains.service}")

    def _external_ips(self) -> None:
        """What comes from off the machine, or is for an address of the machine; Pods' own packets go out."""
        port, add = self.port, self.rules.add
        for address in port.external_ips:
            terms = to_port(port.protocol, address, f"{port.name} external IP", port.port)
            add("nat", SERVICES, f"{terms} -j {MARK_MASQ}")
            off_machine = "-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL"
            add("nat", SERVICES, f"{terms} {off_machine} -j {self.chains.service}")
            add("nat", SERVICES, f"{terms} -m addrtype --dst-type LOCAL -j {self.chains.service}")

    def _load_balancer_ips(self) -> None:
        port, add, chain = self.port, self.rules.add, self.chains.firewall
        text = comment(f"{port.name} loadbalancer IP")
        for address in port.load_balancer_ips:
            terms = to_port(port.protocol, address, f"{port.name} loadbalancer IP", port.port)
            add("nat", SERVICES, f"{terms} -j {chain}")
            target = self.chains.external_local if port.is_external_local else self.chains.service
            if not port.is_external_local:
                add("nat", chain, f"{text} -j {MARK_MASQ}")
            sources = [f"-s {source} " if source.prefixlen else "" for source in port.source_ranges] or [""]
            if self.admits_node:
                sources.append(f"-s {address}/32 ")
            for source in sources:
                add("nat", chain, f"{source}{text} -j {target}")
            add("nat", chain, f"{text} -j {MARK_DROP}")

    def _node_port(self) -> None:
        port, add = self.port, self.rules.add
        if not port.node_port:
            return
        terms = to_port(port.protocol, None, port.name, port.node_port)
        if port.is_external_local:
            add("nat", NODE_PORTS, f"-s 127.0.0.0/8 {terms} -j {MARK_MASQ}")
            add("nat", NODE_PORTS, f"{terms} -j {self.chains.external_local}")
        else:
            add("nat", NODE_PORTS, f"{terms} -j {MARK_MASQ}")
            add("nat", NODE_PORTS, f"{terms} -j {self.chains.service}")

    def _external_local_chain(self) -> None:
        name, chain, service = self.port.name, self.chains.external_local, self.chains.service
        add = self.rules.add
        if self.writing.cluster_cidr:
            text = comment("Redirect pods trying to reach external loadbalancer VIP to clusterIP")
            add("nat", chain, f"-s {self.writing.cluster_cidr} {text} -j {service}")
        text = comment(f"masquerade LOCAL traffic for {name} LB IP")
        add("nat", chain, f"{text} -m addrtype --src-type LOCAL -j {MARK_MASQ}")
        text = comment(f"route LOCAL traffic for {name} LB IP to service chain")
        add("nat", chain, f"{text} -m addrtype --src-type LOCAL -j {service}")
        if not self.used.local:
            add("nat", chain, f"{comment(f'{name} has no local endpoints')} -j {MARK_DROP}")
            return
        notes = [f"{comment(f'Balancing rule {index} for {name}')} " for index in range(len(self.used.local))]
        self._balance(chain, self.used.local, notes)

    def _balance(self, chain: str, endpoints: Sequence[ProxyEndpoint], notes: Sequence[str]) -> None:
        chains = [self.chains.endpoint(endpoint) for endpoint in endpoints]
        if self.port.affinity_seconds:
            for target in chains:
                self.rules.add("nat", chain, f"{self.note}{recent(self.port, target)} -j {target}")
        for index, (note, target) in enumerate(zip(notes, chains, strict=True)):
            left = len(chains) - index
            dice = f"-m statistic --mode random --probability {chance(left)} " if left > 1 else ""
            self.rules.add("nat", chain, f"{note}{dice}-j {target}")
