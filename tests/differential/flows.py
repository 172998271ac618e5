"""The questions that are put to both, the model and the kernel: none of them is in `tests/oracle` or where that came from."""

from __future__ import annotations

from typing import NamedTuple

Command = tuple[str, str]

SHELL, SHELL_2, ECHO_1, ECHO_2 = (f"pod/default/{name}" for name in ("shell", "shell-2", "echo-1", "echo-2"))
CP, W1, W2, LAN, INET = "node/cp", "node/w1", "node/w2", "ext/lan", "ext/inet"
#: Seconds after which a sender that has learned nothing is taken to wait for ever: before TCP sends its SYN again.
SILENT = 0.8


class Flow(NamedTuple):
    """One question. `before`: commands at both terminals; they are taken back afterwards. `earlier`: questions that are asked first, caches and connections stay. `patience`: seconds
    that the kernel's sender waits; the model's waits five."""

    setup: str
    name: str
    from_: str
    to: str
    before: tuple[Command, ...] = ()
    ttl: int | None = None
    size: int | None = None
    df: bool = False
    patience: float = 5.0
    earlier: tuple[str, ...] = ()


LAN_TO_W1: tuple[Command, ...] = ((LAN, "ip route add 192.0.2.0/24 via 192.168.50.11"),)
LAN_TO_W2: tuple[Command, ...] = ((LAN, "ip route add 192.0.2.0/24 via 192.168.50.12"),)
LAN_TO_SERVICES: tuple[Command, ...] = ((LAN, "ip route add 10.97.0.0/16 via 192.168.50.11"),)
LAN_TO_PODS_BY_W1: tuple[Command, ...] = ((LAN, "ip route add 10.44.2.0/24 via 192.168.50.11"),)

FLOWS = (
    # --- flannel vxlan: Services of every kind
    Flow("vxlan", "udp-service-same-node", SHELL, "udp://10.97.0.21:53"),
    Flow("vxlan", "udp-service-other-node", SHELL, "udp://10.97.0.22:53"),
    Flow("vxlan", "udp-service-hairpin", ECHO_1, "udp://10.97.0.21:53"),
    Flow("vxlan", "udp-service-from-node", W1, "udp://10.97.0.22:53"),
    Flow("vxlan", "udp-nodeport-from-lan", LAN, "udp://192.168.50.11:31253"),
    Flow("vxlan", "udp-nodeport-localhost", W1, "udp://127.0.0.1:31153"),
    Flow("vxlan", "udp-nodeport-local-policy", LAN, "udp://192.168.50.12:31353"),
    Flow("vxlan", "nodeport-local-policy-with-endpoint", LAN, "tcp://192.168.50.12:31380"),
    Flow("vxlan", "nodeport-local-policy-without-endpoint", LAN, "tcp://192.168.50.11:31380", patience=SILENT),
    Flow("vxlan", "nodeport-local-policy-from-pod", SHELL, "tcp://192.168.50.11:31380"),
    Flow("vxlan", "nodeport-local-policy-from-internet", INET, "tcp://192.168.50.12:31380"),
    Flow("vxlan", "external-ip-same-node", LAN, "tcp://192.0.2.80:80", before=LAN_TO_W1),
    Flow("vxlan", "external-ip-other-node", LAN, "udp://192.0.2.80:53", before=LAN_TO_W2),
    Flow("vxlan", "external-ip-local-policy-without-endpoint", LAN, "tcp://192.0.2.81:80", before=LAN_TO_W1, patience=SILENT),
    Flow("vxlan", "external-ip-from-pod", SHELL, "tcp://192.0.2.80:80"),
    Flow("vxlan", "external-ip-from-node", W2, "tcp://192.0.2.80:80"),
    Flow("vxlan", "load-balancer-admitted", LAN, "tcp://192.0.2.90:80", before=LAN_TO_W1),
    Flow("vxlan", "load-balancer-refused-source", SHELL, "tcp://192.0.2.90:80", patience=SILENT),
    Flow("vxlan", "load-balancer-refused-node", W1, "tcp://192.0.2.90:80", patience=SILENT),
    Flow("vxlan", "load-balancer-local-policy", LAN, "tcp://192.0.2.91:80", before=LAN_TO_W2),
    Flow("vxlan", "load-balancer-local-policy-from-pod", SHELL, "tcp://192.0.2.91:80"),
    Flow("vxlan", "no-endpoints-tcp", SHELL, "tcp://10.97.0.25:80"),
    Flow("vxlan", "no-endpoints-udp", SHELL, "udp://10.97.0.25:53"),
    Flow("vxlan", "no-endpoints-from-node", W1, "tcp://10.97.0.25:80"),
    Flow("vxlan", "no-endpoints-nodeport-from-lan", LAN, "udp://192.168.50.11:31453"),
    Flow("vxlan", "no-endpoints-external-ip", LAN, "tcp://192.0.2.82:80", before=LAN_TO_W1),
    Flow("vxlan", "no-endpoints-load-balancer", SHELL, "tcp://192.0.2.92:80"),
    Flow("vxlan", "internal-policy-local-without-endpoint", SHELL, "tcp://10.97.0.24:80", patience=SILENT),
    Flow("vxlan", "internal-policy-local-with-endpoint", SHELL_2, "tcp://10.97.0.24:80"),
    Flow("vxlan", "closed-port-behind-service-tcp", SHELL, "tcp://10.97.0.26:80"),
    Flow("vxlan", "closed-port-behind-service-udp", SHELL, "udp://10.97.0.26:53"),
    Flow("vxlan", "closed-port-behind-nodeport", LAN, "udp://192.168.50.11:31553"),
    Flow("vxlan", "host-network-endpoint", SHELL, "tcp://10.97.0.28:80"),
    Flow("vxlan", "host-network-endpoint-same-node", SHELL_2, "udp://10.97.0.28:80"),
    Flow("vxlan", "host-network-endpoint-nodeport", LAN, "tcp://192.168.50.11:31680"),
    Flow("vxlan", "host-network-endpoint-from-itself", W2, "tcp://10.97.0.28:80"),
    Flow("vxlan", "two-endpoints", SHELL, "tcp://10.97.0.20:80"),
    Flow("vxlan", "session-affinity", SHELL, "tcp://10.97.0.27:80", earlier=("tcp://10.97.0.27:80",)),
    Flow("vxlan", "second-connection-caches-warm", SHELL, "tcp://10.97.0.22:80", earlier=("tcp://10.97.0.22:80",)),
    Flow("vxlan", "udp-second-datagram-new-port", SHELL, "udp://10.97.0.22:53", earlier=("udp://10.97.0.22:53",)),
    Flow("vxlan", "wrong-port-of-external-ip", LAN, "tcp://192.0.2.80:81", before=LAN_TO_W1),
    Flow("vxlan", "ping-of-external-ip", LAN, "icmp://192.0.2.80", before=LAN_TO_W1),
    Flow("vxlan", "ping-of-node-port-address", SHELL, "icmp://192.168.50.12"),
    Flow("vxlan", "api-server-from-other-node", SHELL, "tcp://10.97.0.1:443"),
    Flow("vxlan", "api-server-from-node", W1, "tcp://10.97.0.1:443"),
    Flow("vxlan", "udp-to-lan-host-masqueraded", SHELL, "udp://192.168.50.100:53"),
    Flow("vxlan", "udp-closed-port-of-lan-host", SHELL, "udp://192.168.50.100:9"),
    Flow("vxlan", "tcp-closed-port-of-internet-host", SHELL, "tcp://198.51.100.20:81"),
    Flow("vxlan", "unknown-destination-beyond-the-gateway", SHELL, "udp://203.0.113.9:53", patience=SILENT),
    # --- errors about packets that were translated
    Flow("vxlan", "ttl-ends-behind-dnat", SHELL, "udp://10.97.0.22:53", ttl=2, patience=SILENT),
    Flow("vxlan", "ttl-ends-behind-nodeport", LAN, "udp://192.168.50.11:31253", ttl=2, patience=SILENT),
    Flow("vxlan", "ttl-ends-on-the-way-to-the-internet", SHELL, "udp://198.51.100.20:53", ttl=2, patience=SILENT),
    Flow("vxlan", "too-long-behind-service", LAN, "udp://10.97.0.22:53", size=1450, patience=SILENT,
         before=LAN_TO_SERVICES),
    Flow("vxlan", "fragments-to-a-nodes-own-address", SHELL, "icmp://192.168.50.12", size=2000),
    Flow("vxlan", "fragments-to-a-pod", LAN, "icmp://10.44.2.31", size=3000, before=LAN_TO_PODS_BY_W1),
    # --- faults
    Flow("vxlan", "no-bridge-nf-service-same-node", SHELL, "tcp://10.97.0.21:80",
         before=((W1, "sysctl -w net.bridge.bridge-nf-call-iptables=0"),), patience=SILENT),
    Flow("vxlan", "no-bridge-nf-udp-service-same-node", SHELL, "udp://10.97.0.21:53",
         before=((W1, "sysctl -w net.bridge.bridge-nf-call-iptables=0"),), patience=SILENT),
    Flow("vxlan", "no-bridge-nf-hairpin", ECHO_1, "tcp://10.97.0.21:80",
         before=((W1, "sysctl -w net.bridge.bridge-nf-call-iptables=0"),)),
    Flow("vxlan", "no-route-localnet", W1, "tcp://127.0.0.1:31180",
         before=((W1, "sysctl -w net.ipv4.conf.all.route_localnet=0"),), patience=SILENT),
    Flow("vxlan", "node-ignores-pings", SHELL, "icmp://192.168.50.12",
         before=((W2, "sysctl -w net.ipv4.icmp_echo_ignore_all=1"),), patience=SILENT),
    Flow("vxlan", "strict-rp-filter-on-the-tunnel", LAN, "udp://10.44.2.31:5353", before=(
        *LAN_TO_PODS_BY_W1, (W2, "sysctl -w net.ipv4.conf.all.rp_filter=1"))),
    # --- an administrator's rules
    Flow("vxlan", "reject-tcp-reset", SHELL, "tcp://10.97.0.22:80", before=(
        (W1, "iptables -I FORWARD -p tcp --dport 8080 -j REJECT --reject-with tcp-reset"),)),
    Flow("vxlan", "reject-tcp-reset-at-input", SHELL, "tcp://192.168.50.11:31999", before=(
        (W1, "iptables -I INPUT -p tcp --dport 31999 -j REJECT --reject-with tcp-reset"),)),
    Flow("vxlan", "reject-admin-prohibited", SHELL, "tcp://10.97.0.22:80", before=(
        (W2, "iptables -I FORWARD -p tcp --dport 8080 -j REJECT --reject-with icmp-admin-prohibited"),)),
    Flow("vxlan", "reject-host-unreachable-udp", LAN, "udp://192.168.50.11:31253", patience=SILENT, before=(
        (W2, "iptables -I FORWARD -p udp -j REJECT --reject-with icmp-host-unreachable"),)),
    Flow("vxlan", "reject-bridged", SHELL, "tcp://10.44.1.30:8080", before=(
        (W1, "iptables -I FORWARD -m physdev --physdev-is-bridged -p tcp -j REJECT"),)),
    Flow("vxlan", "reject-bridged-tcp-reset", SHELL, "tcp://10.44.1.30:8080", before=(
        (W1, "iptables -I FORWARD -s 10.44.1.9/32 -p tcp -j REJECT --reject-with tcp-reset"),)),
    Flow("vxlan", "reject-in-output", W1, "tcp://10.44.2.31:8080", before=(
        (W1, "iptables -I OUTPUT -d 10.44.2.0/24 -p tcp -j REJECT"),)),
    Flow("vxlan", "reject-tcp-reset-behind-nodeport", LAN, "tcp://192.168.50.11:31280", before=(
        (W1, "iptables -I FORWARD -p tcp --dport 8080 -j REJECT --reject-with tcp-reset"),)),
    Flow("vxlan", "reject-tcp-reset-in-output", W1, "tcp://10.97.0.22:80", before=(
        (W1, "iptables -A OUTPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset"),)),
    Flow("vxlan", "physdev-of-a-routed-packet", SHELL, "udp://10.97.0.22:53", patience=SILENT, before=(
        (W1, "iptables -I FORWARD -m physdev --physdev-in vethc1c03f75 -j DROP"),)),
    Flow("vxlan", "physdev-is-bridged-not-a-routed-packet", SHELL, "udp://10.97.0.22:53", before=(
        (W1, "iptables -I FORWARD -m physdev --physdev-is-bridged -j DROP"),)),
    Flow("vxlan", "fragments-bridged", SHELL, "icmp://10.44.1.30", size=3000),
    Flow("vxlan", "fragments-bridged-without-netfilter", SHELL, "icmp://10.44.1.30", size=3000,
         before=((W1, "sysctl -w net.bridge.bridge-nf-call-iptables=0"),)),
    Flow("vxlan", "reject-of-the-answer", SHELL, "tcp://10.44.2.31:8080", patience=SILENT, before=(
        (W1, "iptables -I FORWARD -p tcp --sport 8080 -j REJECT --reject-with icmp-port-unreachable"),)),
    Flow("vxlan", "drop-in-forward", SHELL, "tcp://10.97.0.22:80", patience=SILENT, before=(
        (W1, "iptables -I FORWARD -d 10.44.2.31/32 -j DROP"),)),
    Flow("vxlan", "drop-in-raw", SHELL, "udp://10.44.2.31:5353", patience=SILENT, before=(
        (W2, "iptables -t raw -A PREROUTING -p udp --dport 5353 -j DROP"),)),
    Flow("vxlan", "drop-in-mangle-of-the-answer", SHELL, "udp://10.97.0.22:53", patience=SILENT, before=(
        (W1, "iptables -t mangle -A POSTROUTING -p udp --sport 5353 -j DROP"),)),
    Flow("vxlan", "drop-the-tunnel-in-output", SHELL, "icmp://10.44.2.31", patience=SILENT, before=(
        (W1, "iptables -A OUTPUT -p udp --dport 8472 -j DROP"),)),
    Flow("vxlan", "drop-invalid-untracked", SHELL, "tcp://10.97.0.22:80", patience=SILENT, before=(
        (W1, "iptables -t raw -A PREROUTING -i cni0 -p tcp -j CT --notrack"),)),
    Flow("vxlan", "snat-to-an-address", SHELL, "tcp://198.51.100.20:80", before=(
        (W1, "iptables -t nat -I POSTROUTING -s 10.44.1.9/32 -d 198.51.100.0/24 -j SNAT --to-source 192.168.50.11"),)),
    Flow("vxlan", "snat-to-a-port", SHELL, "udp://198.51.100.20:53", before=(
        (W1, "iptables -t nat -I POSTROUTING -p udp -s 10.44.1.9/32 -j SNAT --to-source 192.168.50.11:20000-20000"),)),
    Flow("vxlan", "dnat-in-output", W1, "tcp://203.0.113.50:5000", before=(
        (W1, "iptables -t nat -I OUTPUT -d 203.0.113.50/32 -p tcp -j DNAT --to-destination 10.44.2.31:8080"),)),
    Flow("vxlan", "dnat-of-a-ping", SHELL, "icmp://203.0.113.50", before=(
        (W1, "iptables -t nat -A PREROUTING -d 203.0.113.50/32 -j DNAT --to-destination 10.44.2.31"),)),
    Flow("vxlan", "dnat-to-a-bridge-neighbour-of-a-ping", SHELL, "icmp://203.0.113.50", before=(
        (W1, "iptables -t nat -A PREROUTING -d 203.0.113.50/32 -j DNAT --to-destination 10.44.1.30"),)),
    Flow("vxlan", "mark-and-return", SHELL, "tcp://10.97.0.22:80", before=(
        (W1, "iptables -t mangle -N USER"), (W1, "iptables -t mangle -A PREROUTING -i cni0 -j USER"),
        (W1, "iptables -t mangle -A USER -p udp -j RETURN"), (W1, "iptables -t mangle -A USER -j MARK --set-xmark 0x4000/0x4000"),
        (W1, "iptables -t mangle -A PREROUTING -m mark --mark 0x1 -j DROP"))),
    Flow("vxlan", "goto-does-not-come-back", SHELL, "tcp://10.44.2.31:8080", patience=SILENT, before=(
        (W1, "iptables -N USER"), (W1, "iptables -P FORWARD DROP"), (W1, "iptables -A USER -p udp -j ACCEPT"),
        (W1, "iptables -I FORWARD -i cni0 -g USER"))),
    Flow("vxlan", "jump-comes-back", SHELL, "tcp://10.44.2.31:8080", before=(
        (W1, "iptables -N USER"), (W1, "iptables -P FORWARD DROP"), (W1, "iptables -A USER -p udp -j ACCEPT"),
        (W1, "iptables -I FORWARD -i cni0 -j USER"))),
    Flow("vxlan", "stateful-firewall-lets-answers-in", SHELL, "udp://192.168.50.100:53", before=(
        (W1, "iptables -I FORWARD -i ens33 -j DROP"),
        (W1, "iptables -I FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"))),
    Flow("vxlan", "masquerade-removed-lan-answers-gateway", SHELL, "icmp://192.168.50.100", patience=SILENT, before=(
        (W1, "iptables -t nat -F FLANNEL-POSTRTG"),)),
    Flow("vxlan", "multiport-accept", LAN, "tcp://192.168.50.12:31680", before=(
        (W2, "iptables -P INPUT DROP"), (W2, "iptables -A INPUT -p tcp -m multiport --dports 9100,31680 -j ACCEPT"),
        (W2, "iptables -A INPUT -p icmp -j ACCEPT"))),
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
    Flow("calico-vxlan", "unused-address-of-own-block", SHELL, "icmp://10.44.1.77"),
    Flow("calico-vxlan", "unused-address-of-other-block", SHELL, "icmp://10.44.2.77"),
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
    Flow("calico", "spoofed-by-dnat-strict-rp-filter", SHELL, "udp://10.44.1.30:5353", patience=SILENT, before=(
        (W1, "ip route add 10.44.1.9/32 dev lo metric 5"),)),
    # --- the plain bridge plugin
    Flow("bridge", "pod-other-node-masqueraded", SHELL, "tcp://10.44.2.31:8080"),
    Flow("bridge", "service-same-node", SHELL, "tcp://10.97.0.21:80"),
    Flow("bridge", "service-other-node", SHELL, "udp://10.97.0.22:53"),
    Flow("bridge", "no-hairpin-mode", ECHO_1, "tcp://10.97.0.21:80", patience=SILENT),
    Flow("bridge", "nodeport-other-node", LAN, "tcp://192.168.50.11:31280"),
    Flow("bridge", "to-the-internet", SHELL, "icmp://198.51.100.20"),
)  # fmt: skip
