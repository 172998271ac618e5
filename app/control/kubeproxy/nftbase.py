"""What of kube-proxy's nftables table no Service decides: its base chains, the maps, the chains that ask the maps.

    filter-prerouting-pre-dnat  -110  firewall-check            @firewall-ips         source ranges of load balancers
    nat-prerouting, nat-output  -100  services                  @service-ips, @service-nodeports         the endpoint
    filter-input, -forward         0  service-endpoints-check   @no-endpoint-services                  reject or drop
    filter-forward, filter-output  0  cluster-ips-check         @cluster-ips    no such port, or not allocated at all
    nat-postrouting              100  masquerading

Until 1.33 the filter chains stood before DNAT, at -110, and filter-output-post-dnat at -90.
Source: Kubernetes pkg/proxy/nftables/proxier.go (nftablesBaseChains, nftablesJumpChains, setupNFTables), README.md;
kubernetes/kubernetes#132456 (1.34).
"""

from __future__ import annotations

from collections.abc import Iterator

from app.control.kubeproxy.settings import ProxySettings

TABLE = "kube-proxy"
SERVICE_IPS = "service-ips"
SERVICE_NODE_PORTS = "service-nodeports"
NODE_PORT_IPS = "nodeport-ips"
CLUSTER_IPS = "cluster-ips"
NO_ENDPOINT_SERVICES = "no-endpoint-services"
NO_ENDPOINT_NODE_PORTS = "no-endpoint-nodeports"
FIREWALL_IPS = "firewall-ips"
REJECT_CHAIN = "reject-chain"
MARK_MASQ = "mark-for-masquerade"
MASQ_MARK = "0x4000"
SETS = (
    CLUSTER_IPS, NODE_PORT_IPS, SERVICE_IPS, SERVICE_NODE_PORTS, NO_ENDPOINT_SERVICES, NO_ENDPOINT_NODE_PORTS,
    FIREWALL_IPS,
)  # fmt: skip

AFTER_DNAT = (1, 34)
"""Since then filter-input, -forward and -output look at packets at priority 0, and output again before DNAT."""
SERVICE_CIDRS = (1, 33)
"""Since then kube-proxy watches ServiceCIDRs and drops packets to unallocated addresses (MultiCIDRServiceAllocator)."""

NAT_CHAINS = (
    ("nat-prerouting", "nat", "prerouting", -100),
    ("nat-output", "nat", "output", -100),
    ("nat-postrouting", "nat", "postrouting", 100),
)
BASE_CHAINS = (
    ("filter-prerouting-pre-dnat", "filter", "prerouting", -110),
    ("filter-output-pre-dnat", "filter", "output", -110),
    ("filter-input", "filter", "input", 0),
    ("filter-forward", "filter", "forward", 0),
    ("filter-output", "filter", "output", 0),
    *NAT_CHAINS,
)
BASE_CHAINS_BEFORE = (
    ("filter-prerouting", "filter", "prerouting", -110),
    ("filter-input", "filter", "input", -110),
    ("filter-forward", "filter", "forward", -110),
    ("filter-output", "filter", "output", -110),
    ("filter-output-post-dnat", "filter", "output", -90),
    *NAT_CHAINS,
)
JUMPS = (
    ("nodeport-endpoints-check", "filter-input", "ct state new"),
    ("service-endpoints-check", "filter-input", "ct state new"),
    ("service-endpoints-check", "filter-forward", "ct state new"),
    ("service-endpoints-check", "filter-output", "ct state new"),
    ("firewall-check", "filter-prerouting-pre-dnat", "ct state new"),
    ("firewall-check", "filter-output-pre-dnat", "ct state new"),
    ("services", "nat-output", ""),
    ("services", "nat-prerouting", ""),
    ("masquerading", "nat-postrouting", ""),
    ("cluster-ips-check", "filter-forward", "ct state new"),
    ("cluster-ips-check", "filter-output", "ct state new"),
)
RENAMED = {"filter-prerouting-pre-dnat": "filter-prerouting", "filter-output-pre-dnat": "filter-output"}
"""How the chains of JUMPS were called before."""


CHAINS = frozenset({name for name, *_ in (*BASE_CHAINS, *BASE_CHAINS_BEFORE)} | {target for target, *_ in JUMPS})
CHAINS |= {MARK_MASQ, REJECT_CHAIN}
"""Every chain that no Service decides."""


def base_lines(settings: ProxySettings) -> Iterator[str]:
    """Yield the commands, in the order of setupNFTables()."""
    yield f'add table ip {TABLE} {{ comment "rules for kube-proxy" ; }}'
    is_after = settings.version >= AFTER_DNAT
    for name, kind, hook, priority in BASE_CHAINS if is_after else BASE_CHAINS_BEFORE:
        yield f"add chain ip {TABLE} {name} {{ type {kind} hook {hook} priority {priority} ; }}"
    made: set[str] = set()
    for target, source, terms in JUMPS:
        if target not in made:
            made.add(target)
            yield chain(target)
        yield rule(source if is_after else _source_before(target, source), f"{terms} jump {target}".strip())
    yield chain(MARK_MASQ)
    yield rule(MARK_MASQ, f"mark set mark or {MASQ_MARK}")
    yield rule("masquerading", f"mark and {MASQ_MARK} == 0 return")
    yield rule("masquerading", f"mark set mark xor {MASQ_MARK}")
    yield rule("masquerading", "masquerade fully-random")
    yield from _cluster_ips(settings)
    yield from _lookups(settings)


def _source_before(target: str, source: str) -> str:
    if (target, source) == ("cluster-ips-check", "filter-output"):
        return "filter-output-post-dnat"
    return RENAMED.get(source, source)


def _cluster_ips(settings: ProxySettings) -> Iterator[str]:
    yield f'add set ip {TABLE} {CLUSTER_IPS} {{ type ipv4_addr ; comment "Active ClusterIPs" ; }}'
    note = 'comment "Reject traffic to invalid ports of ClusterIPs"'
    yield rule("cluster-ips-check", f"ip daddr @{CLUSTER_IPS} reject {note}")
    if settings.version >= SERVICE_CIDRS and settings.service_cidr:
        note = 'comment "Drop traffic to unallocated ClusterIPs"'
        yield rule("cluster-ips-check", f"ip daddr {{ {settings.service_cidr} }} drop {note}")


def _lookups(settings: ProxySettings) -> Iterator[str]:
    """Yield the maps and the rules that ask them. NodePorts answer on a set of addresses, or all but localhost."""
    is_everywhere = settings.has_match_all
    if not is_everywhere:
        comment = "IPs that accept NodePort traffic"
        yield f'add set ip {TABLE} {NODE_PORT_IPS} {{ type ipv4_addr ; comment "{comment}" ; }}'
    yield _map(NO_ENDPOINT_SERVICES, "ipv4_addr . ", "vmap to drop or reject packets to services with no endpoints")
    yield _map(NO_ENDPOINT_NODE_PORTS, "", "vmap to drop or reject packets to service nodeports with no endpoints")
    note = "helper for @no-endpoint-services / @no-endpoint-nodeports"
    yield f'add chain ip {TABLE} {REJECT_CHAIN} {{ comment "{note}" ; }}'
    yield rule(REJECT_CHAIN, "reject")
    address, port = "ip daddr . meta l4proto . th dport", "meta l4proto . th dport"
    where = "ip daddr != 127.0.0.0/8" if is_everywhere else f"ip daddr @{NODE_PORT_IPS}"
    yield rule("service-endpoints-check", f"{address} vmap @{NO_ENDPOINT_SERVICES}")
    yield rule("nodeport-endpoints-check", f"{where} {port} vmap @{NO_ENDPOINT_NODE_PORTS}")
    yield _map(FIREWALL_IPS, "ipv4_addr . ", "destinations that are subject to LoadBalancerSourceRanges")
    yield rule("firewall-check", f"{address} vmap @{FIREWALL_IPS}")
    yield _map(SERVICE_IPS, "ipv4_addr . ", "ClusterIP, ExternalIP and LoadBalancer IP traffic")
    yield _map(SERVICE_NODE_PORTS, "", "NodePort traffic")
    yield rule("services", f"{address} vmap @{SERVICE_IPS}")
    local = "fib daddr type local " if is_everywhere else ""
    yield rule("services", f"{local}{where} {port} vmap @{SERVICE_NODE_PORTS}")


def _map(name: str, address: str, comment: str) -> str:
    return f'add map ip {TABLE} {name} {{ type {address}inet_proto . inet_service : verdict ; comment "{comment}" ; }}'


def chain(name: str) -> str:
    """Return the command that makes a chain."""
    return f"add chain ip {TABLE} {name}"


def rule(where: str, text: str) -> str:
    """Return the command that appends a rule."""
    return f"add rule ip {TABLE} {where} {text}"
