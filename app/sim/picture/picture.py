"""The whole picture: heading, key, scene, and the list beside it, or below it in columns where it is long."""

from __future__ import annotations

from typing import Any

from app.sim.captions import catalogue, fill, render
from app.sim.picture.drawing import chip_markup, label, scene_markup, track_class
from app.sim.picture.layout import Arrangement, arrange
from app.sim.picture.legend import GUTTER, Block, blocks_of, columns
from app.sim.picture.measure import Font, text_width, wrap
from app.sim.picture.plates import Chip
from app.sim.picture.style import stylesheet
from app.sim.picture.xml import Markup, element, number, text
from app.sim.trace import Trace

__all__ = ["picture"]

MARGIN = 32
HEADING, BODY = Font(19), Font(12)
#: Least width of a column of the list, and of a picture with the list below: three columns.
COLUMN = 440
PAGE = 3 * COLUMN + 2 * GUTTER
#: A list that would be higher than this many scenes goes below, in bands of about this height.
BESIDE, BAND = 1.8, 1000.0


def picture(trace: Trace, scene: dict[str, Any], lang: str) -> bytes:
    """Return `trace` drawn into `scene` (podwalk-scene/v1) as a file of SVG."""
    arrangement = arrange(trace, scene, lang)
    blocks = blocks_of(arrangement.stops, arrangement.tracks, COLUMN, lang)
    width, count = max(arrangement.w, PAGE), _columns_beside(blocks, arrangement)
    if count:
        width = arrangement.w + count * (GUTTER + COLUMN)
        head, top = _heading(trace, scene, arrangement, width, lang)
        left = 0.0
        listed, bottom = columns(blocks, count, arrangement.w + GUTTER, top)
    else:
        head, top = _heading(trace, scene, arrangement, width, lang)
        left = (width - arrangement.w) / 2
        count = int((width + GUTTER) // (COLUMN + GUTTER))
        blocks = blocks_of(arrangement.stops, arrangement.tracks, (width + GUTTER) / count - GUTTER, lang)
        listed, bottom = _bands(blocks, count, width, top + arrangement.h, lang)
    drawn = element("g", {"transform": f"translate({number(left)} {number(top)})"}, scene_markup(arrangement))
    size = (width + 2 * MARGIN, max(bottom, top + arrangement.h) + 2 * MARGIN)
    return _document(trace, size, head + drawn + listed, lang).encode()


def _columns_beside(blocks: list[Block], arrangement: Arrangement) -> int:
    """Return how many columns the list has beside the scene: as few as will do, 0 where it is too long for a page."""
    height = sum(block.h for block in blocks)
    most = max(1, int((PAGE - arrangement.w) // (COLUMN + GUTTER)))
    fitting = (n for n in range(1, most + 1) if height / n <= max(arrangement.h * BESIDE, BAND))
    return next(fitting, 0)


def _document(trace: Trace, size: tuple[float, float], inside: Markup, lang: str) -> str:
    verdict, texts = trace.verdict, catalogue(lang)
    why = render(verdict.caption.code, verdict.caption.params, lang)
    outcome = texts["outcome"][verdict.outcome]
    told = fill(texts["picture"]["description"], {"hops": len(trace.hops), "outcome": outcome, "why": why})
    attributes: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {number(size[0])} {number(size[1])}",
        "width": size[0], "height": size[1], "role": "img", "aria-labelledby": "pw-title pw-desc",
        "xml:lang": lang, "class": "pw",
    }  # fmt: skip
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + element(
        "svg",
        attributes,
        element("title", {"id": "pw-title"}, text(_title(trace, lang))),
        element("desc", {"id": "pw-desc"}, text(told)),
        element("style", {}, text(stylesheet())),
        element("rect", {"width": size[0], "height": size[1], "class": "pw-page"}),
        element("g", {"transform": f"translate({MARGIN} {MARGIN})"}, inside),
    )


def _title(trace: Trace, lang: str) -> str:
    return fill(catalogue(lang)["picture"]["title"], {"from": trace.from_, "to": trace.to})


def _heading(
    trace: Trace, scene: dict[str, Any], arrangement: Arrangement, width: float, lang: str
) -> tuple[Markup, float]:
    """Return the title, the verdict and the key, and where they end."""
    texts, verdict = catalogue(lang), trace.verdict
    is_good = verdict.outcome == "delivered"
    parts, y = [], 0.0
    for line in wrap(_title(trace, lang), HEADING, width):
        y += 24
        parts.append(label(0, y - 6, line, "pw-title"))
    why = render(verdict.caption.code, verdict.caption.params, lang)
    learns = fill(texts["picture"]["learns"], {"learns": texts["learns"][verdict.sender_learns]})
    told = f"{'✓' if is_good else '✕'} {texts['outcome'][verdict.outcome]} · {why} {learns}"
    for line in wrap(told, Font(14), width):
        y += 20
        parts.append(label(0, y, line, f"pw-head-line {'pw-ok' if is_good else 'pw-bad'}"))
    about = f"{scene['cluster']} · {scene['title']} · seed {trace.seed}"
    for line in (about, arrangement.missing):
        y += 18 if line else 0
        parts += [label(0, y, line, "pw-muted")] if line else []
    key, y = _key(arrangement, width, y + 26, lang)
    return "".join(parts) + key, y + 28


def _key(arrangement: Arrangement, width: float, y: float, lang: str) -> tuple[Markup, float]:
    """Return what lines and chips mean, in as many rows as it takes, and where the last row is."""
    texts = catalogue(lang)
    items = [(track_class(track.leg), texts["leg"][track.leg]) for track in arrangement.tracks]
    items += [("", f"({texts['picture']['key-numbers']})"), ("", f"+2  {texts['picture']['key-others']}")]
    parts, x = [], 0.0
    for kind, name in items:
        chip = Chip("1–2", 0)
        sample = 40 + chip.w + 8 if kind else 0
        if x and x + sample + text_width(name, BODY) > width:
            x, y = 0.0, y + 26
        if kind:
            chip.x, chip.y = x + 40 + chip.w / 2, y
            parts.append(element("path", {"d": f"M{number(x)} {number(y)}h36", "class": f"pw-track {kind}"}))
            parts.append(chip_markup(chip, kind))
        parts.append(label(x + sample, y + 4, name, "" if kind else "pw-muted"))
        x += sample + text_width(name, BODY) + 22
    return "".join(parts), y


def _bands(blocks: list[Block], count: int, width: float, y: float, lang: str) -> tuple[Markup, float]:
    """Return a long list in bands that are read one after the other, each in columns."""
    words = catalogue(lang)["picture"]
    parts = []
    for band in _cut(blocks, BAND * count):
        y += 46
        first, last = band[0].chip.split("–")[0], band[-1].chip.split("–")[-1]
        parts.append(element("path", {"d": f"M0 {number(y - 22)}H{number(width)}", "class": "pw-wire pw-rule"}))
        parts.append(label(0, y, fill(words["list"], {"first": first, "last": last}), "pw-head-line"))
        listed, y = columns(band, count, 0, y + 12)
        parts.append(listed)
    return "".join(parts), y


def _cut(blocks: list[Block], height: float) -> list[list[Block]]:
    bands: list[list[Block]] = [[]]
    total = 0.0
    for block in blocks:
        if bands[-1] and total + block.h > height:
            bands.append([])
            total = 0
        bands[-1].append(block)
        total += block.h
    return bands
