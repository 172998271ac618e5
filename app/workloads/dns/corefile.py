"""The Corefile: Kubernetes' own text, and what CoreDNS takes from one.

Source: Kubernetes cluster/addons/dns/coredns/coredns.yaml.base; CoreDNS plugin/kubernetes/setup.go, cache/setup.go,
forward/setup.go. Only the plugins that decide an answer here are read: kubernetes, cache, forward.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from app.core.dnsname import fqdn

__all__ = ["Corefile", "KubernetesOptions", "default_corefile", "read_corefile"]

#: CoreDNS's own defaults.
DEFAULT_TTL, DEFAULT_CACHE = 5, 3600


class KubernetesOptions(Struct, frozen=True):
    """The block `kubernetes`: zones with their final dots, longest TTL in seconds, how Pod names are answered.

    `line` and `pods_line` are how the Corefile says so.
    """

    zones: tuple[str, ...] = ()
    ttl: int = DEFAULT_TTL
    pods: str = "disabled"
    fallthrough: frozenset[str] = frozenset()
    line: str = ""
    pods_line: str = ""


class Corefile(Struct, frozen=True):
    """What a Corefile says: `cache` is the longest time in seconds (0: no cache), `forward` the place to look."""

    kubernetes: KubernetesOptions
    cache: int = 0
    cache_line: str = ""
    forward: str = ""
    forward_line: str = ""


def default_corefile(domain: str) -> str:
    """Return the Corefile that Kubernetes installs for a cluster domain."""
    return f"""\
.:53 {{
    errors
    health {{
       lameduck 5s
    }}
    ready
    kubernetes {domain} in-addr.arpa ip6.arpa {{
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }}
    prometheus :9153
    forward . /etc/resolv.conf {{
       max_concurrent 1000
    }}
    cache 30
    loop
    reload
    loadbalance
}}
"""


def read_corefile(text: str) -> Corefile:
    """Return what a Corefile says; what is not one of the three plugins is passed over."""
    kubernetes, cache, cache_line, forward, forward_line = KubernetesOptions(), 0, "", "", ""
    block = ""
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        words = line.removesuffix("{").split()
        if block == "kubernetes" and words and line != "}":
            kubernetes = _option(kubernetes, line, words)
        elif words[:1] == ["kubernetes"]:
            zones = tuple(fqdn(zone.lower()) for zone in words[1:]) or (".",)
            kubernetes = KubernetesOptions(zones, line=line)
        elif words[:1] == ["cache"]:
            cache = int(words[1]) if words[1:] and words[1].isdecimal() else DEFAULT_CACHE
            cache_line = line
        elif words[:1] == ["forward"] and words[2:]:
            forward, forward_line = words[2], line
        if line.endswith("{") and words:
            block = words[0]
        elif line == "}":
            block = ""
    return Corefile(kubernetes, cache, cache_line, forward, forward_line)


def _option(given: KubernetesOptions, line: str, words: list[str]) -> KubernetesOptions:
    """Return the options with one more line of the block."""
    if words[0] == "ttl" and words[1:] and words[1].isdecimal():
        return replace(given, ttl=int(words[1]))
    if words[0] == "pods" and words[1:]:
        return replace(given, pods=words[1], pods_line=line)
    if words[0] == "fallthrough":
        return replace(given, fallthrough=frozenset(map(fqdn, words[1:])) or frozenset(given.zones))
    return given
