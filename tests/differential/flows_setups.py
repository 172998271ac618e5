"""What the other set-ups do otherwise."""

from __future__ import annotations

from tests.differential.flow import (
    ECHO_1,
    INET,
    LAN,
    LAN_TO_PODS_BY_W1,
    LAN_TO_W1,
    SHELL,
    SILENT,
    W1,
    Flow,
)  # fmt: skip

SETUPS = (
    # --- masqueradeAll, NodePorts on the nodes' own addresses only
    Flow("host-gw", "masquerade-all-same-node", SHELL, "tcp://10.97.0.21:80"),
    Flow("host-gw", "masquerade-all-other-node", SHELL, "udp://10.97.0.22:53"),
    Flow("host-gw", "nodeport-on-the-nodes-address", LAN, "tcp://192.168.50.11:31280"),
    Flow("host-gw", "nodeport-not-on-localhost", W1, "tcp://127.0.0.1:31180"),
    Flow("host-gw", "nodeport-not-on-cni0", SHELL, "tcp://10.44.1.1:31180"),
    Flow("host-gw", "no-bridge-nf-masquerade-all", SHELL, "tcp://10.97.0.21:80",
         before=((W1, "sysctl -w net.bridge.bridge-nf-call-iptables=0"),)),
    Flow("host-gw", "load-balancer-other-node", LAN, "tcp://192.0.2.90:80", before=LAN_TO_W1),
    Flow("host-gw", "far-udp-nodeport-from-internet", INET, "udp://192.168.50.11:31253"),
    # --- the rules of 1.19
    Flow("old", "service-other-node", SHELL, "tcp://10.97.0.22:80"),
    Flow("old", "udp-service-hairpin", ECHO_1, "udp://10.97.0.21:53"),
    Flow("old", "nodeport-local-policy-with-endpoint", LAN, "tcp://192.168.50.12:31380"),
    Flow("old", "nodeport-local-policy-without-endpoint", LAN, "tcp://192.168.50.11:31380", patience=SILENT),
    Flow("old", "nodeport-local-policy-from-pod", SHELL, "tcp://192.168.50.11:31380"),
    Flow("old", "load-balancer-admitted", LAN, "tcp://192.0.2.90:80", before=LAN_TO_W1),
    Flow("old", "load-balancer-refused-source", SHELL, "tcp://192.0.2.90:80", patience=SILENT),
    Flow("old", "session-affinity", SHELL, "tcp://10.97.0.27:80", earlier=("tcp://10.97.0.27:80",)),
    Flow("old", "no-endpoints-nodeport", LAN, "tcp://192.168.50.11:31480"),
    # --- calico
    Flow("calico-vxlan", "pod-other-node", SHELL, "tcp://10.44.2.31:8080"),
    Flow("calico-vxlan", "pod-same-node", SHELL, "udp://10.44.1.30:5353"),
    Flow("calico-vxlan", "service-other-node", SHELL, "tcp://10.97.0.22:80"),
    Flow("calico-vxlan", "service-same-node", SHELL, "tcp://10.97.0.21:80"),
    Flow("calico-vxlan", "udp-service-hairpin", ECHO_1, "udp://10.97.0.21:53"),
    Flow("calico-vxlan", "nodeport-other-node", LAN, "tcp://192.168.50.11:31280"),
    Flow("calico-vxlan", "nat-outgoing", SHELL, "udp://198.51.100.20:53"),
    Flow("calico-vxlan", "node-to-pod-of-other-node", W1, "icmp://10.44.2.31"),
    Flow("calico-vxlan", "unused-address-of-own-block", SHELL, "icmp://10.44.1.77", patience=SILENT),
    Flow("calico-vxlan", "unused-address-of-other-block", SHELL, "icmp://10.44.2.77", patience=SILENT),
    Flow("calico-vxlan", "too-long-for-the-tunnel", LAN, "icmp://10.44.2.31", size=1450, df=True,
         before=LAN_TO_PODS_BY_W1),
    Flow("calico", "nat-outgoing-tcp", SHELL, "tcp://198.51.100.20:80"),
    Flow("calico", "nat-outgoing-by-its-set", SHELL, "icmp://192.168.50.100", patience=SILENT, before=(
        (W1, "ipset del cali40masq-ipam-pools 10.44.0.0/16"),)),
    Flow("calico", "nat-outgoing-spared-by-its-set", SHELL, "icmp://192.168.50.100", patience=SILENT, before=(
        (W1, "ipset add cali40all-ipam-pools 192.168.50.100"),)),
    Flow("calico", "no-cluster-cidr-external-ip", LAN, "tcp://192.0.2.80:80", before=LAN_TO_W1),
    Flow("calico", "no-cluster-cidr-service-from-node", W1, "udp://10.97.0.22:53"),
    Flow("calico", "no-proxy-arp", SHELL, "tcp://10.44.2.31:8080", before=(
        (W1, "sysctl -w net.ipv4.conf.calic1c03f751f5.proxy_arp=0"),)),
    Flow("calico", "pod-same-node-proxy-arp", SHELL, "icmp://10.44.1.30"),
    Flow("calico", "service-hairpin", ECHO_1, "tcp://10.97.0.21:80"),
    Flow("calico", "reject-tcp-reset-on-a-cable", SHELL, "tcp://10.97.0.22:80", before=(
        (W1, "iptables -I FORWARD -p tcp --dport 8080 -j REJECT --reject-with tcp-reset"),)),
    Flow("calico", "reject-tcp-reset-of-the-answer", SHELL, "tcp://10.97.0.22:80", patience=SILENT, before=(
        (W1, "iptables -I FORWARD -p tcp --sport 8080 -j REJECT --reject-with tcp-reset"),)),
    Flow("calico", "forged-source-at-the-cable", SHELL, "udp://10.44.2.31:5353", patience=SILENT, before=(
        (SHELL, "iptables -t nat -A POSTROUTING -j SNAT --to-source 10.9.9.9"),)),
    Flow("calico", "long-datagram-same-node", SHELL, "udp://10.97.0.21:53", size=3000),
    # --- the plain bridge plugin
    Flow("bridge", "pod-other-node-masqueraded", SHELL, "tcp://10.44.2.31:8080"),
    Flow("bridge", "service-same-node", SHELL, "tcp://10.97.0.21:80"),
    Flow("bridge", "service-other-node", SHELL, "udp://10.97.0.22:53"),
    Flow("bridge", "no-hairpin-mode", ECHO_1, "tcp://10.97.0.21:80", patience=SILENT),
    Flow("bridge", "nodeport-other-node", LAN, "tcp://192.168.50.11:31280"),
    Flow("bridge", "to-the-internet", SHELL, "icmp://198.51.100.20"),
    Flow("bridge", "long-ping-same-node", SHELL, "icmp://10.44.1.30", size=3000),
    Flow("bridge", "lan-host-with-a-route", LAN, "tcp://10.44.1.30:8080",
         before=((LAN, "ip route add 10.44.1.0/24 via 192.168.50.11"),)),
    Flow("host-gw", "long-datagram-other-node", SHELL, "udp://10.44.2.31:5353", size=3000),
    Flow("host-gw", "load-balancer-local-policy-from-pod", SHELL, "tcp://192.0.2.91:80"),
    Flow("calico-vxlan", "long-datagram-to-service", SHELL, "udp://10.97.0.22:53", size=3000),
    Flow("calico-vxlan", "too-long-behind-nodeport", LAN, "udp://192.168.50.11:31253", size=1440, patience=SILENT),
    Flow("old", "udp-nodeport-other-node", LAN, "udp://192.168.50.11:31253"),
    Flow("old", "nodeport-localhost", W1, "tcp://127.0.0.1:31280"),
    Flow("old", "load-balancer-local-policy-from-pod", SHELL, "tcp://192.0.2.91:80"),
)  # fmt: skip
