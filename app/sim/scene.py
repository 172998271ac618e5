"""The scene: the nouns of the picture (podwalk-scene/v1), read from the network's tables and the cluster's objects.

It says what lies in what and what is plugged into what, never where on the screen: that is computed in the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.control.cni import plugins
from app.control.topology import topology
from app.dataplane.interface import Interface
from app.dataplane.netns import NetNs
from app.kube.objects import Node, Pod
from app.sim.simulator import Simulator

__all__ = ["scene"]

Json = dict[str, Any]
UNDERLAY = "underlay"


def scene(simulator: Simulator) -> Json:
    """Return rooms (nested by `parent`), interfaces and links of the cluster as it is now."""
    spec = simulator.cluster.spec
    return {
        "schema": "podwalk-scene/v1",
        "cluster": simulator.cluster.name,
        "title": f"{plugins.get(spec.cni.plugin)(simulator.cluster).title} · v{spec.kubernetes_version}",
        "rooms": _rooms(simulator),
        "interfaces": [_interface(i) for ns in _visible(simulator) for i in ns.interfaces.values()],
        "links": _links(simulator),
    }


def _visible(simulator: Simulator) -> list[NetNs]:
    return [ns for ns in simulator.network.namespaces.values() if ns.is_tapped]


# --- rooms ------------------------------------------------------------------------------------------------------------


def _rooms(simulator: Simulator) -> list[Json]:
    live = simulator.live
    rooms = [_node(node) for node in live.file.nodes]
    pods = (machine.pod for machine in live.machines.values() if machine.pod is not None)
    rooms += [_pod(pod, simulator) for pod in pods if not pod.host_network]
    outside = [ns for ns in _visible(simulator) if ns.name.startswith("ext/")]
    rooms += [_outside(ns) for ns in outside]
    rooms += [_lan(lan) for lan in _lans(simulator)]
    return rooms


def _room(kind: str, room_id: str, label: str, parent: str | None, netns: str, ip: str | None) -> Json:
    return {"id": room_id, "kind": kind, "label": label, "parent": parent, "netns": netns, "ip": ip}


def _node(node: Node) -> Json:
    role = "control-plane" if node.is_control_plane else "worker"
    return {**_room("node", node.name, node.name, None, node.name, str(node.ip)), "role": role}


def _pod(pod: Pod, simulator: Simulator) -> Json:
    name = f"pod/{pod.namespace}/{pod.name}"
    netns = simulator.network.namespaces[name]
    return {
        **_room("pod", name, pod.name, pod.node_name, name, _first_address(netns)),
        "namespace": pod.namespace,
        "containers": [{"name": c.name, "image": c.image} for c in pod.containers],
        "listens": _listens(netns),
    }


def _outside(netns: NetNs) -> Json:
    label = netns.name.removeprefix("ext/")
    kind = "gateway" if label == "gateway" else "external"
    return {**_room(kind, netns.name, label, None, netns.name, _first_address(netns)), "listens": _listens(netns)}


def _lans(simulator: Simulator) -> list[Interface]:
    """Return the switches of the underlay."""
    return [i for i in simulator.network.namespaces[UNDERLAY].interfaces.values() if i.kind == "bridge"]


def _lan(lan: Interface) -> Json:
    """Return a LAN, labelled with the subnet that the hosts on it share."""
    peers = (p.peer for p in lan.netns.interfaces.values() if p.master is lan)
    subnets = [str(a.interface.network) for peer in peers if peer is not None for a in peer.addresses]
    label = max(subnets, key=subnets.count, default=lan.name)
    return _room("lan", f"lan/{lan.name}", label, None, UNDERLAY, None)


def _first_address(netns: NetNs) -> str | None:
    addresses = (str(a.interface.ip) for i in netns.interfaces.values() if i.name != "lo" for a in i.addresses)
    return next(addresses, None)


def _listens(netns: NetNs) -> list[str]:
    return [f"{o.proto}/{o.port}" for o in netns.sockets.listeners]


# --- interfaces and links ---------------------------------------------------------------------------------------------


def _interface(interface: Interface) -> Json:
    peer = interface.peer
    return {
        "id": interface.id,
        "netns": interface.netns.name,
        "room": interface.netns.name,
        "name": interface.name,
        "kind": interface.kind,
        "mac": interface.mac,
        "mtu": interface.mtu,
        "addresses": [str(a.interface) for a in interface.addresses],
        "up": interface.up,
        "master": interface.master.id if interface.master else None,
        "peer": peer.id if peer else None,
        "port": interface.port.number if interface.port else None,
    }


def _links(simulator: Simulator) -> list[Json]:
    """Return the cables, wires and tunnels: edges of the topology's graph."""
    tags = _tags()
    links = []
    for one, other, data in topology(simulator.network).edges(data=True):
        kind = data["kind"]
        a, b = sorted((one[1], other[1]), key=lambda name: not name.startswith("pod/"))
        if kind == "veth":
            links.append(_link(f"veth:{a.rpartition(':')[0]}", kind, a, b, next(tags)))
        elif kind == "wire":
            nic, port = (b, a) if a.startswith(f"{UNDERLAY}:") else (a, b)
            links.append(_link(f"wire:{nic}", kind, nic, _lan_of(simulator, port), None))
        elif kind == "tunnel":
            links.append(_link(f"tunnel:{a.rpartition(':')[0]}~{b.rpartition(':')[0]}", kind, a, b, None))
    return links


def _link(link_id: str, kind: str, a: str, b: str, tag: str | None) -> Json:
    return {"id": link_id, "kind": kind, "a": a, "b": b, "tag": tag}


def _lan_of(simulator: Simulator, port: str) -> str:
    """Return the LAN that a switch port belongs to; a wire from host to host ends at the other host's interface."""
    if not port.startswith(f"{UNDERLAY}:"):
        return port
    interface = simulator.network.namespaces[UNDERLAY].interfaces[port.rpartition(":")[2]]
    return f"lan/{interface.master.name}" if interface.master else port


def _tags() -> Iterator[str]:
    """Yield the two-letter tags of cables: both plugs of one cable carry the same."""
    letters = "abcdefghijkmnpqrstuvwxyz"
    while True:
        for first in letters:
            for second in letters:
                yield first + second
