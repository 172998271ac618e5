"""Errors about translated packets, faults, and rules of an administrator, on flannel vxlan."""

from __future__ import annotations

from tests.differential.flow import (
    CP,
    ECHO_1,
    LAN,
    LAN_TO_PODS_BY_W1,
    LAN_TO_SERVICES,
    SHELL,
    SILENT,
    W1,
    W2,
    Flow,
)  # fmt: skip

RULES = (
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
    Flow("vxlan", "reject-proto-unreachable-tcp", SHELL, "tcp://10.97.0.22:80", before=(
        (W1, "iptables -I FORWARD -p tcp --dport 8080 -j REJECT --reject-with icmp-proto-unreachable"),)),
    Flow("vxlan", "reject-proto-unreachable-udp", SHELL, "udp://10.97.0.22:53", before=(
        (W1, "iptables -I FORWARD -p udp --dport 5353 -j REJECT --reject-with icmp-proto-unreachable"),)),
    Flow("vxlan", "reject-net-prohibited-tcp", SHELL, "tcp://10.97.0.22:80", before=(
        (W1, "iptables -I FORWARD -p tcp --dport 8080 -j REJECT --reject-with icmp-net-prohibited"),)),
    Flow("vxlan", "reject-net-prohibited-udp", SHELL, "udp://10.97.0.22:53", before=(
        (W1, "iptables -I FORWARD -p udp --dport 5353 -j REJECT --reject-with icmp-net-prohibited"),)),
    Flow("vxlan", "reject-host-prohibited-tcp", SHELL, "tcp://10.97.0.22:80", before=(
        (W1, "iptables -I FORWARD -p tcp --dport 8080 -j REJECT --reject-with icmp-host-prohibited"),)),
    Flow("vxlan", "reject-admin-prohibited-udp", SHELL, "udp://10.97.0.22:53", before=(
        (W1, "iptables -I FORWARD -p udp --dport 5353 -j REJECT --reject-with icmp-admin-prohibited"),)),
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
    Flow("vxlan", "dnat-to-own-process", LAN, "tcp://192.168.50.12:5000", before=(
        (W2, "iptables -t nat -I PREROUTING -p tcp --dport 5000 -j DNAT --to-destination 192.168.50.12:9100"),)),
    Flow("vxlan", "dnat-to-localhost", LAN, "tcp://192.168.50.12:5000", before=(
        (W2, "iptables -t nat -I PREROUTING -p tcp --dport 5000 -j DNAT --to-destination 127.0.0.1:9100"),)),
    Flow("vxlan", "dnat-in-output-to-localhost", CP, "tcp://203.0.113.50:443", before=(
        (CP, "iptables -t nat -I OUTPUT -d 203.0.113.50/32 -p tcp -j DNAT --to-destination 127.0.0.1:6443"),)),
    Flow("vxlan", "dnat-back-to-the-sender", SHELL, "udp://203.0.113.50:7", patience=SILENT, before=(
        (W1, "iptables -t nat -A PREROUTING -d 203.0.113.50/32 -p udp -j DNAT --to-destination 10.44.1.9:5353"),)),
    Flow("vxlan", "snat-in-input", LAN, "tcp://192.168.50.12:9100", before=(
        (W2, "iptables -t nat -A INPUT -p tcp --dport 9100 -j SNAT --to-source 192.168.50.77"),)),
    Flow("vxlan", "accepted-before-kube-postrouting", ECHO_1, "tcp://10.97.0.21:80", patience=SILENT, before=(
        (W1, "iptables -t nat -I POSTROUTING -j ACCEPT"),)),
    Flow("vxlan", "returned-before-kube-services", SHELL, "tcp://10.97.0.22:80", before=(
        (W1, "iptables -t nat -I PREROUTING -s 10.44.1.0/24 -j RETURN"),)),
    Flow("vxlan", "set-of-blocked-addresses", SHELL, "icmp://10.44.2.31", patience=SILENT, before=(
        (W1, "ipset create blocked hash:ip"), (W1, "ipset add blocked 10.44.1.9"),
        (W1, "iptables -I FORWARD -m set --match-set blocked src -j DROP"))),
    Flow("vxlan", "set-of-addresses-and-ports", SHELL, "udp://10.44.2.31:5353", patience=SILENT, before=(
        (W1, "ipset create blocked hash:ip,port"), (W1, "ipset add blocked 10.44.2.31,udp:5353"),
        (W1, "iptables -I FORWARD -m set --match-set blocked dst,dst -j REJECT --reject-with icmp-net-unreachable"))),
    Flow("vxlan", "echo-requests-prohibited", SHELL, "icmp://192.168.50.12", before=(
        (W2, "iptables -I INPUT -p icmp --icmp-type echo-request -j REJECT --reject-with icmp-host-prohibited"),)),
    Flow("vxlan", "echo-requests-of-the-answer-rejected", SHELL, "icmp://10.44.2.31", patience=SILENT, before=(
        (W2, "iptables -I FORWARD -p icmp --icmp-type echo-reply -j REJECT"),)),
    Flow("vxlan", "recently-seen", SHELL, "icmp://10.44.2.31", patience=SILENT, earlier=("icmp://10.44.2.31",), before=(
        (W1, "iptables -A FORWARD -m recent --set --name seen"),
        (W1, "iptables -I FORWARD -p icmp --icmp-type echo-request -m recent --rcheck --name seen -j DROP"),
        (W1, "iptables -I FORWARD 2 -m recent --set --name seen"))),
    Flow("vxlan", "blackhole", SHELL, "icmp://10.44.2.31", patience=SILENT, before=(
        (W1, "ip route add blackhole 10.44.2.31/32"),)),
    Flow("vxlan", "prohibit-behind-service", SHELL, "tcp://10.97.0.22:80", before=(
        (W1, "ip route add prohibit 10.44.2.31/32"),)),
    Flow("vxlan", "unreachable-behind-service-from-node", W1, "udp://10.97.0.22:53", patience=SILENT, before=(
        (W1, "ip route add unreachable 10.44.2.31/32"),)),
    Flow("vxlan", "no-forwarding-nodeport", LAN, "tcp://192.168.50.11:31280", patience=SILENT, before=(
        (W1, "sysctl -w net.ipv4.ip_forward=0"),)),
    Flow("vxlan", "no-forwarding-service-same-node", SHELL, "tcp://10.97.0.21:80", patience=SILENT, before=(
        (W1, "sysctl -w net.ipv4.ip_forward=0"),)),
    Flow("vxlan", "neighbour-with-a-wrong-mac", SHELL, "icmp://10.44.2.31", patience=SILENT, before=(
        (W1, "ip neigh add 192.168.50.12 lladdr 02:00:00:00:00:99 dev ens33"),)),
    Flow("vxlan", "endpoints-cable-is-down", SHELL, "udp://10.97.0.22:53", before=(
        (W2, "ip link set veth782e438d down"),)),
    Flow("vxlan", "loose-rp-filter-lets-it-pass", LAN, "udp://10.44.2.31:5353", before=(
        *LAN_TO_PODS_BY_W1, (W2, "sysctl -w net.ipv4.conf.all.rp_filter=2"))),
    Flow("vxlan", "strict-rp-filter-of-a-forged-source", SHELL, "udp://198.51.100.20:53", patience=SILENT, before=(
        (W1, "iptables -t nat -I POSTROUTING -s 10.44.1.9/32 -j SNAT --to-source 10.9.9.9"),
        ("ext/gateway", "sysctl -w net.ipv4.conf.all.rp_filter=1"))),
    Flow("vxlan", "low-default-ttl", W1, "icmp://10.44.2.31", before=(
        (W2, "sysctl -w net.ipv4.ip_default_ttl=3"),)),
    Flow("vxlan", "dnat-on-the-far-node-to-nobody", SHELL, "tcp://10.44.2.31:8080", patience=SILENT, before=(
        (W2, "iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.44.2.9:8080"),)),
    Flow("vxlan", "ping-of-a-node-sent-to-a-pod", LAN, "icmp://192.168.50.11", before=(
        (W1, "iptables -t nat -A PREROUTING -p icmp -j DNAT --to-destination 10.44.1.30"),)),
    Flow("vxlan", "long-ping-of-a-node-sent-to-a-far-pod", LAN, "icmp://192.168.50.11", size=4000, before=(
        (W1, "iptables -t nat -A PREROUTING -p icmp -j DNAT --to-destination 10.44.2.31"),)),
    Flow("vxlan", "ping-in-output-sent-to-another-pod", W1, "icmp://10.44.2.31", before=(
        (W1, "iptables -t nat -A OUTPUT -d 10.44.2.31/32 -j DNAT --to-destination 10.44.1.30"),)),
    Flow("vxlan", "answers-untracked", SHELL, "udp://192.168.50.100:53", patience=SILENT, before=(
        (W1, "iptables -t raw -A PREROUTING -i ens33 -j CT --notrack"),)),
    Flow("vxlan", "own-errors-dropped", SHELL, "icmp://198.51.100.20", ttl=1, patience=SILENT, before=(
        (W1, "iptables -A OUTPUT -p icmp --icmp-type time-exceeded -j DROP"),)),
    Flow("vxlan", "strict-rp-filter-nodeport", LAN, "tcp://192.168.50.11:31280", before=(
        (W1, "sysctl -w net.ipv4.conf.all.rp_filter=1"), (W2, "sysctl -w net.ipv4.conf.all.rp_filter=1"))),
    Flow("vxlan", "mark-taken-away", LAN, "tcp://192.168.50.11:31180", before=(
        (W1, "iptables -t mangle -A FORWARD -o cni0 -j MARK --set-xmark 0x0/0xffffffff"),)),
    Flow("vxlan", "ping-that-just-fits-the-tunnel", SHELL, "icmp://10.44.2.9", size=1422, df=True),
    Flow("vxlan", "ping-one-byte-too-long", SHELL, "icmp://10.44.2.9", size=1423, df=True),
)  # fmt: skip
