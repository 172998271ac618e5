"""/etc/resolv.conf: what kubelet writes for each dnsPolicy, and the names that a resolver makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from app.kube.clusterspec import ClusterSpec
from app.workloads.dns.corefile import default_corefile, read_corefile
from app.workloads.dns.resolvconf import ResolvConf, node_resolv_conf, read_resolv_conf, resolv_conf
from app.workloads.resolver import names_to_try

FACTS = json.loads((Path(__file__).parents[2] / "conformance" / "data" / "dns_resolver.json").read_text())
NODE = "search lan\nnameserver 10.0.0.1\n"


def spec(dns: str = "10.96.0.10") -> ClusterSpec:
    return ClusterSpec(dns_given=dns)


def as_manifest(given: dict[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in given.items() if name != "namespace"}
    return {"metadata": {"namespace": given.get("namespace", "default")}, "spec": fields}


@pytest.mark.parametrize("case", FACTS["resolv_conf"], ids=lambda case: case["name"])
def test_kubelet_writes_what_the_documents_say(case: dict[str, Any]) -> None:
    node = "nameserver 10.0.0.1\n"
    written = resolv_conf(as_manifest(case["pod"]), spec(case.get("clusterDNS", "10.96.0.10")), node)
    expected = case.get("resolv_conf")
    if isinstance(expected, list):
        # The line order is the runtime's (search, nameserver, options); one document prints another.
        assert sorted(written.splitlines()) == sorted(expected)
        assert [line.split()[0] for line in written.splitlines()] == ["search", "nameserver", "options"]
    elif expected is not None:
        assert written == node
    else:
        effective = {"spec": {"dnsPolicy": case["effective_dnsPolicy"]}}
        assert written == resolv_conf(effective, spec(), node)


@pytest.mark.parametrize("case", FACTS["search_list"], ids=lambda case: case["name"])
def test_names_are_tried_in_the_documented_order(case: dict[str, Any]) -> None:
    conf = ResolvConf(("10.96.0.10",), tuple(case["search"]), (), case["ndots"])
    tried = names_to_try(case["query"], conf)
    assert list(tried[: len(case["names_tried_in_order"])]) == case["names_tried_in_order"]
    if case["result"].startswith("not found"):
        assert len(tried) == len(case["names_tried_in_order"])


def test_musl_never_searches_for_a_name_with_enough_dots() -> None:
    conf = ResolvConf(("10.96.0.10",), ("default.svc.cluster.local",), (), 2)
    assert names_to_try("a.b.c", conf, "glibc") == ("a.b.c.", "a.b.c.default.svc.cluster.local.")
    assert names_to_try("a.b.c", conf, "musl") == ("a.b.c.",)


def test_the_corefile_is_kubernetes_own() -> None:
    corefile = read_corefile(default_corefile("cluster.local"))
    options = corefile.kubernetes
    assert options.zones == ("cluster.local.", "in-addr.arpa.", "ip6.arpa.")
    assert (options.pods, options.ttl) == ("insecure", 30)
    assert sorted(options.fallthrough) == ["in-addr.arpa.", "ip6.arpa."]
    assert (corefile.cache, corefile.forward) == (30, "/etc/resolv.conf")
    words = [plugin.split(" ")[0].split("{")[0] for plugin in FACTS["corefile"]["plugins_in_order"]]
    lines = [line.strip().split(" ")[0] for line in default_corefile("cluster.local").splitlines()]
    assert [line for line in lines if line in words] == words


def test_a_host_network_pod_with_cluster_first_with_host_net_has_cluster_dns_and_the_hosts_search() -> None:
    pod = as_manifest({"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"})
    assert resolv_conf(pod, spec(), NODE).splitlines() == [
        "search default.svc.cluster.local svc.cluster.local cluster.local lan",
        "nameserver 10.96.0.10",
        "options ndots:5",
    ]


def test_dns_config_adds_servers_and_searches_and_overrides_options() -> None:
    config = {
        "nameservers": ["10.96.0.10", "192.0.2.1"],
        "searches": ["cluster.local", "example.org"],
        "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}],
    }
    assert resolv_conf(as_manifest({"dnsConfig": config}), spec(), "").splitlines() == [
        "search default.svc.cluster.local svc.cluster.local cluster.local example.org",
        "nameserver 10.96.0.10",
        "nameserver 192.0.2.1",
        "options ndots:2 edns0",
    ]


def test_a_resolver_reads_what_it_understands() -> None:
    text = "# comment\nnameserver 1.1.1.1\nsearch a\nsearch b c\noptions ndots:99 timeout:2 attempts:9 rotate\nbogus\n"
    conf = read_resolv_conf(text)
    assert (conf.nameservers, conf.search, conf.ndots, conf.timeout, conf.attempts) == (
        ("1.1.1.1",),
        ("b", "c"),
        15,
        2,
        5,
    )
    assert conf.has("rotate")


def test_a_node_asks_its_gateway() -> None:
    assert node_resolv_conf(ClusterSpec()) == "nameserver 10.0.0.1\n"


@pytest.mark.parametrize("libc", ["glibc", "musl"])
def test_the_empty_name_is_the_root_and_is_not_searched_for(libc: Literal["glibc", "musl"]) -> None:
    conf = ResolvConf(("10.1.0.10",), ("default.svc.cluster.local",), (), 5)
    assert names_to_try("", conf, libc) == (".",)
