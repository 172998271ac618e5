"""A lesson's page: its steps, its questions, what it says to an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.e2e.book import Question, Step, steps
from tests.e2e.player import Player, words


@dataclass(frozen=True, slots=True)
class LessonPage(Player):
    """The page of one lesson."""

    @property
    def id(self) -> str:
        """The lesson's id."""
        found = re.search(r"/l/([a-z0-9-]+)", self.page.url)
        assert found
        return found[1]

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the lesson's file says."""
        return steps(self.id)

    @property
    def feedback(self) -> Locator:
        """What the page says about an answer."""
        return self.page.get_by_test_id("feedback")

    def option(self, value: str) -> Locator:
        """The control of one offered answer."""
        return self.story.locator(f'input[value="{value}"]')

    def expect_step(self, step: Step) -> None:
        """Wait until that step is shown, in the visitor's language, with its question."""
        expect(self.story.get_by_role("heading", level=1)).to_have_text(step.title[self.visit.look.lang])
        self.page.wait_for_url(re.compile(rf"[?&]s={step.id}(&|$)"))
        if step.question is not None:
            assert words(self.story.locator("legend")) == step.question.prompt[self.visit.look.lang]

    def skip(self) -> None:
        """Give the question up and wait for the walk that it withheld."""
        self.button("ask.skip").click()
        expect(self.feedback).to_be_visible()

    def expect_told(self, kind: str, question: Question) -> None:
        """Wait until the page has judged; check that it gives the reason of that very answer."""
        expect(self.feedback).to_have_attribute("data-kind", kind)
        reason = question.why_right if kind == "right" else question.why_wrong
        assert words(self.feedback) == reason[self.visit.look.lang]
