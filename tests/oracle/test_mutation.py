"""With one mechanism of the model switched off, the captures notice: each of them is held by a case, not by luck."""

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

import pytest

from app.dataplane import arp, ip
from app.dataplane.conntrack import Conntrack, Found
from app.dataplane.devices import bridge
from app.dataplane.devices.bridge import Bridge
from app.dataplane.fdb import BridgeFdb, VxlanFdb
from app.dataplane.fib import Fib, Route
from app.dataplane.interface import Interface
from app.dataplane.netfilter import hooks, nat
from app.dataplane.netfilter.targets import Masquerade
from tests.oracle.test_captures import (
    HERE,
    kernel_row,
    load,
    model_row,
    opens_or_answers,
    owners_of,
    simulate,
    without_chance,
)

Patch = pytest.MonkeyPatch


def without_un_dnat(patch: Patch) -> None:
    def only_forwards(ip: Any, connection: Any, hook: str, *, is_reply: bool) -> Any:
        new = real(ip, connection, hook, is_reply=is_reply)
        return (ip, "", ()) if new[1] == "un-dnat" else new

    real = nat.translate
    patch.setattr(hooks, "translate", only_forwards)


def without_masquerade(patch: Patch) -> None:
    def others(context: Any, target: Any) -> None:
        if not isinstance(target, Masquerade):
            real(context, target)

    real = nat.bind
    patch.setattr(hooks, "bind", others)


def without_hairpin(patch: Patch) -> None:
    def plain(self: Bridge, interface: Interface, *, hairpin: bool = False) -> None:
        real(self, interface, hairpin=False)

    real = Bridge.enslave
    patch.setattr(Bridge, "enslave", plain)


def without_bridge_fdb(patch: Patch) -> None:
    def only_own(self: BridgeFdb, mac: str, now_us: int) -> Any:
        found = real(self, mac, now_us)
        return found if found is not None and found.is_local else None

    real = BridgeFdb.lookup
    patch.setattr(BridgeFdb, "lookup", only_own)


def without_vtep_fdb(patch: Patch) -> None:
    patch.setattr(VxlanFdb, "lookup", lambda self, mac: None)


def without_br_netfilter(patch: Patch) -> None:
    patch.setattr(bridge, "calls_iptables", lambda bridge, packet: False)


def without_conntrack_state(patch: Patch) -> None:
    def always_new(self: Conntrack, ip: Any, now_us: int) -> Found:
        return real(self, ip, now_us)._replace(state="NEW")

    real = Conntrack.track
    patch.setattr(Conntrack, "track", always_new)


def without_proxy_arp(patch: Patch) -> None:
    patch.setattr(arp, "_is_proxied", lambda *arguments: False)


def without_ttl(patch: Patch) -> None:
    patch.setattr(ip, "with_ttl", lambda packet, ttl: packet)


def without_longest_prefix(patch: Patch) -> None:
    def shortest(self: Fib, dst: IPv4Address) -> Route | None:
        for table in ("local", "main"):
            for mask, routes in reversed(self._by_table.get(table, [])):
                if found := routes.get(int(dst) & mask):
                    return found[0]
        return None

    patch.setattr(Fib, "lookup", shortest)


def without_reject(patch: Patch) -> None:
    patch.setattr("app.dataplane.network.reject", lambda netns, packet, with_: None)


#: A mechanism, and a case of each kind that it alone or with others decides.
MUTATIONS: dict[Callable[[Patch], None], tuple[str, ...]] = {
    without_un_dnat: ("vxlan/pod_clusterip_local", "calico-like/ext_nodeport_local_ep"),
    without_masquerade: ("vxlan/pod_internet_tcp", "calico-like/pod_clusterip_hairpin_self"),
    without_hairpin: ("vxlan/pod_clusterip_hairpin_self", "vxlan/fault_no_mark_masq_hairpin"),
    without_bridge_fdb: ("vxlan/pod_pod_same_node_ping", "calico-like/lan_host_pod_ping"),
    without_vtep_fdb: ("vxlan/pod_pod_other_node_tcp", "vxlan/node_remote_pod_ping"),
    without_br_netfilter: ("vxlan/pod_clusterip_sibling", "vxlan/pod_apiserver_same_node"),
    without_conntrack_state: ("calico-like/fault_forward_drop_docker", "calico-like/lan_host_pod_wrong_node"),
    without_proxy_arp: ("calico-like/pod_pod_same_node_ping", "calico-like/lan_host_pod_routed"),
    without_ttl: ("vxlan/pod_pod_other_node_ping", "vxlan/ttl2_pod_internet"),
    without_reject: (
        "reject/clusterip_no_endpoints",
        "reject/nodeport_no_endpoints",
        "reject/tcp_reset",
        "reject/admin_prohibited",
    ),
    without_longest_prefix: ("vxlan/pod_pod_other_node_ping", "calico-like/pod_pod_other_node_tcp"),
}


def differs(name: str) -> bool:
    """Whether the model's walk of a case, or what its sender learns, is not the kernel's."""
    case = load(HERE / "cases" / f"{name}.json")
    trace = simulate(case)[1]
    owners = owners_of(trace)
    model = [model_row(s, owners) for s in trace.sightings if opens_or_answers(s)]
    kernel = [kernel_row(s) for s in case["sightings"]]
    if len(model) != len(kernel) or trace.verdict.sender_learns != case["result"]["status"]:
        return True
    return [without_chance(m, k) for m, k in zip(model, kernel, strict=True)] != kernel


@pytest.mark.parametrize("switch_off", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_mechanism_switched_off_is_noticed(switch_off: Callable[[Patch], None], monkeypatch: Patch) -> None:
    names = MUTATIONS[switch_off]
    assert [name for name in names if differs(name)] == [], "with everything on, the walks are the kernel's"
    switch_off(monkeypatch)
    assert [name for name in names if differs(name)] == list(names)
