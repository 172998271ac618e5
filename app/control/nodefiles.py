"""The configuration files of a node that a networking course looks into: kubelet's, the CNI plugin's, flannel's.

They show what the cluster file says. Sources: kubeadm's KubeletConfiguration; flannel's kube-flannel.yml
and subnet.env; Calico's 10-calico.conflist; containernetworking's bridge plugin.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.control.bridge import BRIDGE
from app.kube.objects import Node

if TYPE_CHECKING:
    from app.control.cluster import LiveCluster

__all__ = ["write_node_files"]

PORTMAP: dict[str, Any] = {"type": "portmap", "capabilities": {"portMappings": True}}


def write_node_files(live: LiveCluster) -> None:
    """Write every node's files, then those of the cluster file's `File` documents."""
    for node in live.file.nodes:
        files = live.machines[f"node/{node.name}"].files
        files.write("/var/lib/kubelet/config.yaml", _kubelet(live))
        for path, text in _cni(live, node).items():
            files.write(path, text)
    for each in live.file.files:
        live.machines[each.on].files.write(each.path, each.content)


def _kubelet(live: LiveCluster) -> str:
    """Return the KubeletConfiguration, the fields that matter here in kubeadm's order."""
    driver = "systemd" if live.spec.version_numbers >= (1, 22) else "cgroupfs"
    return (
        "apiVersion: kubelet.config.k8s.io/v1beta1\n"
        "authentication:\n"
        "  anonymous:\n"
        "    enabled: false\n"
        "  webhook:\n"
        "    cacheTTL: 0s\n"
        "    enabled: true\n"
        "  x509:\n"
        "    clientCAFile: /etc/kubernetes/pki/ca.crt\n"
        "authorization:\n"
        "  mode: Webhook\n"
        "  webhook:\n"
        "    cacheAuthorizedTTL: 0s\n"
        "    cacheUnauthorizedTTL: 0s\n"
        f"cgroupDriver: {driver}\n"
        "clusterDNS:\n"
        f"- {live.spec.dns_service_ip}\n"
        f"clusterDomain: {live.spec.cluster_domain}\n"
        "healthzBindAddress: 127.0.0.1\n"
        "healthzPort: 10248\n"
        "kind: KubeletConfiguration\n"
        "rotateCertificates: true\n"
        "staticPodPath: /etc/kubernetes/manifests\n"
    )


def _cni(live: LiveCluster, node: Node) -> dict[str, str]:
    """Return the files of the cluster's CNI plugin on a node, by path."""
    plugin = live.spec.cni.plugin
    if plugin == "flannel":
        return _flannel(live, node)
    if plugin == "calico":
        return {"/etc/cni/net.d/10-calico.conflist": _json(_calico(live, node))}
    if plugin == "bridge":
        return {"/etc/cni/net.d/10-bridge.conflist": _json(_bridge(live, node))}
    return {}


def _flannel(live: LiveCluster, node: Node) -> dict[str, str]:
    conf = {
        "name": "cbr0",
        "cniVersion": "0.3.1",
        "plugins": [
            {"type": "flannel", "delegate": {"hairpinMode": True, "isDefaultGateway": True}},
            PORTMAP,
        ],
    }
    mtu = live.network.namespaces[node.name].interfaces.get("flannel.1")
    size = mtu.mtu if mtu is not None else live.spec.underlay.mtu
    first = next(node.pod_cidr.hosts())
    env = (
        f"FLANNEL_NETWORK={live.spec.pod_cidr}\n"
        f"FLANNEL_SUBNET={first}/{node.pod_cidr.prefixlen}\n"
        f"FLANNEL_MTU={size}\n"
        "FLANNEL_IPMASQ=true\n"
    )
    return {"/etc/cni/net.d/10-flannel.conflist": _json(conf), "/run/flannel/subnet.env": env}


def _calico(live: LiveCluster, node: Node) -> dict[str, Any]:
    calico = {
        "type": "calico",
        "log_level": "info",
        "datastore_type": "kubernetes",
        "nodename": node.name,
        "mtu": live.spec.underlay.mtu,
        "ipam": {"type": "calico-ipam"},
        "policy": {"type": "k8s"},
        "kubernetes": {"kubeconfig": "/etc/cni/net.d/calico-kubeconfig"},
    }
    return {"name": "k8s-pod-network", "cniVersion": "0.3.1", "plugins": [calico, PORTMAP]}


def _bridge(live: LiveCluster, node: Node) -> dict[str, Any]:
    bridge = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": str(node.pod_cidr)}]], "routes": [{"dst": "0.0.0.0/0"}]},
    }
    return {"name": live.file.name, "cniVersion": "0.4.0", "plugins": [bridge]}


def _json(data: object) -> str:
    return json.dumps(data, indent=2) + "\n"
