"""Boxes that know their size before they are placed: plates (an interface, a stack, a LAN), rows, columns, rooms.

measure: w and h follow from texts and chips         place: x and y come from outside, a wide plate is also stretched
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.sim.picture.measure import Font, text_width

__all__ = ["Chip", "Column", "Item", "Plate", "Room", "Row"]

TITLE, SMALL, CHIP = Font(12, is_mono=True), Font(11, is_mono=True), Font(11, is_mono=True)
ROOM_TITLE = Font(14)
PAD, LINE, CHIP_HEIGHT, CHIP_STEP, CHIP_GAP = 10, 16, 19, 24, 10
ROOM_HEADER, ROOM_EDGE = 26, 12


class Item(Protocol):
    """What can be put into a row, a column or a room."""

    w: float
    h: float

    def place(self, x: float, y: float, w: float) -> None:
        """Put the left upper corner to (x, y); `w` is the room there is, at least the own width."""

    def plates(self) -> Sequence[Plate]:
        """Return the plates inside."""

    def rooms(self) -> Sequence[Room]:
        """Return the rooms inside, outer ones first."""


class Chip:
    """The number of one stop, with a cross where the packet ended; (x, y) is its centre."""

    def __init__(self, label: str, track: int, *, is_end: bool = False) -> None:
        self.label = f"{label} ✕" if is_end else label
        self.track = track
        self.w = text_width(self.label, CHIP) + 16
        self.x = self.y = 0.0


class Plate:
    """One place where packets are: its name, its addresses, and the chips of the stops there, by track.

    A narrow plate has one column of chips a track; a wide one, that others hang on, one row a track, and its chips move
    to where the way comes from.
    """

    def __init__(self, place: str, kind: str, title: str, subtitle: str, chips: list[list[Chip]], others: int) -> None:
        self.place_id = place
        self.kind = kind
        self.title = title
        self.subtitle = subtitle
        self.chips = [column for column in chips if column]
        self.others = f"+{others}" if others else ""
        self.is_wide = kind in ("bridge", "stack", "lan")
        self.x = self.y = 0.0
        self.w, self.h = self._measure()

    @property
    def middle(self) -> float:
        """Where cables end."""
        return self.x + self.w / 2

    def _measure(self) -> tuple[float, float]:
        others = text_width(self.others, SMALL) + 14 if self.others else 0
        title = text_width(self.title, TITLE)
        subtitle = text_width(self.subtitle, SMALL)
        if self.is_wide:
            rows = [sum(chip.w + CHIP_GAP for chip in row) for row in self.chips]
            width = max([title + subtitle + (12 if subtitle else 0) + others, *rows])
            return width + 2 * PAD, 8 + LINE + len(self.chips) * CHIP_STEP + 4
        columns = sum(max(chip.w for chip in column) for column in self.chips) + CHIP_GAP * (len(self.chips) - 1)
        lines = 1 + bool(self.subtitle)
        depth = max((len(column) for column in self.chips), default=0)
        return max(title + others, subtitle, columns) + 2 * PAD, 8 + lines * LINE + depth * CHIP_STEP + 2

    def place(self, x: float, y: float, w: float) -> None:
        """Put it there; a wide plate takes all of `w`, another stands in the middle of it."""
        self.x, self.y = (x, y) if self.is_wide else (x + (w - self.w) / 2, y)
        self.w = w if self.is_wide else self.w
        if not self.is_wide:
            self._place_columns()

    def _place_columns(self) -> None:
        widths = [max(chip.w for chip in column) for column in self.chips]
        left = self.middle - (sum(widths) + CHIP_GAP * (len(widths) - 1)) / 2
        top = self.y + 6 + (1 + bool(self.subtitle)) * LINE
        for width, column in zip(widths, self.chips, strict=True):
            for n, chip in enumerate(column):
                chip.x, chip.y = left + width / 2, top + n * CHIP_STEP + CHIP_STEP / 2
            left += width + CHIP_GAP

    def settle(self, wanted: dict[Chip, float]) -> None:
        """Put a wide plate's chips as near as they can be to where they are wanted, in their order along the plate."""
        for n, row in enumerate(self.chips):
            ordered = sorted(row, key=lambda chip: wanted[chip])
            left = self.x + PAD
            rest = sum(chip.w + CHIP_GAP for chip in ordered)
            for chip in ordered:
                last = self.x + self.w - PAD + CHIP_GAP - rest
                start = min(max(wanted[chip] - chip.w / 2, left), last)
                chip.x, chip.y = start + chip.w / 2, self.y + 8 + LINE + n * CHIP_STEP + CHIP_STEP / 2
                left = start + chip.w + CHIP_GAP
                rest -= chip.w + CHIP_GAP

    def plates(self) -> Sequence[Plate]:
        """Return itself."""
        return [self]

    def rooms(self) -> Sequence[Room]:
        """There are none."""
        return []


class Row:
    """Items side by side, their tops on one line; what room is left goes around them."""

    def __init__(self, items: Sequence[Item], gap: float) -> None:
        self.items = items
        self.gap = gap
        self.w = sum(item.w for item in items) + gap * max(0, len(items) - 1)
        self.h = max((item.h for item in items), default=0)

    def place(self, x: float, y: float, w: float) -> None:
        """Put the items there."""
        spare = (w - self.w) / len(self.items) if self.items else 0
        for item in self.items:
            share = item.w + spare
            item.place(x, y, share)
            x += share + self.gap

    def plates(self) -> Sequence[Plate]:
        """Return those of all items."""
        return [plate for item in self.items for plate in item.plates()]

    def rooms(self) -> Sequence[Room]:
        """Return those of all items."""
        return [room for item in self.items for room in item.rooms()]


class Column:
    """Items one above the other; `spring` is the place in the list before which room that is left goes."""

    def __init__(self, items: Sequence[Item], gap: float, spring: int | None = None) -> None:
        self.items = items
        self.gap = gap
        self.spring = spring
        self.w = max((item.w for item in items), default=0)
        self.h = sum(item.h for item in items) + gap * max(0, len(items) - 1)
        self.full_height = self.h

    def place(self, x: float, y: float, w: float) -> None:
        """Put the items there."""
        for n, item in enumerate(self.items):
            y += self.full_height - self.h if n == self.spring else 0
            item.place(x, y, w)
            y += item.h + self.gap

    def plates(self) -> Sequence[Plate]:
        """Return those of all items."""
        return [plate for item in self.items for plate in item.plates()]

    def rooms(self) -> Sequence[Room]:
        """Return those of all items."""
        return [room for item in self.items for room in item.rooms()]


class Room:
    """A frame with a name around a column: a node, a Pod, a host outside, whose name stands at the bottom."""

    def __init__(self, kind: str, title: str, subtitle: str, inside: Column) -> None:
        self.kind = kind
        self.title = title
        self.subtitle = subtitle
        self.inside = inside
        self.x = self.y = 0.0
        self.is_host = kind in ("gateway", "external")
        name = text_width(title, ROOM_TITLE) + (text_width(subtitle, SMALL) + 16 if subtitle else 0)
        self.w = max(inside.w, name) + 2 * PAD + 4
        self.h = ROOM_HEADER + inside.h + (ROOM_EDGE if self.is_host else PAD)

    @property
    def baseline(self) -> float:
        """Where the name stands."""
        return self.y + (self.h - 8 if self.is_host else 18)

    def grow(self, h: float) -> None:
        """Be as high as the neighbours."""
        self.inside.full_height += h - self.h
        self.h = h

    def place(self, x: float, y: float, w: float) -> None:
        """Put it there: a node takes all of `w`, a Pod and a host stay as narrow as they are."""
        self.x, self.y = x + (w - self.w) / 2, y
        if self.kind.startswith("node"):
            self.x, self.w = x, w
        top = ROOM_EDGE if self.is_host else ROOM_HEADER
        self.inside.place(self.x + PAD + 2, y + top, self.w - 2 * PAD - 4)

    def plates(self) -> Sequence[Plate]:
        """Return those inside."""
        return self.inside.plates()

    def rooms(self) -> Sequence[Room]:
        """Return itself and those inside."""
        return [self, *self.inside.rooms()]
