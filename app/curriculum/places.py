"""Selectors: how a lesson names an element of the cluster, and which element of the scene that is.

    pod/NS/NAME  pod/NS/NAME/if/eth0  veth/NS/POD  node/N  node/N/if/IF  node/N/br/cni0  node/N/tun/flannel.1
    ext/NAME  ext/NAME/if/eth0  lan/NAME

The namespace is always written. The names are made from the scene, so a lesson can name exactly what can be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from typing import Any, TypeAlias

from app.core.errors import did_you_mean

__all__ = ["ATTRIBUTES", "Place", "Places", "Scene", "UnknownPlaceError"]

Scene: TypeAlias = Mapping[str, Any]

#: What `{{SELECTOR.ATTRIBUTE}}` and `obj(SELECTOR).ATTRIBUTE` can ask for.
ATTRIBUTES = ("ip", "mac", "mtu", "name", "cidr")

_KIND = {
    "bridge": ("br", "网桥 {name}", "bridge {name}"),
    "vxlan": ("tun", "隧道接口 {name}", "tunnel interface {name}"),
    "ipip": ("tun", "隧道接口 {name}", "tunnel interface {name}"),
    "nic": ("if", "网卡 {name}", "network card {name}"),
}
_OTHER = ("if", "接口 {name}", "interface {name}")


class UnknownPlaceError(Exception):
    """A selector or an attribute that names nothing in this cluster; the text says which, and what is near."""


@dataclass(frozen=True, slots=True)
class Place:
    """One element: a room (namespace) or an interface in it. `id` is the scene's element id."""

    selector: str
    id: str
    netns: str
    interface: str | None
    zh: str
    en: str
    facts: Mapping[str, str]

    def holds(self, other: Place) -> bool:
        """Whether `other` is this element or, if this is a room, stands in it."""
        return self.id == other.id or (self.interface is None and self.netns == other.netns)


class Places:
    """All elements of one scene, by selector, by element id, and by (namespace, interface)."""

    def __init__(self, scene: Scene) -> None:
        rooms = {room["netns"]: room for room in scene["rooms"]}
        self._links = [i for i in scene["interfaces"] if i["netns"] in rooms]
        self._by_id = {i["id"]: i for i in self._links}
        places = [*self._rooms(scene), *self._interfaces(rooms)]
        self.by_selector = {place.selector: place for place in places}
        self.by_id = {place.id: place for place in places}
        self._at = {(place.netns, place.interface): place for place in places}
        self.addresses = frozenset(self._addresses(scene))
        self.networks = frozenset(self._networks())

    def get(self, selector: str) -> Place:
        """Return the element that `selector` names. Raises UnknownPlaceError with the nearest name."""
        place = self.by_selector.get(selector)
        if place is None:
            near = _whole_name(selector, self.by_selector) or did_you_mean(selector, self.by_selector)
            raise UnknownPlaceError(f"no such element '{selector}' in this lesson's cluster{near}")
        return place

    def at(self, netns: str, interface: str | None) -> Place | None:
        """Return the element where a hop happened; the switch between the nodes is one element."""
        if interface and (netns, interface) in self._at:
            return self._at[netns, interface]
        return self._at.get((netns, None))

    def attribute(self, selector: str, name: str) -> str:
        """Return `ip`, `mac`, `mtu`, `name` or `cidr` of an element. Raises UnknownPlaceError if it has none."""
        place = self.get(selector)
        if name not in ATTRIBUTES:
            raise UnknownPlaceError(f"'{name}' is not one of {', '.join(ATTRIBUTES)}{did_you_mean(name, ATTRIBUTES)}")
        if name not in place.facts:
            raise UnknownPlaceError(f"'{selector}' has no {name}")
        return place.facts[name]

    def _rooms(self, scene: Scene) -> Iterator[Place]:
        for room in scene["rooms"]:
            first = next((i for i in self._links if i["netns"] == room["netns"] and i["kind"] != "loopback"), None)
            facts = {"name": room["label"]}
            facts |= {"ip": room["ip"]} if room.get("ip") else {}
            if first and room["kind"] != "lan":
                facts |= {name: value for name, value in _facts(first).items() if name not in facts}
            zh, en = ("底层网络 ", "underlay ") if room["kind"] == "lan" else ("", "")
            label = room["label"]
            yield Place(_room_selector(room), room["id"], room["netns"], None, zh + label, en + label, facts)

    def _interfaces(self, rooms: Mapping[str, Mapping[str, Any]]) -> Iterator[Place]:
        for link in self._links:
            room = rooms[link["netns"]]
            if room["kind"] != "lan":
                yield self._interface(link, room)

    def _interface(self, link: Mapping[str, Any], room: Mapping[str, Any]) -> Place:
        word, zh, en = _KIND.get(link["kind"], _OTHER)
        selector = f"{_room_selector(room)}/{word}/{link['name']}"
        pod = _pod_behind(link, self._by_id) if room["kind"] == "node" else None
        if pod:
            selector = f"veth/{pod}"
            name = pod.partition("/")[2]
            zh, en = f"{name} 网线的节点端", f"node end of {name}'s cable"
        zh, en = zh.format(name=link["name"]), en.format(name=link["name"])
        where = room["label"]
        text = (zh, en) if pod else (f"{where} 的{zh}", f"{en} of {where}")
        return Place(selector, link["id"], link["netns"], link["name"], *text, _facts(link))

    def _addresses(self, scene: Scene) -> Iterator[str]:
        for link in self._links:
            yield link["mac"]
            yield from (address.split("/")[0] for address in link["addresses"])
        yield from (room["ip"] for room in scene["rooms"] if room.get("ip"))

    def _networks(self) -> Iterator[IPv4Network]:
        for link in self._links:
            yield from (IPv4Interface(address).network for address in link["addresses"])


def _whole_name(selector: str, known: Iterable[str]) -> str:
    """Return `; did you mean '...'?` for a Pod or cable that is named without its namespace, if there is just one."""
    kind, _, rest = selector.partition("/")
    found = [name for name in known if name.startswith(f"{kind}/") and name.split("/", 2)[2:] == [rest]]
    is_short = kind in ("pod", "veth") and len(found) == 1
    return f"; the namespace is always written: did you mean '{found[0]}'?" if is_short else ""


def _facts(link: Mapping[str, Any]) -> dict[str, str]:
    facts = {"name": link["name"], "mac": link["mac"], "mtu": str(link["mtu"])}
    if link["addresses"]:
        first = IPv4Interface(link["addresses"][0])
        facts |= {"ip": str(first.ip), "cidr": str(first.network)}
    return facts


def _room_selector(room: Mapping[str, Any]) -> str:
    return f"node/{room['id']}" if room["kind"] == "node" else str(room["id"])


def _pod_behind(link: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return NS/POD of the Pod at the other end of a veth, or None."""
    peer = by_id.get(link["peer"] or "")
    netns = str(peer["netns"]) if peer and link["kind"] == "veth" else ""
    return netns.removeprefix("pod/") if netns.startswith("pod/") else None
