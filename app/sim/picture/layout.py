"""Where everything stands: computed from the scene's nesting and from what the tracks need room for.

nodes side by side: Pods | cables | bridge | IP stack | devices       then the tunnel and the LAN, then who is outside
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from app.sim.captions import catalogue, fill
from app.sim.picture.plates import Chip, Column, Item, Plate, Room, Row
from app.sim.picture.stops import Stop, Track, stops_of, tracks_of
from app.sim.trace import Trace

__all__ = ["Arrangement", "Wire", "arrange"]

Json = dict[str, Any]
#: Between nodes, LAN and hosts; the tunnel lies in it.
LEVEL_GAP = 52
#: A scene of more rooms is drawn with those only that the packet was in.
ROOMS_SHOWN = 14
CABLE, INNER, ROOM_GAP = 34, 24, 28
DEVICES = ("vxlan", "ipip", "nic")


class Wire(Struct, frozen=True):
    """A cable between two plates; kind: veth, wire, port (of a bridge), inner (a host's own), tunnel."""

    kind: str
    upper: Plate
    lower: Plate


class Arrangement(Struct, frozen=True):
    """All that is drawn but the list of hops. `chips` are by track and stop."""

    w: float
    h: float
    rooms: list[Room]
    plates: dict[str, Plate]
    wires: list[Wire]
    stops: list[Stop]
    tracks: list[Track]
    chips: list[list[Chip]]
    missing: str


class _Builder:
    """Makes the plates and rooms of one picture."""

    def __init__(self, trace: Trace, scene: Json, lang: str) -> None:
        self.scene = scene
        self.words = catalogue(lang)["picture"]
        self.interfaces: dict[str, Json] = {i["id"]: i for i in scene["interfaces"]}
        self.stops = stops_of(trace)
        self.joined = self._joined()
        self.tracks = tracks_of(self.stops, lambda a, b: frozenset((a, b)) in self.joined)
        self.chips = [
            [Chip(stop.label, n, is_end=stop.is_end) for stop in track.stops] for n, track in enumerate(self.tracks)
        ]
        drawn = {id(stop) for track in self.tracks for stop in track.stops}
        self.others = [stop.place for stop in self.stops if id(stop) not in drawn]
        visited = {stop.place.split(":")[0] for track in self.tracks for stop in track.stops}
        rooms = scene["rooms"]
        is_small = len(rooms) <= ROOMS_SHOWN
        inside = {r["parent"] for r in rooms if r["netns"] in visited and r["parent"]}
        self.rooms = [r for r in rooms if is_small or r["kind"] == "lan" or {r["id"], r["netns"]} & (visited | inside)]
        self.hidden = len(rooms) - len(self.rooms)
        self.ids = {r["id"] for r in self.rooms}

    def _joined(self) -> set[frozenset[str]]:
        """Return the pairs of places that a packet can go between."""
        pairs = {frozenset((link["a"], link["b"])) for link in self.scene["links"] if link["kind"] != "tunnel"}
        for interface in self.interfaces.values():
            pairs.add(frozenset((interface["id"], interface["netns"])))
            if interface["master"]:
                pairs.add(frozenset((interface["id"], interface["master"])))
        return pairs

    def plate(self, place: str, kind: str, title: str, subtitle: str = "") -> Plate:
        """Return the plate of a place with its chips."""
        chips = [
            [chip for chip, stop in zip(own, track.stops, strict=True) if stop.place == place]
            for own, track in zip(self.chips, self.tracks, strict=True)
        ]
        return Plate(place, kind, title, subtitle, chips, self.others.count(place))

    def interface(self, interface: Json) -> Plate:
        """Return an interface's plate."""
        kind = interface["kind"] if interface["up"] else f"{interface['kind']} pw-down"
        down = "" if interface["up"] else f" ({self.words['down']})"
        addresses = interface["addresses"]
        more = f" +{len(addresses) - 1}" if len(addresses) > 1 else ""
        return self.plate(interface["id"], kind, interface["name"] + down, addresses[0] + more if addresses else "")

    def own(self, room: Json) -> list[Json]:
        """Return a room's interfaces; `lo` only where a packet was on it."""
        used = {stop.place for stop in self.stops}
        mine = [i for i in self.interfaces.values() if i["room"] == room["netns"]]
        return [i for i in mine if i["kind"] != "loopback" or i["id"] in used]

    def stack(self, room: Json, kind: str = "stack") -> Plate:
        """Return the plate of a namespace's IP stack."""
        return self.plate(room["netns"], kind, self.words["stack"])

    def node(self, room: Json) -> Room:
        """Return a node with its Pods."""
        pods = [r for r in self.rooms if r["parent"] == room["id"]]
        interfaces = self.own(room)
        peers = {i["peer"]: i for i in interfaces if i["kind"] == "veth" and i["peer"]}
        columns = [self.pod(pod, peers) for pod in pods]
        bridges = [self.interface(i) for i in interfaces if i["kind"] == "bridge"]
        devices = [self.interface(i) for i in interfaces if i["kind"] in DEVICES or i["kind"] == "loopback"]
        items: list[Item] = [Row(columns, 14)] if columns else []
        items += [*bridges, self.stack(room), Row(devices, 14)]
        return Room("node", room["label"], f"{room['role']} {room['ip']}", Column(items, CABLE, spring=len(items) - 1))

    def pod(self, room: Json, peers: dict[str, Json]) -> Item:
        """Return a Pod, and below it the node's end of its cable."""
        ends = [peers[i["id"]] for i in self.own(room) if i["id"] in peers]
        inside = [self.stack(room, "inner-stack"), *(self.interface(i) for i in self.own(room))]
        pod = Room("pod", room["label"], "", Column(inside, INNER))
        return Column([pod, *(self.interface(end) for end in ends)], CABLE)

    def host(self, room: Json, lans: set[str]) -> Room:
        """Return a host outside: what is plugged into a LAN on top, the rest at the bottom."""
        ends = {link[side] for link in self.scene["links"] for side in "ab" if {link["a"], link["b"]} & lans}
        interfaces = self.own(room)
        top = [self.interface(i) for i in interfaces if i["id"] in ends or len(interfaces) == 1]
        bottom = [self.interface(i) for i in interfaces if i["id"] not in ends and len(interfaces) > 1]
        rows: list[Item] = [Row(top, 14)] if top else []
        rows += [self.stack(room, "inner-stack"), *([Row(bottom, 14)] if bottom else [])]
        return Room(room["kind"], room["label"], "", Column(rows, INNER))

    def missing(self) -> str:
        """Say how much of the cluster is not drawn."""
        return fill(self.words["missing"], {"n": self.hidden}) if self.hidden else ""


def arrange(trace: Trace, scene: Json, lang: str) -> Arrangement:
    """Return every box and chip with its coordinates, in pixels from the left upper corner."""
    build = _Builder(trace, scene, lang)
    nodes = [build.node(r) for r in build.rooms if r["kind"] == "node"]
    for node in nodes:
        node.grow(max(other.h for other in nodes))
    lans = [build.plate(r["id"], "lan", f"LAN {r['label']}") for r in build.rooms if r["kind"] == "lan"]
    names = {lan.place_id for lan in lans}
    near = {link["a"].split(":")[0] for link in scene["links"] if link["b"] in names}
    outside = [r for r in build.rooms if r["kind"] in ("gateway", "external")]
    levels = [[r for r in outside if (r["netns"] in near) == is_near] for is_near in (True, False)]
    rows: list[Item] = [Row(nodes, ROOM_GAP), *lans]
    rows += [Row([build.host(r, names) for r in level], ROOM_GAP) for level in levels if level]
    page = Column(rows, LEVEL_GAP)
    page.place(0, 0, page.w)
    plates = {plate.place_id: plate for plate in page.plates()}
    _settle(build, plates)
    wires = _wires(build, plates)
    rooms = list(page.rooms())
    return Arrangement(
        page.w, page.h, rooms, plates, wires, build.stops, build.tracks, build.chips, build.missing()
    )  # fmt: skip


def _settle(build: _Builder, plates: dict[str, Plate]) -> None:
    """Move the chips of wide plates to between where the packet came from and where it went on to."""
    wanted: dict[Chip, float] = {}
    for track, chips in zip(build.tracks, build.chips, strict=True):
        for n, (stop, chip) in enumerate(zip(track.stops, chips, strict=True)):
            ends = [k for k in (track.came_from[n], *_next(track, n)) if k is not None]
            fixed = [_anchor(plates[track.stops[k].place], chips[k]) for k in ends if track.stops[k].place in plates]
            plate = plates.get(stop.place)
            wanted[chip] = sum(fixed) / len(fixed) if fixed else plate.middle if plate else 0
    for plate in plates.values():
        if plate.is_wide:
            plate.settle(wanted)


def _next(track: Track, n: int) -> list[int]:
    return [k for k, before in enumerate(track.came_from) if before == n][:1]


def _anchor(plate: Plate, chip: Chip) -> float:
    return plate.middle if plate.is_wide else chip.x


def _wires(build: _Builder, plates: dict[str, Plate]) -> list[Wire]:
    """Return the cables of all that is drawn, the upper end first."""
    ends = [(link["kind"], link["a"], link["b"]) for link in build.scene["links"]]
    for interface in build.interfaces.values():
        master = interface["master"]
        ends.append(("port", interface["id"], master) if master else ("inner", interface["id"], interface["netns"]))
    wires = []
    for kind, a, b in ends:
        if a in plates and b in plates and plates[b].kind != "inner-stack":
            upper, lower = sorted((plates[a], plates[b]), key=lambda plate: plate.y)
            wires.append(Wire(kind, upper, lower))
    return wires
