"""What `ip -d link` adds: the device's kind and its bridge port.

Source: iproute2 6.1, ip/ipaddress.c, ip/iplink_bridge.c,
iplink_bridge_slave.c, iplink_vxlan.c, link_iptnl.c. Timers stand still at 0.00, queues are counted as one.
"""

from __future__ import annotations

from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.interface import BridgePort, Interface

__all__ = ["detail_lines", "on", "port_state"]

TAIL = (
    " addrgenmode eui64 numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535"
    " tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 "
)


def detail_lines(interface: Interface) -> list[str]:
    """Return the lines of an interface after its first one."""
    lines = [f"    {interface.ether_line()}{_counts(interface)}", *_kind_lines(interface)]
    if interface.port is not None:
        lines.append(f"    bridge_slave {_port(interface, interface.port)}")
    lines = [f"{line} " for line in lines]
    lines[-1] = lines[-1][:-1] + TAIL
    return lines


def _counts(interface: Interface) -> str:
    """Return how often promiscuous mode was asked for: a bridge asks it of its ports."""
    ports = int(interface.port is not None)
    low, high = (0, 0) if interface.kind in ("loopback", "ipip") else (68, 65535)
    return f" promiscuity {int(interface.promisc) + ports}  allmulti {ports} minmtu {low} maxmtu {high}"


def _kind_lines(interface: Interface) -> list[str]:
    """Return the line about the device's kind; a network card and `lo` have none."""
    if isinstance(interface, VxlanDevice):
        where = f"id {interface.vni} local {interface.local} dev {interface.lower} srcport 0 0"
        rest = "nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx"
        return [f"    vxlan {where} dstport {interface.dst_port} {rest}"]
    if isinstance(interface, Bridge):
        return [f"    bridge {_bridge(interface)}"]
    if interface.kind == "ipip":
        return ["    ipip any remote any local any ttl inherit nopmtudisc"]
    return ["    veth"] if interface.kind == "veth" else []


def _bridge(bridge: Bridge) -> str:
    own = _bridge_id(bridge)
    return (
        f"forward_delay 1500 hello_time 200 max_age 2000 ageing_time {bridge.fdb.ageing_time_us // 10_000} stp_state 0"
        f" priority 32768 vlan_filtering 0 bridge_id {own} designated_root {own} root_port 0 root_path_cost 0"
        " topology_change 0 topology_change_detected 0 hello_timer    0.00 tcn_timer    0.00"
        " topology_change_timer    0.00 gc_timer    0.00 group_fwd_mask 0 group_address 01:80:c2:00:00:00"
        " mcast_snooping 0 no_linklocal_learn 0 mcast_vlan_snooping 0 mcast_router 1 mcast_query_use_ifaddr 0"
        " mcast_querier 0 mcast_hash_elasticity 16 mcast_hash_max 4096 mcast_last_member_count 2"
        " mcast_startup_query_count 2 mcast_last_member_interval 100 mcast_membership_interval 26000"
        " mcast_querier_interval 25500 mcast_query_interval 12500 mcast_query_response_interval 1000"
        " mcast_startup_query_interval 3124 mcast_stats_enabled 0 mcast_igmp_version 2 mcast_mld_version 1"
        " nf_call_iptables 0 nf_call_ip6tables 0 nf_call_arptables 0"
    )


def _port(interface: Interface, port: BridgePort) -> str:
    own = _bridge_id(port.bridge)
    return (
        f"state {port_state(interface)} priority 32 cost 2 hairpin {on(port.hairpin)} guard off root_block off"
        f" fastleave off learning {on(port.learning)} flood {on(port.flood)} port_id {0x8000 + port.number:#06x}"
        f" port_no {port.number:#x} designated_port {0x8000 + port.number} designated_cost 0"
        f" designated_bridge {own} designated_root {own} hold_timer    0.00 message_age_timer    0.00"
        " forward_delay_timer    0.00 topology_change_ack 0 config_pending 0 proxy_arp off proxy_arp_wifi off"
        " mcast_router 1 mcast_fast_leave off mcast_flood on bcast_flood on mcast_to_unicast off neigh_suppress off"
        " group_fwd_mask 0 group_fwd_mask_str 0x0 vlan_tunnel off isolated off locked off"
    )


def _bridge_id(bridge: Bridge) -> str:
    return "8000." + ":".join(f"{int(part, 16):x}" for part in bridge.mac.split(":"))


def port_state(interface: Interface) -> str:
    """Return the STP state of a port. Source: br_port_state_selection() without STP; the bridge must be up too."""
    master = interface.master
    return "forwarding" if interface.is_running and master is not None and master.up else "disabled"


def on(value: bool) -> str:
    """Return `on` or `off`."""
    return "on" if value else "off"
