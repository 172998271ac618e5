"""The whole table that kube-proxy writes in nftables mode: upstream's own expected dump."""

import dataclasses
from typing import Any

import pytest

from app.core.yaml12 import load_documents
from app.dataplane.nft.parse import parse
from app.dataplane.nft.ruleset import Ruleset
from app.dataplane.nft.table import Table
from tests.conformance.clusters import DATA, proxied_node

SETTINGS = {
    "nodeName": "test-node", "nodeIPs": ["192.168.0.2", "192.168.1.2", "192.168.99.11"], "clusterCIDR": "10.0.0.0/8",
    "nodePortAddresses": ["192.168.0.2/32"], "proxyMode": "nftables",
}  # fmt: skip
#: A text of this order can be loaded by the kernel; knftables' dump is in that of the names.
ORDER = ("add table", "add chain", "add set", "add map", "add rule", "add element")


def expected() -> Table:
    lines = (DATA / "nft_rules/overall.txt").read_text(encoding="utf-8").splitlines()
    ordered = [line for start in ORDER for line in lines if line.startswith(start)]
    assert len(ordered) == sum(not line.startswith("#") for line in lines)
    ruleset = Ruleset()
    ruleset.apply(parse("\n".join(ordered)))
    return ruleset.tables["kube-proxy"]


def given() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    data: Any = load_documents((DATA / "nft_rules/overall.yaml").read_text(encoding="utf-8"), "overall.yaml")[0].data
    slices = []
    for key, rows in data["endpoints"].items():
        namespace, name = key.split("/")
        slices.append({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"namespace": namespace, "name": f"{name}-1", "labels": {"kubernetes.io/service-name": name}},
            "endpoints": [{"addresses": [ip], **({"nodeName": node} if node else {})} for ip, node in rows],
            "ports": [{"name": "p80", "port": 80, "protocol": "TCP"}],
        })  # fmt: skip
    return data["services"], slices


def described(table: Table) -> dict[str, Any]:
    """Everything but the order and the API server's own Service."""
    chains = {
        name: (c.base, c.comment, c.rules) for name, c in table.chains.items() if "default/kubernetes" not in name
    }
    sets = {}
    for name, each in table.sets.items():
        rows = {key: e for key, e in each.elements.items() if "172.30.0.1" not in str(key).split("'")}
        sets[name] = (dataclasses.replace(each, handle=0), rows)
    return {"chains": chains, "sets": sets, "comment": table.comment}


def test_the_table_is_the_one_of_the_dump() -> None:
    got, want = described(proxied_node(SETTINGS, *given()).nft.tables["kube-proxy"]), described(expected())
    assert got["comment"] == want["comment"]
    assert got["chains"].keys() == want["chains"].keys()
    for name, chain in want["chains"].items():
        assert got["chains"][name] == chain, name
    assert got["sets"].keys() == want["sets"].keys()
    for name, rows in want["sets"].items():
        assert got["sets"][name] == rows, name


@pytest.mark.parametrize(
    ("version", "chain", "priority"), [("1.33", "filter-forward", -110), ("1.34", "filter-forward", 0)]
)
def test_the_filter_chains_moved_behind_dnat_in_1_34(version: str, chain: str, priority: int) -> None:
    """kubernetes/kubernetes#132456, and #131492 for the rule of a ClusterIP."""
    table = proxied_node(SETTINGS, *given(), version=version).nft.tables["kube-proxy"]
    base = table.chains[chain].base
    assert base is not None
    assert base.priority == priority
    first = table.chains["service-ULMVA6XW-ns1/svc1/tcp/p80"].rules[0].text()
    assert ("tcp dport 80" in first) == (version == "1.33")
    assert ("filter-output-post-dnat" in table.chains) == (version == "1.33")


def test_before_1_33_unallocated_cluster_ips_are_not_dropped() -> None:
    table = proxied_node(SETTINGS, *given(), version="1.32").nft.tables["kube-proxy"]
    assert [rule.text().partition(" reject")[0] for rule in table.chains["cluster-ips-check"].rules] == [
        "ip daddr @cluster-ips"
    ]
