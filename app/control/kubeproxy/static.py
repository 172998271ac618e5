"""The rules of kube-proxy that no Service decides, and the jumps from the built-in chains to its own.

Source: Kubernetes pkg/proxy/iptables/proxier.go (iptablesJumpChains, syncProxyRules).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from app.control.kubeproxy.chains import (
    EXTERNAL_SERVICES,
    FIREWALL,
    FORWARD,
    MARK_MASQ,
    MASQ_MARK,
    NODE_PORTS,
    POSTROUTING,
    PROXY_FIREWALL,
    SERVICES,
    Place,
    Rules,
    Table,
    comment,
)
from app.control.kubeproxy.settings import ProxyNode, ProxySettings

PER_SERVICE = ("KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-FW-", "KUBE-XLB-", "KUBE-SEP-")
"""How chains that come and go with service ports begin."""

ENTRY: Place = ("nat", SERVICES)
TOP: tuple[Place, ...] = (
    ("filter", SERVICES),
    ("filter", EXTERNAL_SERVICES),
    ("filter", NODE_PORTS),
    ("filter", PROXY_FIREWALL),
    ("nat", NODE_PORTS),
    ENTRY,
)
"""The chains that list all service ports; KUBE-SERVICES jumps to KUBE-NODEPORTS, so it comes last."""

OWNERSHIP = (1, 27)
"""Since then kube-proxy writes KUBE-FIREWALL itself, and kubelet only what both need (KEP-3178)."""
LOCALNET = (
    f"! -s 127.0.0.0/8 -d 127.0.0.0/8 {comment('block incoming localnet connections')} "
    "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP"
)
"""Without it route_localnet lets neighbours on the LAN reach services on localhost (CVE-2020-8558)."""


class Jump(NamedTuple):
    """A rule of a built-in chain."""

    table: Table
    source: str
    rule: str


def jumps(*, is_modern: bool) -> Iterator[Jump]:
    """Yield the jumps in the order in which kube-proxy puts each first in its chain."""
    new = "-m conntrack --ctstate NEW "
    external = f"{new}{comment('kubernetes externally-visible service portals')} -j {EXTERNAL_SERVICES}"
    portals = f"{comment('kubernetes service portals')} -j {SERVICES}"
    yield Jump("filter", "INPUT", external)
    if is_modern:
        yield Jump("filter", "FORWARD", external)
        yield Jump("filter", "INPUT", f"{comment('kubernetes health check service ports')} -j {NODE_PORTS}")
    yield Jump("filter", "FORWARD", f"{new}{portals}")
    yield Jump("filter", "OUTPUT", f"{new}{portals}")
    yield Jump("filter", "FORWARD", f"{comment('kubernetes forwarding rules')} -j {FORWARD}")
    for source in ("INPUT", "OUTPUT", "FORWARD") if is_modern else ():
        yield Jump("filter", source, f"{new}{comment('kubernetes load balancer firewall')} -j {PROXY_FIREWALL}")
    yield Jump("nat", "OUTPUT", portals)
    yield Jump("nat", "PREROUTING", portals)
    yield Jump("nat", "POSTROUTING", f"{comment('kubernetes postrouting rules')} -j {POSTROUTING}")


def rules(settings: ProxySettings, *, is_modern: bool) -> Rules:
    """Return the chains that hold the same rules whatever the Services are."""
    found = Rules()
    add = found.add
    add("filter", FORWARD, "-m conntrack --ctstate INVALID -j DROP")
    add("filter", FORWARD, f"{comment('kubernetes forwarding rules')} -m mark --mark {MASQ_MARK} -j ACCEPT")
    established = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    names = ("conntrack rule",) if is_modern else ("conntrack pod source rule", "conntrack pod destination rule")
    for name in names:
        add("filter", FORWARD, f"{comment(f'kubernetes forwarding {name}')} {established}")
    if settings.localhost_node_ports and settings.version >= OWNERSHIP:
        add("filter", FIREWALL, LOCALNET)
    add("nat", MARK_MASQ, f"-j MARK --set-xmark {MASQ_MARK}")
    add("nat", POSTROUTING, f"-m mark ! --mark {MASQ_MARK} -j RETURN")
    add("nat", POSTROUTING, "-j MARK --set-xmark 0x4000/0x0")
    add(
        "nat",
        POSTROUTING,
        f"{comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully",
    )
    return found


def node_ports_tail(settings: ProxySettings, node: ProxyNode) -> tuple[str, ...]:
    """Return the last rules of nat KUBE-SERVICES: what is for the node itself may be for a NodePort."""
    text = comment("kubernetes service nodeports; NOTE: this must be the last rule in this chain")
    if settings.answers_everywhere:
        where = "" if settings.localhost_node_ports else "! -d 127.0.0.0/8 "
        return (f"-A {SERVICES} {where}{text} -m addrtype --dst-type LOCAL -j {NODE_PORTS}",)
    addresses = [
        address
        for address in node.node_port_addresses(settings)
        if settings.localhost_node_ports or not address.is_loopback
    ]
    return tuple(f"-A {SERVICES} -d {address}/32 {text} -j {NODE_PORTS}" for address in addresses)
