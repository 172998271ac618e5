"""netfilter: hooks, tables, chains and rules, as iptables sees them.

    packet in --> PREROUTING --> route --> FORWARD --> POSTROUTING --> packet out
                                   |                       ^
                                   v                       |
                                 INPUT --> local process --> OUTPUT

At each hook the tables are asked in the order of their priority: raw, (conntrack), mangle, nat, filter.
Sources: iptables(8), iptables-extensions(8); Linux include/uapi/linux/netfilter_ipv4.h, net/ipv4/netfilter/ip_tables.c.
"""
