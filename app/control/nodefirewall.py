"""The iptables rules of the kubelet itself: KUBE-FIREWALL.

Source: Kubernetes pkg/kubelet/kubelet_network_linux.go. Simplified: no KUBE-KUBELET-CANARY chains (docs/fidelity.md).
"""

from __future__ import annotations

from app.control.kubeproxy.chains import DROP_MARK, FIREWALL, MARK_DROP, comment
from app.control.kubeproxy.static import LOCALNET, OWNERSHIP
from app.dataplane.netns import NetNs


def ensure_node_firewall(netns: NetNs, version: tuple[int, int]) -> None:
    """Write the kubelet's rules on a node: no packets to localhost from elsewhere; until 1.26, drop what is marked."""
    rules = f":{FIREWALL} - [0:0]\n"
    if version < OWNERSHIP:
        text = comment("kubernetes firewall for dropping marked packets")
        rules += f"-A {FIREWALL} {text} -m mark --mark {DROP_MARK} -j DROP\n"
        marking = f"*nat\n:{MARK_DROP} - [0:0]\n-A {MARK_DROP} -j MARK --set-xmark {DROP_MARK}\nCOMMIT\n"
        netns.netfilter.restore(marking, flush=False)
    netns.netfilter.restore(f"*filter\n{rules}-A {FIREWALL} {LOCALNET}\nCOMMIT\n", flush=False)
    for chain in ("OUTPUT", "INPUT"):
        netns.netfilter.ensure("filter", chain, f"-j {FIREWALL}", position=1)
