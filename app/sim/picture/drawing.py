"""Rooms, cables, the way of the packets, plates and chips as SVG, from back to front."""

from __future__ import annotations

from app.sim.picture.layout import Arrangement, Wire
from app.sim.picture.plates import CHIP_HEIGHT, Chip, Plate, Room
from app.sim.picture.xml import Markup, element, number, text

__all__ = ["chip_markup", "scene_markup", "track_class"]

#: How far below its two devices a tunnel runs: in the gap between the nodes and the LAN.
TUNNEL_DEPTH = 24

#: A request is solid and filled, its answer dashed and outlined, everything else that comes back dotted and square.
TRACK_CLASSES = {"request": "pw-request", "reply": "pw-reply"}


def track_class(leg: str) -> str:
    """Return the class of a track's line and chips."""
    return TRACK_CLASSES.get(leg, "pw-error")


def scene_markup(arrangement: Arrangement) -> Markup:
    """Return all but the list."""
    plates = list(arrangement.plates.values())
    parts = [_room(room) for room in arrangement.rooms]
    parts += [_wire(wire) for wire in arrangement.wires]
    # A line runs on over a wide plate to its chip, and behind a narrow one, where it would strike the name out.
    parts += [_body(plate) for plate in plates if plate.is_wide]
    parts += _tracks(arrangement)
    parts += [_body(plate) for plate in plates if not plate.is_wide]
    parts += [_words(plate) + _chips(plate, arrangement) for plate in plates]
    return "".join(parts)


def label(x: float, y: float, content: str, kind: str, anchor: str = "") -> Markup:
    """Return one line of text, (x, y) being its baseline's beginning, or end where `anchor` says so."""
    attributes: dict[str, str | float] = {"x": x, "y": y, "class": kind}
    return element("text", {**attributes, **({"text-anchor": anchor} if anchor else {})}, text(content))


def _room(room: Room) -> Markup:
    shape: dict[str, str | float] = {"x": room.x, "y": room.y, "width": room.w, "height": room.h}
    radius = {"pod": 12, "external": 20, "gateway": 20}.get(room.kind, 3)
    parts = [element("rect", {**shape, "rx": radius, "class": f"pw-room pw-{room.kind}"})]
    parts.append(
        label(
            room.x + 12,
            room.baseline,
            room.title,
            "pw-head-line pw-halo pw-halo-host" if room.is_host else "pw-head-line",
        )
    )
    if room.subtitle:
        parts.append(label(room.x + room.w - 12, room.baseline, room.subtitle, "pw-mono pw-muted", "end"))
    return "".join(parts)


def _wire(wire: Wire) -> Markup:
    """Return a cable: upright where one end is wide enough, else in three straight pieces."""
    upper, lower = wire.upper, wire.lower
    a = lower.middle if upper.is_wide else upper.middle
    b = upper.middle if lower.is_wide else lower.middle
    top, bottom = upper.y + upper.h, lower.y
    if wire.kind == "tunnel":
        top = max(upper.y + upper.h, lower.y + lower.h)
        path = f"M{number(a)} {number(top)}V{number(top + TUNNEL_DEPTH)}H{number(b)}V{number(top)}"
        return "".join(
            element("path", {"d": path, "class": f"pw-wire {kind}"}) for kind in ("pw-tube", "pw-tube-inside")
        )
    half = (top + bottom) / 2
    path = f"M{number(a)} {number(top)}V{number(half)}H{number(b)}V{number(bottom)}"
    return element("path", {"d": path, "class": "pw-wire"})


def _body(plate: Plate) -> Markup:
    shape: dict[str, str | float] = {"x": plate.x, "y": plate.y, "width": plate.w, "height": plate.h}
    return element("rect", {**shape, "rx": 5, "class": f"pw-plate pw-{plate.kind}"})


def _words(plate: Plate) -> Markup:
    parts = []
    if plate.is_wide:
        halo = f"pw-halo pw-halo-{plate.kind}"
        parts.append(label(plate.x + 10, plate.y + 17, plate.title, f"pw-name {halo}"))
        if plate.subtitle:
            x = plate.x + 22 + 7.4 * len(plate.title)
            parts.append(label(x, plate.y + 17, plate.subtitle, f"pw-mono pw-muted {halo}"))
    else:
        middle = plate.middle if not plate.others else plate.x + (plate.w - 8.5 * len(plate.others)) / 2
        parts.append(label(middle, plate.y + 17, plate.title, "pw-name", "middle"))
        if plate.subtitle:
            parts.append(label(plate.middle, plate.y + 32, plate.subtitle, "pw-mono pw-muted", "middle"))
    if plate.others:
        parts.append(label(plate.x + plate.w - 8, plate.y + 17, plate.others, "pw-mono pw-muted", "end"))
    return "".join(parts)


def _chips(plate: Plate, arrangement: Arrangement) -> Markup:
    chips = [chip for column in plate.chips for chip in column]
    return "".join(chip_markup(chip, track_class(arrangement.tracks[chip.track].leg)) for chip in chips)


def chip_markup(chip: Chip, kind: str) -> Markup:
    """Return a stop's number in its frame."""
    radius = 3 if kind == "pw-error" else CHIP_HEIGHT / 2
    shape: dict[str, str | float] = {
        "x": chip.x - chip.w / 2, "y": chip.y - CHIP_HEIGHT / 2, "width": chip.w, "height": CHIP_HEIGHT, "rx": radius,
        "class": f"pw-chip {kind}",
    }  # fmt: skip
    words = "pw-chip-text pw-on-request" if kind == "pw-request" else "pw-chip-text"
    return element("rect", shape) + label(chip.x, chip.y + 4, chip.label, words)


# --- the way ----------------------------------------------------------------------------------------------------------


def _tracks(arrangement: Arrangement) -> list[Markup]:
    """Return the tracks' lines; each piece goes from one chip to the next and has an arrow where it is in the open."""
    lines, heads = [], []
    for track, chips in zip(arrangement.tracks, arrangement.chips, strict=True):
        kind = track_class(track.leg)
        for n, before in enumerate(track.came_from):
            if before is None:
                continue
            start, end = (arrangement.plates.get(track.stops[k].place) for k in (before, n))
            if start is None or end is None or start is end:
                continue
            curve = _Curve(chips[before], chips[n])
            lines.append(element("path", {"d": curve.path(), "class": f"pw-track {kind}"}))
            heads.append(_head(curve, start, end, kind))
    return lines + heads


class _Curve:
    """A curve from one chip to another that leaves and arrives upright, or a level line between neighbours."""

    def __init__(self, a: Chip, b: Chip) -> None:
        self.a, self.b = a, b
        half = (a.y + b.y) / 2
        is_level = abs(a.y - b.y) < CHIP_HEIGHT
        self.points = (
            (a.x, a.y),
            ((a.x * 2 + b.x) / 3, a.y) if is_level else (a.x, half),
            ((a.x + b.x * 2) / 3, b.y) if is_level else (b.x, half),
            (b.x, b.y),
        )

    def path(self) -> str:
        (x0, y0), *rest = self.points
        return f"M{number(x0)} {number(y0)}C{' '.join(f'{number(x)} {number(y)}' for x, y in rest)}"

    def at(self, t: float) -> tuple[float, float]:
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        return (
            sum(w * x for w, (x, _) in zip(weights, self.points, strict=True)),
            sum(w * y for w, (_, y) in zip(weights, self.points, strict=True)),
        )


def _head(curve: _Curve, start: Plate, end: Plate, kind: str) -> Markup:
    """Return the arrow, in the middle of what is not hidden behind the two plates."""
    steps = [n / 60 for n in range(61)]
    free = [t for t in steps if not (_covers(start, curve.at(t)) or _covers(end, curve.at(t)))]
    if not free:
        return ""
    t = free[len(free) // 2]
    (x, y), (x0, y0), (x1, y1) = curve.at(t), curve.at(max(0, t - 0.02)), curve.at(min(1, t + 0.02))
    size = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1
    dx, dy = (x1 - x0) / size * 6, (y1 - y0) / size * 6
    corners = [(x + dx, y + dy), (x - dx - dy * 0.8, y - dy + dx * 0.8), (x - dx + dy * 0.8, y - dy - dx * 0.8)]
    points = " ".join(f"{number(px)},{number(py)}" for px, py in corners)
    return element("polygon", {"points": points, "class": f"pw-head {kind}"})


def _covers(plate: Plate, point: tuple[float, float]) -> bool:
    return plate.x <= point[0] <= plate.x + plate.w and plate.y <= point[1] <= plate.y + plate.h
