"""Services of every kind with kube-proxy in nftables mode, on flannel vxlan."""

from __future__ import annotations

from tests.differential.flow import (
    CP,
    ECHO_1,
    ECHO_2,
    INET,
    LAN,
    LAN_TO_SERVICES,
    LAN_TO_W1,
    LAN_TO_W2,
    SHELL,
    SHELL_2,
    SILENT,
    W1,
    W2,
    Flow,
)  # fmt: skip

NFTABLES = (
    # --- ClusterIPs
    Flow("nftables", "service-same-node", SHELL, "tcp://10.97.0.21:80"),
    Flow("nftables", "service-other-node", SHELL, "tcp://10.97.0.22:80"),
    Flow("nftables", "service-hairpin", ECHO_1, "tcp://10.97.0.21:80"),
    Flow("nftables", "service-from-node", W1, "tcp://10.97.0.22:80"),
    Flow("nftables", "service-from-lan-masqueraded", LAN, "tcp://10.97.0.22:80", before=LAN_TO_SERVICES),
    Flow("nftables", "two-endpoints", SHELL, "tcp://10.97.0.20:80"),
    Flow("nftables", "udp-service-same-node", SHELL, "udp://10.97.0.21:53"),
    Flow("nftables", "udp-service-other-node", SHELL_2, "udp://10.97.0.21:53"),
    Flow("nftables", "udp-service-hairpin", ECHO_2, "udp://10.97.0.22:53"),
    Flow("nftables", "udp-second-datagram-new-port", SHELL, "udp://10.97.0.22:53", earlier=("udp://10.97.0.22:53",)),
    Flow("nftables", "session-affinity", SHELL, "tcp://10.97.0.27:80", earlier=("tcp://10.97.0.27:80",)),
    Flow("nftables", "session-affinity-from-node", W1, "tcp://10.97.0.27:80", earlier=("tcp://10.97.0.27:80",)),
    Flow("nftables", "host-network-endpoint", SHELL, "tcp://10.97.0.28:80"),
    Flow("nftables", "host-network-endpoint-from-itself", W2, "tcp://10.97.0.28:80"),
    Flow("nftables", "api-server-from-other-node", SHELL, "tcp://10.97.0.1:443"),
    Flow("nftables", "api-server-from-its-own-node", CP, "tcp://10.97.0.1:443"),
    Flow("nftables", "internal-policy-local-without-endpoint", SHELL, "tcp://10.97.0.24:80", patience=SILENT),
    Flow("nftables", "internal-policy-local-with-endpoint", SHELL_2, "tcp://10.97.0.24:80"),
    Flow("nftables", "closed-port-behind-service", SHELL, "udp://10.97.0.26:53"),
    # --- what a ClusterIP does not have
    Flow("nftables", "wrong-port-of-service", SHELL, "tcp://10.97.0.22:81"),
    Flow("nftables", "udp-wrong-port-of-service", SHELL, "udp://10.97.0.22:54"),
    Flow("nftables", "wrong-port-of-service-from-node", W1, "tcp://10.97.0.22:81"),
    Flow("nftables", "wrong-port-of-service-from-lan", LAN, "udp://10.97.0.22:54", before=LAN_TO_SERVICES),
    Flow("nftables", "ping-of-service", SHELL, "icmp://10.97.0.22"),
    Flow("nftables", "ping-of-service-from-lan", LAN, "icmp://10.97.0.22", before=LAN_TO_SERVICES),
    Flow("nftables", "service-address-of-nobody", SHELL, "tcp://10.97.0.99:80", patience=SILENT),
    Flow("nftables", "no-endpoints-tcp", SHELL, "tcp://10.97.0.25:80"),
    Flow("nftables", "no-endpoints-udp", SHELL, "udp://10.97.0.25:53"),
    Flow("nftables", "no-endpoints-from-node", W1, "tcp://10.97.0.25:80"),
    # --- NodePorts
    Flow("nftables", "nodeport-same-node", LAN, "tcp://192.168.50.11:31180"),
    Flow("nftables", "nodeport-other-node", LAN, "tcp://192.168.50.11:31280"),
    Flow("nftables", "udp-nodeport-other-node", INET, "udp://192.168.50.11:31253"),
    Flow("nftables", "nodeport-from-pod", SHELL, "tcp://192.168.50.11:31280"),
    Flow("nftables", "nodeport-hairpin", ECHO_1, "tcp://192.168.50.11:31180"),
    Flow("nftables", "nodeport-on-its-own-node", W1, "tcp://192.168.50.11:31180"),
    Flow("nftables", "nodeport-not-on-localhost", W1, "tcp://127.0.0.1:31180"),
    Flow("nftables", "nodeport-not-on-cni0", SHELL, "tcp://10.44.1.1:31180"),
    Flow("nftables", "nodeport-local-policy-with-endpoint", LAN, "tcp://192.168.50.12:31380"),
    Flow("nftables", "nodeport-local-policy-without-endpoint", LAN, "tcp://192.168.50.11:31380", patience=SILENT),
    Flow("nftables", "udp-nodeport-local-policy-without-endpoint", LAN, "udp://192.168.50.11:31353", patience=SILENT),
    Flow("nftables", "nodeport-local-policy-from-pod", SHELL, "tcp://192.168.50.11:31380", patience=SILENT),
    Flow("nftables", "nodeport-local-policy-from-its-node", W2, "tcp://192.168.50.12:31380"),
    Flow("nftables", "no-endpoints-nodeport", LAN, "tcp://192.168.50.11:31480"),
    Flow("nftables", "no-endpoints-udp-nodeport", LAN, "udp://192.168.50.11:31453"),
    # --- external addresses
    Flow("nftables", "external-ip-same-node", LAN, "tcp://192.0.2.80:80", before=LAN_TO_W1),
    Flow("nftables", "external-ip-from-pod", SHELL, "udp://192.0.2.80:53"),
    Flow("nftables", "no-endpoints-external-ip", LAN, "tcp://192.0.2.82:80", before=LAN_TO_W1),
    Flow("nftables", "load-balancer-admitted", LAN, "tcp://192.0.2.90:80", before=LAN_TO_W1),
    Flow("nftables", "load-balancer-refused-source", SHELL, "tcp://192.0.2.90:80", patience=SILENT),
    Flow("nftables", "load-balancer-refused-node", W1, "tcp://192.0.2.90:80", patience=SILENT),
    Flow("nftables", "load-balancer-local-policy", LAN, "tcp://192.0.2.91:80", before=LAN_TO_W2),
    Flow("nftables", "load-balancer-local-policy-without-endpoint", LAN, "tcp://192.0.2.91:80", before=LAN_TO_W1, patience=SILENT),
    Flow("nftables", "load-balancer-local-policy-from-pod", SHELL_2, "tcp://192.0.2.91:80"),
    # --- an administrator's rules beside kube-proxy's
    Flow("nftables", "element-taken-away", SHELL, "tcp://10.97.0.22:80", before=(
        (W1, "nft delete element ip kube-proxy service-ips { 10.97.0.22 . tcp . 80 }"),)),
    Flow("nftables", "reject-tcp-reset", SHELL, "tcp://10.97.0.22:80", before=(
        (W1, "nft insert rule ip kube-proxy filter-forward tcp dport 8080 reject with tcp reset"),)),
    Flow("nftables", "reject-admin-prohibited", SHELL, "udp://10.97.0.22:53", before=(
        (W2, "nft insert rule ip kube-proxy filter-forward udp dport 5353 reject with icmp admin-prohibited"),)),
)  # fmt: skip
