"""metallb: addresses for Services of type LoadBalancer, announced by ARP from one node (layer 2 mode).

Source: metallb v0.12 manifests/metallb.yaml, whose pool stands in the ConfigMap `config`. Our own minimal manifests: a
controller, a speaker on every node; no memberlist, no BGP. The pool is the last free addresses of the underlay.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address

from app.control.addons import Body, addons
from app.control.addons.parts import access, labelled, namespace
from app.kube.clusterspec import DEFAULT_NODES, ClusterSpec

__all__ = ["metallb", "pool_of"]

NAMESPACE = "metallb-system"
IMAGE = "quay.io/metallb/{}:v0.12.1"
POOL_ADDRESSES = 16
RULES = (
    ("", ("services", "endpoints", "nodes"), ("get", "list", "watch")),
    ("discovery.k8s.io", ("endpointslices",), ("get", "list", "watch")),
    ("", ("services/status",), ("update",)),
    ("", ("events",), ("create", "patch")),
)
TOLERATIONS = (
    {"effect": "NoSchedule", "key": "node-role.kubernetes.io/master", "operator": "Exists"},
    {"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane", "operator": "Exists"},
)


@addons.register("metallb")
def metallb(spec: ClusterSpec) -> Sequence[Body]:
    """Return its objects; its Pods are made by the controllers, so under `controllers: none` there are none."""
    labels = {"app": "metallb"}
    first, last = pool_of(spec)
    config = f"address-pools:\n- name: default\n  protocol: layer2\n  addresses:\n  - {first}-{last}\n"
    return [
        namespace(NAMESPACE, labels),
        *access("metallb-system:speaker", NAMESPACE, labels, RULES),
        labelled("v1", "ConfigMap", "config", NAMESPACE, labels) | {"data": {"config": config}},
        _workload("Deployment", "controller", {}),
        _workload("DaemonSet", "speaker", {"hostNetwork": True, "tolerations": list(TOLERATIONS)}),
    ]


def _workload(kind: str, component: str, pod_spec: Body) -> Body:
    labels = {"app": "metallb", "component": component}
    container = {"name": component, "image": IMAGE.format(component)}
    return labelled("apps/v1", kind, component, NAMESPACE, labels) | {
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {**pod_spec, "containers": [container]}},
        }
    }


def pool_of(spec: ClusterSpec) -> tuple[IPv4Address, IPv4Address]:
    """Return first and last of the highest free addresses of the underlay that lie together, at most sixteen."""
    subnet = spec.underlay.subnet
    nodes = spec.nodes_given or DEFAULT_NODES
    used = {spec.underlay.gateway, *(host.ip for host in spec.external), *(node.ip for node in nodes if node.ip)}
    last = subnet.broadcast_address - 1
    while last in used and last > subnet.network_address + 1:
        last -= 1
    first = last
    while int(last) - int(first) + 1 < POOL_ADDRESSES and first - 1 > subnet.network_address and first - 1 not in used:
        first -= 1
    return first, last
