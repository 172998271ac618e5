"""Random clusters: who connects the Pods, Services of every kind with the slices they are given, and broken terminals."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.rules import matches, targets

__all__ = ["ClusterPlan", "cluster_plans"]

PODS = ("a", "b", "c")
NODES = ("k8s-master-10", "k8s-node-11", "k8s-node-12")
PLUGINS: list[dict[str, Any]] = [
    {"plugin": "flannel", "backend": "vxlan"}, {"plugin": "flannel", "backend": "host-gw"}, {"plugin": "bridge"},
    {"plugin": "flannel", "backend": "vxlan", "directRouting": True},
    {"plugin": "calico", "encapsulation": "ipip"}, {"plugin": "calico", "encapsulation": "vxlan"},
    {"plugin": "calico", "encapsulation": "none"},
]  # fmt: skip
WHERE = (
    "10.1.0.9", "10.1.0.10", "10.2.0.2", "10.2.1.2", "10.2.1.3", "10.2.2.2", "10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.1",
    "192.0.2.1", "203.0.113.9", "127.0.0.1", "10.0.0.200",
)  # fmt: skip
SENDERS = (*(f"pod/default/{name}" for name in PODS), *(f"node/{name}" for name in NODES), "ext/gateway", "ext/client")
DEVICES = ("ens33", "cni0", "flannel.1", "tunl0", "vxlan.calico", "eth0", "lo")


@dataclass(frozen=True)
class ClusterPlan:
    """The text of a cluster file, and what is typed at its terminals: (who, line)."""

    text: str
    lines: list[tuple[str, str]]


def services() -> st.SearchStrategy[dict[str, Any]]:
    port = st.fixed_dictionaries(
        {"port": st.sampled_from([80, 8080]), "targetPort": st.sampled_from([80, 81, "http"])},
        optional={"protocol": st.sampled_from(["TCP", "UDP"]), "nodePort": st.sampled_from([30080, 30081])},
    )
    spec = st.fixed_dictionaries(
        {
            "ports": st.lists(port, min_size=1, max_size=1),
            "type": st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"]),
        },
        optional={
            "clusterIP": st.sampled_from(["10.1.0.9", "10.1.0.10", "None"]),
            "selector": st.sampled_from([{"app": "w"}, {"app": "none"}]),
            "externalTrafficPolicy": st.sampled_from(["Local", "Cluster"]),
            "internalTrafficPolicy": st.sampled_from(["Local", "Cluster"]),
            "sessionAffinity": st.sampled_from(["ClientIP", "None"]),
            "externalIPs": st.lists(st.sampled_from(WHERE), max_size=1),
            "loadBalancerSourceRanges": st.sampled_from([["10.0.0.0/8"], ["0.0.0.0/0"], ["192.0.2.0/24"]]),
        },
    )
    status = st.sampled_from([{}, {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}])
    return st.builds(
        lambda spec, status: {"apiVersion": "v1", "kind": "Service", "spec": spec, "status": status}, spec, status
    )


def slices() -> st.SearchStrategy[dict[str, Any]]:
    """Slices of Service `s0`, whose endpoints may be anything: a Pod, a node, nobody, the Service itself."""
    endpoint = st.fixed_dictionaries(
        {"addresses": st.lists(st.sampled_from(WHERE), min_size=1, max_size=1)},
        optional={
            "conditions": st.sampled_from([{"ready": True}, {"ready": False, "serving": True, "terminating": True}]),
            "nodeName": st.sampled_from(NODES),
        },
    )
    meta = {"name": "x", "labels": {"kubernetes.io/service-name": "s0"}}
    return st.builds(
        lambda endpoints: {
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "metadata": meta,
            "endpoints": endpoints, "ports": [{"port": 80}],
        },
        st.lists(endpoint, max_size=3),
    )  # fmt: skip


def lines() -> st.SearchStrategy[str]:
    where, device = st.sampled_from(WHERE), st.sampled_from(DEVICES)
    table = st.sampled_from(
        [
            "nat PREROUTING",
            "nat OUTPUT",
            "nat POSTROUTING",
            "filter FORWARD",
            "filter INPUT",
            "raw PREROUTING",
            "mangle FORWARD",
        ]
    )
    rule = st.builds(
        lambda t, m, j: f"iptables -t {t.split()[0]} -I {t.split()[1]} {m} {j}",
        table,
        st.one_of(st.just(""), matches()),
        targets(),
    )
    return st.one_of(
        rule,
        rule,
        st.builds("ip route replace {}{} via {} dev {} onlink".format, st.sampled_from(["default", "10.2.0.0/16", "10.1.0.0/16"]), st.just(""), where, device),
        st.builds("ip route replace {} {}".format, st.sampled_from(["blackhole", "unreachable", "local"]), where),
        st.builds("ip link set {} {}".format, device, st.sampled_from(["down", "mtu 68", "mtu 600", "mtu 65535", "promisc on"])),
        st.builds("ip addr add {}/24 dev {}".format, where, device),
        st.builds("sysctl -w net.ipv4.{}".format, st.sampled_from(["ip_forward=0", "ip_default_ttl=3", "conf.all.rp_filter=1", "conf.all.route_localnet=1", "conf.all.proxy_arp=1"])),
        st.builds("sysctl -w net.bridge.bridge-nf-call-iptables={}".format, st.sampled_from("01")),
        st.builds("ip neigh replace {} lladdr 02:00:00:00:00:01 dev {}".format, where, device),
        st.builds("bridge fdb replace 02:00:00:00:00:01 dev {} dst {}".format, device, where),
    )  # fmt: skip


@st.composite
def cluster_plans(draw: st.DrawFn) -> ClusterPlan:
    """Draw a cluster of a control plane and two workers, three Pods, up to two Services, a slice, commands."""
    external = [{"name": "client", "ip": "10.0.0.200"}]
    spec = {
        "cni": draw(st.sampled_from(PLUGINS)),
        "kubernetesVersion": draw(st.sampled_from(["1.34", "1.19"])),
        "external": external,
        "kubeProxy": {"mode": "iptables", "masqueradeAll": draw(st.booleans())},
        "underlay": {"mtu": draw(st.sampled_from([1500, 1500, 9000, 576]))},
    }
    documents: list[dict[str, Any]] = [{"apiVersion": "podwalk.dev/v1", "kind": "Cluster", "spec": spec}]
    for name in PODS:
        node = draw(st.sampled_from(NODES))
        container = {"name": "c", "image": "nginx", "ports": [{"name": "http", "containerPort": 80}]}
        pod_spec = {"nodeName": node, "containers": [container]}
        documents.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "w"}}, "spec": pod_spec})  # fmt: skip
    for number, service in enumerate(draw(st.lists(services(), max_size=2))):
        documents.append({**service, "metadata": {"name": f"s{number}"}})
    documents += draw(st.lists(slices(), max_size=1))
    typed = draw(st.lists(st.tuples(st.sampled_from(SENDERS), lines()), max_size=6))
    return ClusterPlan("\n---\n".join(map(json.dumps, documents)), typed)
