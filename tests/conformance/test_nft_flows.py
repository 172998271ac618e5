"""Where kube-proxy's two modes send the same packet: through the hooks of the model's engine, chance and --pick included."""

from typing import Any

import pytest

from app.dataplane.netfilter.targets import Dnat
from app.dataplane.netns import NetNs
from app.dataplane.nft.sets import VerdictMap
from app.dataplane.nft.statements import Select
from app.dataplane.nft.table import Table
from tests.conformance.clusters import facts, proxied_node
from tests.conformance.hookwalk import Fate, HookWalk

CASES = [case for case in facts("proxy_flows.json") if case["cluster"]["ipFamily"] == "IPv4"]
IN_NFTABLES = [case for case in CASES if case["cluster"]["proxyMode"] == "nftables"]
IN_IPTABLES = [case for case in CASES if case["cluster"]["proxyMode"] == "iptables"]


def node(case: dict[str, Any], mode: str) -> NetNs:
    return proxied_node(case["cluster"], case["services"], case["endpointslices"], mode=mode)


def wanted(flow: dict[str, Any]) -> set[Fate]:
    """Upstream's answer; that KUBE-NODEPORTS accepts a health check is no destination."""
    expect = flow["expect"]
    kind = "none" if expect["kind"] == "ACCEPT" else expect["kind"]
    return {(where, expect["masq"]) for where in expect["endpoints"] or [kind]}


def walked(walk: HookWalk, flow: dict[str, Any]) -> set[Fate]:
    return walk.fates(flow["sourceIP"], flow["destIP"], flow["destPort"], flow["protocol"], flow["expect"]["endpoints"])


def test_there_are_cases() -> None:
    assert sum(len(case["flows"]) for case in IN_NFTABLES) == 25
    assert sum(len(case["flows"]) for case in IN_IPTABLES) == 119


@pytest.mark.parametrize("case", IN_NFTABLES, ids=lambda case: case["name"])
def test_every_nftables_flow_goes_where_kube_proxy_sends_it(case: dict[str, Any]) -> None:
    netns = node(case, "nftables")
    walk = HookWalk(netns)
    for flow in case["flows"]:
        if flow["protocol"] == "SCTP":  # no SCTP packets here: the map and the chains that it leads to are held instead
            assert leads_to(netns.nft.tables["kube-proxy"], flow) == set(flow["expect"]["endpoints"])
        else:
            assert walked(walk, flow) == wanted(flow), flow["name"]


def leads_to(table: Table, flow: dict[str, Any]) -> set[str]:
    element = next(
        e for key, e in table.sets["service-ips"].elements.items()
        if tuple(map(str, key)) == (flow["destIP"], flow["protocol"].lower(), str(flow["destPort"]))  # type: ignore[arg-type]
    )  # fmt: skip
    assert element.verdict is not None
    choices = [
        s.where for rule in table.chains[element.verdict.chain].rules for s in rule.statements if isinstance(s, Select)
    ]
    assert isinstance(choices[0], VerdictMap)
    ends = [table.chains[verdict.chain].rules[-1] for _, verdict in choices[0].entries]
    nats = [nat.target for rule in ends if (nat := rule.nat())]
    return {target.to.text() for target in nats if isinstance(target, Dnat)}


# --- the same flows in both modes -------------------------------------------------------------------------------------


def difference(case: dict[str, Any], flow: dict[str, Any]) -> str:
    """Name Kubernetes' own reason for another answer in nftables mode, or "".

    Source: Kubernetes pkg/proxy/nftables/README.md; website, "Migrating from iptables mode to nftables" (virtual-ips.md):
    NodePorts answer on the primary address only and never on 127.0.0.1, and what comes to a ClusterIP and no port of it
    is rejected.
    """
    if flow["destIP"].startswith("127."):
        return "no NodePort on localhost"
    cluster = case["cluster"]
    if not cluster["nodePortAddresses"] and flow["destIP"] in cluster["nodeIPs"][1:] and flow["destPort"] >= 3000:
        return "NodePorts on the primary address"
    cluster_ips = {service["spec"].get("clusterIP") for service in case["services"]}
    if flow["destIP"] in cluster_ips and flow["expect"]["kind"] == "none":
        return "no such port of a ClusterIP"
    return ""


INSTEAD = {
    "no NodePort on localhost": {("none", False)},
    "NodePorts on the primary address": {("none", False)},
    "no such port of a ClusterIP": {("REJECT", False)},
}


@pytest.mark.parametrize("case", IN_IPTABLES, ids=lambda case: case["name"])
def test_both_modes_send_the_same_flows_to_the_same_place(case: dict[str, Any]) -> None:
    iptables, nftables = HookWalk(node(case, "iptables")), HookWalk(node(case, "nftables"))
    for flow in case["flows"]:
        if flow["protocol"] == "SCTP":
            continue
        assert walked(iptables, flow) == wanted(flow), flow["name"]
        why = difference(case, flow)
        assert walked(nftables, flow) == (INSTEAD[why] if why else wanted(flow)), flow["name"]


def test_every_difference_is_met() -> None:
    assert {difference(case, flow) for case in IN_IPTABLES for flow in case["flows"]} == {*INSTEAD, ""}


MORE = {
    "ping of a ClusterIP": ("10.0.0.2", "172.30.0.41", 0, "ICMP", "none", "REJECT"),
    "a ClusterIP that no Service has": ("10.0.0.2", "172.30.7.7", 80, "TCP", "none", "DROP"),
    "UDP to a TCP port": ("10.0.0.2", "172.30.0.41", 80, "UDP", "none", "REJECT"),
    "a node's own packet to a wrong port": ("192.168.0.2", "172.30.0.41", 81, "TCP", "none", "REJECT"),
    "a Pod": ("10.0.0.2", "10.180.0.1", 80, "TCP", "none", "none"),
    "ping of the node": ("203.0.113.2", "192.168.0.2", 0, "ICMP", "none", "none"),
}


@pytest.mark.parametrize("name", MORE)
def test_what_comes_to_no_port_of_a_cluster_ip(name: str) -> None:
    """iptables mode lets it go on: no rule is for it. nftables mode rejects it, or drops it where no Service is."""
    src, dst, port, proto, in_iptables, in_nftables = MORE[name]
    case = next(c for c in IN_IPTABLES if c["name"].startswith("ClusterIP basics"))
    assert HookWalk(node(case, "iptables")).fate(src, dst, port, proto) == (in_iptables, False)
    assert HookWalk(node(case, "nftables")).fate(src, dst, port, proto) == (in_nftables, False)
