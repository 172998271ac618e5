"""hostPort: the CNI plugin `portmap`, which flannel's, calico's and most other configurations chain behind their own.

    PREROUTING, OUTPUT -> CNI-HOSTPORT-DNAT -> one chain a Pod: mark for masquerade where needed, DNAT to the Pod

Source: containernetworking/plugins, plugins/meta/portmap/portmap_iptables.go, main.go (snat is on, mark bit 13).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Interface
from typing import NamedTuple

from app.control.naming import sandbox_id
from app.dataplane.netns import NetNs
from app.kube.bodies import list_at
from app.kube.objects import Pod

__all__ = ["forward_host_ports", "unforward_host_ports"]

TOP, SETMARK, MASQ = "CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-SETMARK", "CNI-HOSTPORT-MASQ"
MARK = "0x2000/0x2000"
LOCAL = f"-m addrtype --dst-type LOCAL -j {TOP}"
CHAIN_LENGTH = 28
MOST_PORTS = 15
"""What one multiport match takes."""
NETWORKS = {"flannel": "cbr0", "calico": "k8s-pod-network"}
"""`name` in the network's configuration file, by plugin; else the plugin's name."""


class PortMap(NamedTuple):
    """One port of a node that leads to a container's."""

    protocol: str
    host_port: int
    container_port: int
    host_ip: str


def port_maps(pod: Pod) -> list[PortMap]:
    """Return what a Pod's manifest asks for; a hostNetwork Pod needs none."""
    if pod.host_network:
        return []
    parts = [part for part in list_at(pod.body, "spec", "containers") if isinstance(part, Mapping)]
    ports = [port for part in parts for port in list_at(part, "ports") if isinstance(port, Mapping)]
    return [
        PortMap(_protocol(port.get("protocol")), port["hostPort"], port["containerPort"], _address(port.get("hostIP")))
        for port in ports
        if _is_port(port.get("hostPort")) and _is_port(port.get("containerPort"))
    ]  # fmt: skip


def _protocol(given: object) -> str:
    return str(given).lower() if str(given) in ("UDP", "SCTP") else "tcp"


def _address(given: object) -> str:
    """Return an IPv4 hostIP, "" for every address of the node."""
    try:
        return str(IPv4Address(given)) if isinstance(given, str) and given not in ("", "0.0.0.0") else ""  # noqa: S104
    except ValueError:
        return ""


def _is_port(number: object) -> bool:
    return isinstance(number, int) and 0 < number < 65536


def forward_host_ports(netns: NetNs, pod: Pod, address: IPv4Interface, plugin: str) -> None:
    """CNI ADD on a node: write a Pod's chain; nothing where the Pod asks for no port."""
    maps = port_maps(pod)
    if not maps:
        return
    network, sandbox = NETWORKS.get(plugin, plugin), sandbox_id(pod.namespace, pod.name)
    chain = _chain_name(network, sandbox)
    note = '-m comment --comment "CNI portfwd masquerade mark"'
    lines = [f":{name} - [0:0]" for name in (SETMARK, MASQ, TOP, chain)]
    netfilter = netns.netfilter
    known = netfilter.table("nat").chains
    lines += [f"-A {SETMARK} {note} -j MARK --set-xmark {MARK}", f"-A {MASQ} -m mark --mark {MARK} -j MASQUERADE"]
    lines += [f"-A {chain} {rule}" for entry in maps for rule in _rules(entry, address)]
    lines = [line for line in lines if not (line.startswith((f":{TOP} ", f"-A {TOP} ")) and TOP in known)]
    netfilter.restore("*nat\n" + "".join(f"{line}\n" for line in lines) + "COMMIT\n", flush=False)
    masquerading = f'-m comment --comment "CNI portfwd requiring masquerade" -j {MASQ}'
    netfilter.ensure("nat", "POSTROUTING", masquerading, position=1)
    for hook in ("PREROUTING", "OUTPUT"):
        netfilter.ensure("nat", hook, LOCAL)
    for rule in _entries(maps, network, sandbox, chain):
        netfilter.ensure("nat", TOP, rule)
    route = netns.fib.lookup(address.ip)
    if route is not None and route.dev:
        netns.sysctls[f"net.ipv4.conf.{route.dev}.route_localnet"] = "1"


def unforward_host_ports(netns: NetNs, pod: Pod, plugin: str) -> None:
    """CNI DEL on a node: take a Pod's chain away."""
    if not port_maps(pod):
        return
    name = _chain_name(NETWORKS.get(plugin, plugin), sandbox_id(pod.namespace, pod.name))
    table = netns.netfilter.table("nat")
    if name not in table.chains:
        return
    top = netns.netfilter.chain(table, TOP)
    for line in [line for line in top.lines if line.endswith(f"-j {name}")]:
        top = top.without(top.lines.index(line))
    table.put(top)
    table.put(table.chains[name].emptied())
    netns.netfilter.delete_chain(table, name)


def _chain_name(network: str, sandbox: str) -> str:
    """Return the chain of one Pod. Source: pkg/utils, MustFormatChainNameWithPrefix(), prefix `DN-`."""
    return ("CNI-DN-" + hashlib.sha512(f"{network}{sandbox}".encode()).hexdigest())[:CHAIN_LENGTH]


def _entries(maps: list[PortMap], network: str, sandbox: str, chain: str) -> Iterator[str]:
    note = f'-m comment --comment "dnat name: \\"{network}\\" id: \\"{sandbox}\\""'
    for protocol in sorted({entry.protocol for entry in maps}):
        ports = [str(entry.host_port) for entry in maps if entry.protocol == protocol]
        for start in range(0, len(ports), MOST_PORTS):
            listed = ",".join(ports[start : start + MOST_PORTS])
            yield f"-p {protocol} {note} -m multiport --dports {listed} -j {chain}"


def _rules(entry: PortMap, address: IPv4Interface) -> Iterator[str]:
    """Yield a port's three rules: hairpin and localhost are marked for masquerade, then everything is translated."""
    place = f"-d {entry.host_ip} " if entry.host_ip else ""
    match = f"{place}-p {entry.protocol} -m {entry.protocol} --dport {entry.host_port}"
    yield f"-s {address.network} {match} -j {SETMARK}"
    yield f"-s 127.0.0.1/32 {match} -j {SETMARK}"
    yield f"{match} -j DNAT --to-destination {address.ip}:{entry.container_port}"
