"""The player as a person knows it: a stage, a playback bar, a story, three panels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.visitor import Visit
from tests.e2e.walk import ui

Json = Any

HEADERS = """() => [...document.querySelectorAll('[data-panel="packet"] [data-layer]')].map((layer) => ({
  layer: layer.dataset.layer,
  depth: (() => { let n = 0; for (let at = layer.parentElement.closest('[data-layer]'); at; at = at.parentElement.closest('[data-layer]')) n += 1; return n; })(),
  fields: [...layer.querySelectorAll(':scope > .fields .f')].map((field) => ({
    label: field.querySelector('dt').textContent,
    values: [...field.querySelectorAll('dd')].map((value) => value.lastElementChild.textContent),
    was: [...field.querySelectorAll('.was')].map((old) => old.lastChild.textContent),
  })),
}))"""
EVIDENCE = """() => {
  const panel = document.querySelector('[data-panel="evidence"]');
  const own = (element) => element.cloneNode(true);
  const text = (element, ...without) => { const copy = own(element); for (const name of without) copy.querySelector(name)?.remove(); return copy.textContent; };
  return {
    tool: panel.querySelector('.tool')?.textContent ?? null,
    entry: panel.querySelector('.entry.hit') ? text(panel.querySelector('.entry.hit'), '.sr') : panel.querySelector('.none') ? '' : null,
    skipped: [...panel.querySelectorAll('.entry.skip')].map((row) => ({entry: text(row, '.because'), because: row.querySelector('.because').textContent})),
  };
}"""
ROWS = """() => [...document.querySelectorAll('[data-panel="hops"] tr[data-index]')].map((row) => ({
  n: row.querySelector('.n').textContent, what: row.querySelector('.what').textContent, kind: row.querySelector('.kindtag').title,
}))"""
CAPTION = """() => {
  const copy = document.querySelector('#stage .caption').cloneNode(true);
  copy.querySelector('.verdict')?.remove();
  return copy.textContent.trim();
}"""


WORDS = """(element) => {
  const copy = element.cloneNode(true);
  for (const aside of copy.querySelectorAll('.chip .tag, .sr, .word')) aside.remove();
  return copy.textContent.replace(/\\s+/g, '');
}"""


def words(element: Locator) -> str:
    """Return the text without white space, without the tags that chips add and without the word "Right."."""
    return str(element.evaluate(WORDS))


@dataclass(frozen=True, slots=True)
class Player:
    """What can be read off and done on a page with a stage."""

    visit: Visit

    @property
    def page(self) -> Page:
        """The page."""
        return self.visit.page

    @property
    def story(self) -> Locator:
        """The left column."""
        return self.page.locator("#story")

    def word(self, key: str, **params: object) -> str:
        """Return a UI string in the visitor's language."""
        return ui(self.visit.look.lang, key, **params)

    def button(self, key: str, within: str = "body") -> Locator:
        """Return the button whose name is the UI string `key`."""
        return self.page.locator(within).get_by_role("button", name=self.word(key), exact=True)

    # --- the playhead -------------------------------------------------------------------------------------------------

    def hop(self) -> tuple[int, int]:
        """Return the number of the hop that is shown (from 1; 0: none) and how many there are."""
        return parse_count(self.page.get_by_test_id("hop-count").inner_text())

    def expect_hop(self, number: int, total: int | None = None) -> None:
        """Wait until hop `number` is shown."""
        after = "" if total is None else rf" / {total}\b"
        expect(self.page.get_by_test_id("hop-count")).to_have_text(re.compile(rf"^{number}{after or ' / '}"))

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def kinds(self) -> list[str]:
        """Return the kind of every hop, from the hop list."""
        return [row["kind"] for row in self.rows()]

    # --- what is shown ------------------------------------------------------------------------------------------------

    def caption(self) -> str:
        """Return the sentence under the picture, without the verdict's badge."""
        return str(self.page.evaluate(CAPTION))

    def headers(self) -> list[Json]:
        """Return the header boxes of the packet panel, outermost first: {layer, depth, fields}."""
        found: list[Json] = self.page.evaluate(HEADERS)
        return found

    def evidence(self) -> Json:
        """Return {tool, entry, skipped} as shown; tool and entry are None where no table is named."""
        return self.page.evaluate(EVIDENCE)

    def rows(self) -> list[Json]:
        """Return the hop list: {n, what, kind}."""
        found: list[Json] = self.page.evaluate(ROWS)
        return found

    def snapshot(self) -> str:
        """Return everything that the stage and the panels show at this moment, to eye and to screen reader."""
        regions = ["#stage", "#transport", *(f'[data-panel="{name}"]' for name in ("hops", "packet", "evidence"))]
        parts = [self.page.locator(region).aria_snapshot() for region in regions]
        return "\n".join([*parts, str(self.page.evaluate(PICTURE))])


PICTURE = """() => {
  const tidy = (element) => element.outerHTML.replace(/ style="[^"]*"/g, '');
  return ['#stage svg.scene', '#stage svg.overlay', '#panels'].flatMap((place) => [...document.querySelectorAll(place)]).map(tidy).join('\\n');
}"""


def parse_count(text: str) -> tuple[int, int]:
    """Read "3 / 37"."""
    found = re.match(r"(\d+|–)\s*/\s*(\d+|–)", text.strip())
    assert found, f"no hop count: {text!r}"
    return tuple(0 if part == "–" else int(part) for part in found.groups())  # type: ignore[return-value]
