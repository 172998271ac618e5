"""The list beside the picture: every hop with its number, place, caption and what decided."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from app.sim.captions import catalogue, fill, render
from app.sim.packettext import is_plain_link, packet_text
from app.sim.picture.drawing import chip_markup, label, track_class
from app.sim.picture.measure import Font, text_width, wrap
from app.sim.picture.plates import Chip
from app.sim.picture.stops import UNDERLAY, Stop, Track
from app.sim.picture.xml import Markup, element
from app.sim.trace import TraceHop
from app.sim.verdict import FATAL

__all__ = ["GUTTER", "Block", "blocks_of", "columns"]

#: Between two columns of the list.
GUTTER = 30
NUMBERS, TEXT_LINE, MONO_LINE = 40, 16, 14
BODY, BOLD, MONO = Font(12), Font(12.6), Font(11, is_mono=True)
BLOCK_GAP = 14


class Line(Struct, frozen=True):
    """A line of a block: its distances from the block's corner to its baseline, its text and class."""

    x: float
    y: float
    content: str
    kind: str


class Block(Struct, frozen=True):
    """One stop in the list."""

    w: float
    h: float
    chip: str
    track: str
    lines: list[Line]
    marks: list[tuple[float, float, float]]

    def markup(self, x: float, y: float) -> Markup:
        """Return it with its left upper corner at (x, y)."""
        chip = Chip(self.chip, 0)
        chip.x, chip.y = x + chip.w / 2, y + 10
        parts = [element("rect", {"x": x + mx, "y": y + my, "width": mw, "height": 15, "rx": 3, "class": "pw-marked"})
                 for mx, my, mw in self.marks]  # fmt: skip
        parts += [label(x + line.x, y + line.y, line.content, line.kind) for line in self.lines]
        return element("g", {}, chip_markup(chip, self.track), *parts)


def blocks_of(stops: Iterable[Stop], tracks: list[Track], width: float, lang: str) -> list[Block]:
    """Return a block of this width for each stop; a packet is told again where it has changed since."""
    drawn = {id(stop): track_class(track.leg) for track in tracks for stop in track.stops}
    told: dict[int, str] = {}
    blocks = []
    for stop in stops:
        packet = packet_text(stop.hops[0].headers)
        is_new = told.get(stop.packet) != packet
        told[stop.packet] = packet_text(stop.hops[-1].headers)
        blocks.append(_block(stop, drawn.get(id(stop), "pw-other"), packet if is_new else "", width, lang))
    return blocks


def _block(stop: Stop, track: str, packet: str, width: float, lang: str) -> Block:
    texts = catalogue(lang)
    first = stop.hops[0]
    lines: list[Line] = []
    marks: list[tuple[float, float, float]] = []
    left = Chip(stop.label, 0).w + 10
    where = stop.place.replace(":", " · ")
    if stop.place == first.netns:
        where = f"{where} · {texts['picture']['stack']}"
    elif first.netns == UNDERLAY:
        where = f"{UNDERLAY} · {first.interface}"
    about = f"{texts['leg'][stop.leg]} #{stop.packet} · {first.t_us} µs"
    y = 14.0
    if left + text_width(where, BOLD) + text_width(about, MONO) + 12 <= width:
        lines.append(Line(width - text_width(about, MONO), y, about, "pw-mono pw-muted"))
        lines.append(Line(left, y, where, "pw-bold"))
    else:
        for piece in wrap(where, BOLD, width - left):
            lines.append(Line(left, y, piece, "pw-bold"))
            y += TEXT_LINE
        lines.append(Line(left, y, about, "pw-mono pw-muted"))
    y += 4
    for piece in wrap(packet, MONO, width - NUMBERS) if packet else []:
        y += MONO_LINE
        lines.append(Line(NUMBERS, y, piece, "pw-mono pw-muted"))
    for hop in stop.hops:
        y = _hop_lines(hop, y + 2, lines, marks, width, lang)
    return Block(width, y + 4, stop.label, track, lines, marks)


def _hop_lines(
    hop: TraceHop, y: float, lines: list[Line], marks: list[tuple[float, float, float]], width: float, lang: str
) -> float:
    """Add a hop's lines below `y`; return where they end."""
    words = catalogue(lang)["picture"]
    for n, piece in enumerate(wrap(render(hop.caption.code, hop.caption.params, lang), BODY, width - NUMBERS)):
        y += TEXT_LINE
        if n == 0:
            lines.append(Line(0, y, str(hop.n), "pw-name"))
        lines.append(Line(NUMBERS, y, piece, "pw-bold pw-bad" if hop.kind in FATAL else ""))
    for change in hop.changes:
        before, after = (words["nothing"] if value is None else value for value in (change.before, change.after))
        values = {"field": change.field, "before": before, "after": after}
        for piece in wrap(fill(words["changed"], values), MONO, width - NUMBERS):
            y += TEXT_LINE
            marks.append((NUMBERS - 3, y - 11.5, min(text_width(piece, MONO) + 6, width - NUMBERS + 3)))
            lines.append(Line(NUMBERS, y, piece, "pw-mono"))
    if hop.evidence is not None and not is_plain_link(hop):
        for piece in wrap(f"{hop.evidence.tool}: {hop.evidence.entry or '-'}", MONO, width - NUMBERS):
            y += MONO_LINE
            lines.append(Line(NUMBERS, y, piece, "pw-mono pw-muted"))
    return y


def columns(blocks: list[Block], count: int, x: float, y: float) -> tuple[Markup, float]:
    """Return the blocks in `count` columns of about the same height, and where the longest one ends."""
    target = sum(block.h + BLOCK_GAP for block in blocks) / count
    parts, top, done, bottom = [], y, 0.0, y
    column = 0
    for block in blocks:
        if column < count - 1 and done + block.h / 2 > target * (column + 1):
            column, y = column + 1, top
        parts.append(block.markup(x + column * (block.w + GUTTER), y))
        y += block.h + BLOCK_GAP
        done += block.h + BLOCK_GAP
        bottom = max(bottom, y)
    return "".join(parts), bottom
