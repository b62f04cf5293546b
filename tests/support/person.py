"""Somebody at the page: what one presses, fills in and sees, by roles and names as they are read out."""

from __future__ import annotations

import re

from attrs import define
from playwright.async_api import Locator, Page, expect

SECONDS = 60.0
"""How long somebody waits for what daemons do."""
PATIENCE = 1000 * SECONDS


@define
class Person:
    """With one page, of which one screen is seen at a time."""

    page: Page

    @property
    def main(self) -> Locator:
        """The screen."""
        return self.page.get_by_role("main")

    @property
    def dialog(self) -> Locator:
        """What asks before anything is done."""
        return self.page.get_by_role("dialog")

    async def go(self, screen: str) -> None:
        """By the navigation."""
        await self.page.get_by_role("navigation", name="Screens").get_by_role("link", name=screen).click()
        await self.sees_heading(screen)

    async def find(self, name: str) -> None:
        """By the box that finds anything."""
        await self.page.keyboard.press("/")
        await self.page.get_by_role("combobox", name="Any id or name").fill(name)
        await expect(self.page.get_by_role("option", name=name).first).to_be_visible()
        await self.page.keyboard.press("Enter")
        await self.sees_heading(name)

    async def press(self, name: str) -> None:
        """A button of the screen."""
        await self.main.get_by_role("button", name=name, exact=True).click()

    async def confirm(self, name: str) -> None:
        """The button of the dialog, which then goes."""
        await self.dialog.get_by_role("button", name=name, exact=True).click()
        await expect(self.dialog).to_be_hidden()

    async def choose(self, tab: str) -> Locator:
        """One of the tabs; what it shows."""
        await self.main.get_by_role("tab", name=re.compile(f"^{tab}")).click()
        return self.main.get_by_role("tabpanel", name=re.compile(f"^{tab}"))

    async def sees(self, text: str | re.Pattern[str]) -> None:
        """Somewhere on the screen, sooner or later."""
        await expect(self.main).to_contain_text(text, timeout=PATIENCE)

    async def sees_heading(self, name: str) -> None:
        """That is: the screen of that name."""
        await expect(self.main.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()

    async def sees_status(self, word: str) -> None:
        """Beside the heading, sooner or later."""
        await expect(self.main.locator(".screen-head .state")).to_have_text(word, timeout=PATIENCE)


async def fill(scope: Locator, values: dict[str, str]) -> None:
    """Text fields by their labels."""
    for name, value in values.items():
        await scope.get_by_label(name, exact=True).and_(scope.locator("input, textarea")).first.fill(value)


async def unfold(form: Locator, section: str, items: str) -> Locator:
    """A section of the form, with a first row in its list."""
    await form.get_by_role("heading", name=section).click()
    await form.get_by_role("button", name=f"Add to {items}").click()
    return form.get_by_role("group", name=items, exact=True)
