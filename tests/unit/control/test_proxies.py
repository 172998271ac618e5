"""kube-proxy follows Services and EndpointSlices: a partial sync leaves what a full one would write."""

from __future__ import annotations

import random
from typing import Any

import pytest

from app.control.cluster import LiveCluster
from app.control.kubeproxy.settings import ProxyNode
from app.control.nodefirewall import ensure_node_firewall
from app.control.proxies import Proxies
from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.netns import NetNs
from app.kube.clusterfile import load_cluster_text
from app.kube.endpoints import EndpointSlice
from app.kube.services import Service

SECOND = 1_000_000


def live(mode: str = "iptables", more: str = "") -> LiveCluster:
    spec = f"addons: [], kubeProxy: {{mode: {mode}}}{more}"
    return LiveCluster(
        load_cluster_text(f"{{apiVersion: podwalk.dev/v1, kind: Cluster, spec: {{{spec}}}}}"), Clock(), Rng(0)
    )


def service(name: str, **spec: Any) -> dict[str, Any]:
    ports: list[dict[str, Any]] = [{"name": "web", "port": 80, "targetPort": 80, "protocol": "TCP"}]
    if spec.get("type") == "NodePort":
        ports[0]["nodePort"] = 30070 + int(name[1:])
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": ports, **spec}}


def endpoints(
    name: str, service_name: str, *addresses: str, port: str = "web", protocol: str = "TCP"
) -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": service_name}},
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": [address],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": f"k8s-node-1{1 + index % 2}",
            }
            for index, address in enumerate(addresses)
        ],
        "ports": [{"name": port, "port": 80, "protocol": protocol}],
    }


def put(cluster: LiveCluster, body: dict[str, Any]) -> None:
    """Create an object, or replace its spec."""
    found = cluster.api.find(body["kind"], body["metadata"]["name"])
    if found is None:
        cluster.api.create(body)
    else:
        cluster.api.update({**found.body, **body, "metadata": found.body["metadata"]})


def rules(netns: NetNs) -> list[str]:
    """What the node has, one chain after the other in the order of their names."""
    if "kube-proxy" not in netns.nft.tables:
        return netns.netfilter.save().splitlines()
    table = netns.nft.tables["kube-proxy"]
    chains = [f"{name} {rule.text()}" for name in sorted(table.chains) for rule in table.chains[name].rules]
    return [*sorted(table.chains), *chains, *sorted(table.sets)] + [
        f"{name} {key}" for name in sorted(table.sets) for key in sorted(map(str, table.sets[name].elements))
    ]


def fresh(cluster: LiveCluster, node: str) -> list[str]:
    """What a kube-proxy that starts just now writes on an empty node."""
    proxies = Proxies(cluster)
    netns = cluster.network.add_namespace(f"fresh-{node}-{cluster.clock.now_us}")
    ensure_node_firewall(netns, proxies.settings.version)
    mode = proxies.mode(proxies.settings, cluster.store.typed(Service), cluster.store.typed(EndpointSlice))
    known = next(each for each in cluster.file.nodes if each.name == node)
    mode.sync_proxy_rules(ProxyNode.of(known, cluster.network.namespaces[node]), netns)
    return rules(netns)


@pytest.mark.parametrize("mode", ["iptables", "nftables", "iptables, clusterCIDR: ''"])
@pytest.mark.parametrize("seed", range(6))
def test_partial_syncs_leave_what_a_full_one_writes(mode: str, seed: int) -> None:
    cluster, chance = live(mode), random.Random(seed)
    states = set()
    kinds: list[dict[str, Any]] = [
        {},
        {"type": "NodePort"},
        {"type": "NodePort", "externalTrafficPolicy": "Local"},
        {"internalTrafficPolicy": "Local"},
        {"sessionAffinity": "ClientIP"},
        {"externalIPs": ["203.0.113.9"]},
    ]
    for _ in range(14):
        name = f"s{chance.randrange(4)}"
        what = chance.randrange(5)
        if what == 0 and cluster.api.find("Service", name):
            cluster.api.delete("Service", name)
        elif what == 1 and cluster.api.find("EndpointSlice", f"{name}-a"):
            cluster.api.delete("EndpointSlice", f"{name}-a")
        elif what == 2 and cluster.api.find("Service", name) is None:
            cluster.api.create(service(name, clusterIP=f"10.1.0.7{name[1:]}", **chance.choice(kinds)))
        else:
            count = chance.randrange(4)
            put(cluster, endpoints(f"{name}-a", name, *(f"10.2.1.{10 + n}" for n in chance.sample(range(9), count))))
        cluster.clock.run_until(cluster.clock.now_us + chance.choice([SECOND // 2, 3 * SECOND]))
        states.add("\n".join(rules(cluster.network.namespaces["k8s-node-11"])))
    cluster.clock.run_until(cluster.clock.now_us + 3 * SECOND)
    assert len(states) > 3
    for node in cluster.file.nodes:
        assert own(rules(cluster.network.namespaces[node.name])) == own(fresh(cluster, node.name)), node.name


def own(lines: list[str]) -> list[str]:
    """Leave out what the CNI plugin writes."""
    return [line for line in lines if "FLANNEL" not in line and "flanneld" not in line]


def test_rules_are_late_by_the_lag_of_their_node() -> None:
    cluster = live(more=", lag: {kubeProxy: 1s, nodes: {k8s-node-12: {kubeProxy: 5s}}}")
    cluster.api.create(service("web", clusterIP="10.1.0.77"))
    cluster.api.create(endpoints("web-a", "web", "10.2.1.9"))

    def knows(node: str) -> bool:
        return "10.1.0.77" in cluster.network.namespaces[node].netfilter.save()

    cluster.clock.run_until(SECOND // 2)
    assert (knows("k8s-node-11"), knows("k8s-node-12")) == (False, False)
    cluster.clock.run_until(2 * SECOND)
    assert (knows("k8s-node-11"), knows("k8s-node-12")) == (True, False)
    cluster.clock.run_until(6 * SECOND)
    assert (knows("k8s-node-11"), knows("k8s-node-12")) == (True, True)
    assert cluster.proxies.view_of("k8s-node-12").seen == cluster.store.resource_version


def test_syncs_come_no_closer_than_min_sync_period() -> None:
    cluster = live()
    cluster.api.create(service("web", clusterIP="10.1.0.77"))
    cluster.clock.run_until(SECOND // 2)
    node = cluster.network.namespaces["k8s-node-11"]
    assert "has no endpoints" in node.netfilter.save(), "the first sync comes at once"
    cluster.api.create(endpoints("web-a", "web", "10.2.1.9"))
    cluster.clock.run_until(SECOND)
    assert "10.2.1.9" not in node.netfilter.save()
    cluster.clock.run_until(2 * SECOND)
    assert "10.2.1.9" in node.netfilter.save()
