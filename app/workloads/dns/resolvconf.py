"""/etc/resolv.conf: what kubelet writes into a Pod, and how a resolver reads it.

Sources: Kubernetes pkg/kubelet/network/dns/dns.go (GetPodDNS, mergeDNSOptions), apis/core/validation
(limits); containerd internal/cri/server (parseDNSOptions: search, nameserver, options); resolv.conf(5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from app.kube.clusterspec import ClusterSpec

__all__ = ["ResolvConf", "node_resolv_conf", "read_resolv_conf", "resolv_conf", "used_resolv_conf"]

#: What is behind it is not written (kubelet), not read (glibc, MAXNS).
MOST_SERVERS, MOST_SEARCHES, SEARCH_CHARACTERS = 3, 32, 2048
LOCAL = "127.0.0.1"
#: glibc's limits of its options (resolv.h).
MOST_NDOTS, MOST_TIMEOUT, MOST_ATTEMPTS = 15, 30, 5


class ResolvConf(Struct, frozen=True):
    """What a resolver takes from the file. `timeout` in seconds; `nameservers` are addresses as text."""

    nameservers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    ndots: int = 1
    timeout: int = 5
    attempts: int = 2

    def has(self, option: str) -> bool:
        """Whether an option without a value is set."""
        return option in self.options


def read_resolv_conf(text: str) -> ResolvConf:
    """Return what the file says; the last `search` line counts, and what cannot be read is passed over."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    options: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if not words or line[0] in "#;":
            continue
        if words[0] == "nameserver" and words[1:]:
            servers.append(words[1])
        elif words[0] in ("search", "domain"):
            search = tuple(words[1:2] if words[0] == "domain" else words[1:])
        elif words[0] == "options":
            options += words[1:]
    return ResolvConf(
        tuple(servers[:MOST_SERVERS]), search, tuple(options), _number(options, "ndots", 1, MOST_NDOTS),
        max(1, _number(options, "timeout", 5, MOST_TIMEOUT)), max(1, _number(options, "attempts", 2, MOST_ATTEMPTS)),
    )  # fmt: skip


def used_resolv_conf(text: str | None) -> ResolvConf:
    """Return what a resolver uses: without a name server in the file, or without a file, it asks the host itself."""
    conf = read_resolv_conf(text or "")
    return conf if conf.nameservers else replace(conf, nameservers=(LOCAL,))


def _number(options: Sequence[str], name: str, default: int, most: int) -> int:
    found = default
    for option in options:
        key, _, value = option.partition(":")
        if key == name and value.isdecimal():
            found = min(int(value[:6]), most)
    return found


def node_resolv_conf(spec: ClusterSpec) -> str:
    """Return a node's own file: the resolver of its network is the gateway."""
    return f"nameserver {spec.underlay.gateway}\n"


def resolv_conf(pod: Mapping[str, Any], spec: ClusterSpec, node: str) -> str:
    """Return the file that a Pod gets. `pod` is its manifest, `node` the text of the node's own file.

    ClusterFirst of a hostNetwork Pod is Default. dnsConfig adds name servers and searches, and overrides options.
    """
    given = pod.get("spec") or {}
    policy = given.get("dnsPolicy") or "ClusterFirst"
    host = read_resolv_conf(node)
    if policy == "ClusterFirst" and given.get("hostNetwork"):
        policy = "Default"
    servers: list[str] = []
    searches: list[str] = []
    options: list[str] = []
    if policy in ("ClusterFirst", "ClusterFirstWithHostNet"):
        namespace = (pod.get("metadata") or {}).get("namespace") or "default"
        domain = spec.cluster_domain
        servers = [str(spec.dns_service_ip)]
        searches = [f"{namespace}.svc.{domain}", f"svc.{domain}", domain, *host.search]
        options = ["ndots:5"]
    elif policy == "Default":
        servers, searches, options = list(host.nameservers), list(host.search), list(host.options)
    config = given.get("dnsConfig") or {}
    servers = _unique([*servers, *map(str, config.get("nameservers") or ())])[:MOST_SERVERS]
    searches = _fitting(_unique([*searches, *map(str, config.get("searches") or ())]))
    options = _merged(options, config.get("options") or ())
    lines = [f"search {' '.join(searches)}"] if searches else []
    lines += [f"nameserver {server}" for server in servers]
    lines += [f"options {' '.join(options)}"] if options else []
    return "".join(f"{line}\n" for line in lines)


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _fitting(searches: list[str]) -> list[str]:
    """Return as many search domains as kubelet writes."""
    kept = searches[:MOST_SEARCHES]
    while len(" ".join(kept)) > SEARCH_CHARACTERS:
        kept.pop()
    return kept


def _merged(options: Sequence[str], more: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the options, those of dnsConfig in place of others of the same name."""
    merged = {option.partition(":")[0]: option for option in options}
    for each in more:
        name, value = str(each["name"]), each.get("value")
        merged[name] = name if value in (None, "") else f"{name}:{value}"
    return list(merged.values())
