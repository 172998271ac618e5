"""The sandbox's page."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import expect

from tests.e2e.player import Player


@dataclass(frozen=True, slots=True)
class SandboxPage(Player):
    """The form, the verdict and the player."""

    def send(self, sender: str, to: str, **more: str) -> None:
        """Fill in the form, send, and wait for the verdict."""
        self.page.locator("#send-from").select_option(sender)
        self.page.locator("#send-to").fill(to)
        more_fields = self.story.locator("details").first
        if more and more_fields.get_attribute("open") is None:
            more_fields.locator("summary").click()
        for name, value in more.items():
            self.page.locator(f"#send-{name}").fill(value)
        self.button("send.send").click()
        expect(self.page.get_by_test_id("result")).to_be_focused()
