"""The clusters of the kube-proxy facts: one node called test-node, flannel, and Services exactly as given."""

import json
from pathlib import Path
from typing import Any

from app.control.cluster import LiveCluster
from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.netns import NetNs
from app.kube.clusterfile import load_cluster_text

DATA = Path(__file__).parent / "data"
Facts = dict[str, Any]


def facts(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def proxied_node(
    settings: Facts, services: list[Facts], slices: list[Facts], version: str = "1.34", mode: str = ""
) -> NetNs:
    """Return the node's namespace with kube-proxy's rules for these objects, in the mode of the settings or another."""
    own = settings["nodeName"]
    addresses = [a for a in settings.get("nodeIPs", ["192.168.0.2"]) if ":" not in a]
    others = sorted({e["nodeName"] for s in slices for e in s["endpoints"] if e.get("nodeName")} - {own})
    nodes = [{"name": own, "ip": addresses[0], "addresses": addresses[1:], "podCIDR": "10.0.0.0/24"}]
    nodes += [
        {"name": n, "ip": f"192.168.0.{100 + i}", "podCIDR": f"10.0.{100 + i}.0/24"} for i, n in enumerate(others)
    ]
    proxy = {
        "mode": mode or settings.get("proxyMode", "iptables"),
        "clusterCIDR": settings.get("clusterCIDR") or "",
        "masqueradeAll": settings.get("masqueradeAll", False),
        "localhostNodePorts": settings.get("localhostNodePorts", True),
        "nodePortAddresses": settings.get("nodePortAddresses"),
    }
    spec = {
        "kubernetesVersion": version, "podCIDR": "10.0.0.0/8", "serviceCIDR": "172.30.0.0/16", "controllers": "none",
        "underlay": {"subnet": "192.168.0.0/24", "interface": "eth0"}, "addons": [], "kubeProxy": proxy, "nodes": nodes,
    }  # fmt: skip
    head = {"apiVersion": "podwalk.dev/v1", "kind": "Cluster", "spec": spec}
    text = "\n---\n".join(json.dumps(document) for document in (head, *services, *slices))
    return LiveCluster(load_cluster_text(text), Clock(), Rng(0)).network.namespaces[own]
