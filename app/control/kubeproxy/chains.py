"""The names of kube-proxy's chains, and its rules' common parts, as iptables-save prints them.

Source: Kubernetes pkg/proxy/iptables/proxier.go (portProtoHash, servicePortEndpointChainName, computeProbability).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from ipaddress import IPv4Address
from typing import Literal

from app.control.kubeproxy.servicemap import ProxyEndpoint, ProxyServicePort

Table = Literal["filter", "nat"]
Place = tuple[Table, str]
"""A table and one of its chains."""

SERVICES = "KUBE-SERVICES"
EXTERNAL_SERVICES = "KUBE-EXTERNAL-SERVICES"
NODE_PORTS = "KUBE-NODEPORTS"
FORWARD = "KUBE-FORWARD"
PROXY_FIREWALL = "KUBE-PROXY-FIREWALL"
FIREWALL = "KUBE-FIREWALL"
MARK_MASQ = "KUBE-MARK-MASQ"
MARK_DROP = "KUBE-MARK-DROP"
POSTROUTING = "KUBE-POSTROUTING"

MASQ_MARK = "0x4000/0x4000"
DROP_MARK = "0x8000/0x8000"


@lru_cache(maxsize=1 << 17)
def _digest(text: str) -> str:
    """Return the first 16 characters in base32 of the text's sha256: those that its first ten bytes make."""
    return base64.b32encode(hashlib.sha256(text.encode()).digest()[:10]).decode()


@dataclass(frozen=True, slots=True)
class Chains:
    """The chains of one service port: KUBE-SVC- all endpoints, KUBE-SVL- this node's, KUBE-EXT- what comes in from
    outside, KUBE-FW- source ranges, KUBE-XLB- (until 1.23) Local traffic from outside, KUBE-SEP- one endpoint.
    """

    service: str
    local: str
    external: str
    firewall: str
    external_local: str
    _seed: str

    @classmethod
    def of(cls, port: ProxyServicePort) -> Chains:
        """Return the chains of a service port: all five share one hash."""
        seed = port.name + port.protocol
        digest = _digest(seed)
        service, local, external, firewall, external_local = (
            f"KUBE-{kind}-{digest}" for kind in ("SVC", "SVL", "EXT", "FW", "XLB")
        )
        return cls(service, local, external, firewall, external_local, seed)

    def endpoint(self, endpoint: ProxyEndpoint) -> str:
        """Return the chain of an endpoint."""
        return f"KUBE-SEP-{_digest(self._seed + endpoint.text)}"


@cache
def chance(endpoints: int) -> str:
    """Return `--probability` of a rule before which `endpoints` are still to be chosen from, as the kernel prints it.

    kube-proxy writes ten digits (0.3333333333); xt_statistic keeps 31 bits of it: 0.33333333349.
    Source: iptables extensions/libxt_statistic.c.
    """
    written = float(f"{1.0 / endpoints:.10f}")
    return f"{int(0x80000000 * written + 0.5) / 0x80000000:.11f}"


def comment(text: str) -> str:
    """Return the match that says `text`; always in quotes, since each has a character that iptables-save quotes."""
    return f'-m comment --comment "{text}"'


def to_port(protocol: str, address: IPv4Address | None, text: str, port: int, more: str = "") -> str:
    """Return the terms of a rule for packets to an address (None: any) and port: `-d ... -p ... --dport ...`."""
    where = f"-d {address}/32 " if address else ""
    return f"{where}-p {protocol} {comment(text)} {more}-m {protocol} --dport {port}"


@dataclass
class Rules:
    """Rules by chain, each `-A CHAIN ...`. A chain that is named but empty is declared."""

    chains: dict[Place, list[str]] = field(default_factory=dict)

    def add(self, table: Table, chain: str, rule: str) -> None:
        """Append a rule; the chain is declared."""
        self.chains.setdefault((table, chain), []).append(f"-A {chain} {rule}")

    def extend(self, other: Mapping[Place, Sequence[str]]) -> None:
        """Append the rules of `other`, chain by chain."""
        for place, rules in other.items():
            self.chains.setdefault(place, []).extend(rules)


def restore_text(chains: Mapping[Place, Sequence[str]]) -> str:
    """Return the input of `iptables-restore --noflush` that empties these chains and fills them."""
    return "".join(f"{line}\n" for line in _restore_lines(chains))


def _restore_lines(chains: Mapping[Place, Sequence[str]]) -> Iterator[str]:
    tables: tuple[Table, ...] = ("filter", "nat")
    for table in tables:
        found = [(chain, rules) for (where, chain), rules in chains.items() if where == table]
        if found:
            yield f"*{table}"
            yield from (f":{chain} - [0:0]" for chain, _ in found)
            for _, rules in found:
                yield from rules
            yield "COMMIT"


def endpoint_rules(
    rules: Rules, port: ProxyServicePort, chains: Chains, used: Sequence[ProxyEndpoint], note: str
) -> None:
    """Write the KUBE-SEP- chain of each endpoint: masquerade what comes from itself (hairpin), then DNAT.

    `note` is the comment match with a blank after it, or "" (large clusters leave comments out).
    """
    for endpoint in used:
        chain = chains.endpoint(endpoint)
        rules.add("nat", chain, f"-s {endpoint.address}/32 {note}-j {MARK_MASQ}")
        seen = f"-m recent --set --name {chain} --mask 255.255.255.255 --rsource " if port.affinity_seconds else ""
        rules.add(
            "nat",
            chain,
            f"-p {port.protocol} {note}{seen}-m {port.protocol} -j DNAT --to-destination {endpoint.text}",
        )


def recent(port: ProxyServicePort, chain: str) -> str:
    """Return the match for a client that an endpoint served within the affinity time."""
    seconds = f"--rcheck --seconds {port.affinity_seconds} --reap"
    return f"-m recent {seconds} --name {chain} --mask 255.255.255.255 --rsource"
