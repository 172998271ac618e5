"""The sysctls that matter, per kind of namespace: the kernel's defaults and what kubelet, kube-proxy and CNI set.

Source: oracle/README.md (the captured kernel). icmp_ratelimit 0 and tcp_synack_retries 0 are that lab's own setting.
"""

from __future__ import annotations

from app.dataplane.netns import NetNs

EVERYWHERE = {
    "net.ipv4.ip_forward": "0",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.all.send_redirects": "1",
    "net.ipv4.conf.all.route_localnet": "0",
    "net.bridge.bridge-nf-call-iptables": "0",
    "net.ipv4.icmp_ratelimit": "0",
    "net.ipv4.tcp_synack_retries": "0",
}
NODE = {
    "net.ipv4.ip_forward": "1",  # kubeadm's preflight check demands it, the bridge plugin sets it
    "net.bridge.bridge-nf-call-iptables": "1",  # kubeadm's preflight check demands it
}
ROUTER = {"net.ipv4.ip_forward": "1"}


def set_sysctls(netns: NetNs, *layers: dict[str, str]) -> None:
    """Set the defaults and then each layer's keys."""
    for layer in (EVERYWHERE, *layers):
        netns.sysctls.update(layer)
