"""The player as a person knows it: a stage, a playback bar, a story, three panels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.visitor import Visit
from tests.e2e.walk import ui

Json = Any

MOMENT = r"""() => {
  const without = (element, ...names) => {
    const copy = element.cloneNode(true);
    for (const name of names) for (const part of copy.querySelectorAll(name)) part.remove();
    return copy.textContent.trim();
  };
  const all = (place, root = document) => [...root.querySelectorAll(place)];
  const [packet, evidence] = ['packet', 'evidence'].map((name) => document.querySelector(`[data-panel="${name}"]`));
  const hit = evidence?.querySelector('.entry.hit');
  return {
    hop: parseInt(document.querySelector('[data-testid="hop-count"]').textContent) || 0,
    caption: without(document.querySelector('#stage .caption'), '.verdict'),
    spoken: document.querySelector('#live').textContent,
    here: all('#stage .here li').map((part) => part.textContent),
    selected: all('[data-panel="hops"] tr[aria-selected="true"] .n').map((cell) => cell.textContent),
    layers: all('[data-layer]', packet ?? document.createElement('p')).map((layer) => ({
      layer: layer.dataset.layer, inside: layer.parentElement.closest('[data-layer]')?.dataset.layer ?? null,
      values: all(':scope > .fields dd', layer).map((value) => without(value, '.was')),
      marked: all(':scope > .fields .now', layer).map((value) => value.textContent),
    })),
    did: all('.did li', packet ?? document.createElement('p')).map((line) => line.textContent),
    tool: evidence?.querySelector('.tool')?.textContent ?? null,
    entry: hit ? without(hit, '.sr') : evidence?.querySelector('.none') ? '' : null,
    skipped: all('.entry.skip', evidence ?? document.createElement('p')).map((row) => [without(row, '.because'), row.querySelector('.because').textContent]),
  };
}"""
"""Everything that the page says about the hop it stands at."""
ROWS = """() => [...document.querySelectorAll('[data-panel="hops"] tr[data-index]')].map((row) => [
  row.querySelector('.n').textContent, row.querySelector('.what').textContent, row.querySelector('.kindtag').title,
])"""
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
        return [kind for _, _, kind in self.rows()]

    # --- what is shown ------------------------------------------------------------------------------------------------

    def caption(self) -> str:
        """Return the sentence under the picture, without the verdict's badge."""
        return str(self.page.evaluate(CAPTION))

    def moment(self) -> Json:
        """Return everything that the page says about the hop it stands at: place, caption, headers, evidence."""
        return self.page.evaluate(MOMENT)

    def moment_at(self, number: int) -> Json:
        """Return `moment()` once hop `number` is shown."""
        seen = self.moment()
        if seen["hop"] != number:
            self.expect_hop(number)
            seen = self.moment()
        return seen

    def rows(self) -> list[list[str]]:
        """Return the hop list: number, sentence, kind."""
        found: list[list[str]] = self.page.evaluate(ROWS)
        return found

    def snapshot(self) -> str:
        """Return everything that the stage and the panels show at this moment, to eye and to screen reader."""
        regions = ["#stage", "#transport", *(f'[data-panel="{name}"]' for name in ("hops", "packet", "evidence"))]
        parts = [self.page.locator(region).aria_snapshot() for region in regions]
        return "\n".join([*parts, str(self.page.evaluate(PICTURE))])


PICTURE = """() => {
  const tidy = (element) => element.outerHTML.replace(/ style="[^"]*"/g, '').replace(/class="([^"]*)"/g, (_, names) => `class="${names.trim().split(/\\s+/).sort().join(' ')}"`);
  return ['#stage svg.scene', '#stage svg.overlay', '#panels'].flatMap((place) => [...document.querySelectorAll(place)]).map(tidy).join('\\n');
}"""


def parse_count(text: str) -> tuple[int, int]:
    """Read "3 / 37"."""
    found = re.match(r"(\d+|–)\s*/\s*(\d+|–)", text.strip())
    assert found, f"no hop count: {text!r}"
    return tuple(0 if part == "–" else int(part) for part in found.groups())  # type: ignore[return-value]
