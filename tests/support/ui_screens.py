"""Pictures of every screen, both themes and widths: ``PYTHONPATH=tests:. python tests/support/ui_screens.py DIR``.

Nothing is asserted: they are made to be looked at.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser, ConsoleMessage, Page

from support.browser import running_chromium
from support.cluster import Cluster
from support.ui_stage import holding_framework, running_stage

WIDTHS = {1280: 900, 390: 844}
ANALYTICS = {"name": "analytics", "roles": ["analytics"], "webui_url": "http://analytics.example.org/"}


def places(cluster: Cluster) -> dict[str, str]:
    """Addresses below /ui/ by the name of their picture."""
    agent = cluster.leading_master().get("/slaves")["slaves"][0]["id"]
    tasks = cluster.leading_master().get("/tasks")["tasks"]
    task = next(each for each in tasks if each["name"] == "web.shop" and each["state"] == "TASK_RUNNING")
    failed = next((each for each in tasks if each["name"] == "report.batch"), task)
    framework = task["framework_id"]
    here = f"tasks/{framework}/{task['id']}"
    app = "apps/%2Fshop%2Fweb"
    return {
        **{
            name: name
            for name in ("cluster", "agents", "offers", "roles", "frameworks", "tasks", "apps", "deployments")
        },
        "agents-table": "agents?view=table",
        "agent": f"agents/{agent}",
        "role": "roles/analytics",
        "framework": f"frameworks/{framework}",
        "task": here,
        "task-failed": f"tasks/{failed['framework_id']}/{failed['id']}",
        "task-log": f"{here}?tab=stdout",
        "task-files": f"{here}?tab=files",
        "app": app,
        "app-timeline": f"{app}?tab=timeline",
        "app-configuration": f"{app}?tab=configuration",
        "app-versions": f"{app}?tab=versions",
        "app-logs": f"{app}?tab=logs",
        "app-waiting": "apps/%2Fbatch%2Ftrain?tab=waiting",
        "app-waiting-rack": "apps/%2Fshop%2Fsearch?tab=waiting",
        "editor": "apps/new",
        "editor-json": f"{app}/edit?side=json",
        "offers-answers": "offers?tab=answers",
        "lost": "nothing/here",
    }


def tell(message: ConsoleMessage) -> None:
    """What the console says."""
    sys.stdout.write(f"{message.type}: {message.text}\n")


async def take(page: Page, url: str, folder: Path, name: str) -> None:
    """One picture, when the screen is drawn."""
    await page.goto(url)
    await page.locator("#root > *").first.wait_for()
    await page.wait_for_timeout(900)
    over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if over > 0:
        sys.stdout.write(f"{name}: {over} px too wide\n")
    await page.screenshot(path=folder / f"{name}.png", full_page="editor" not in name)


async def take_all(browser: Browser, base: str, wanted: dict[str, str], folder: Path) -> None:
    """Every screen in each theme and width."""
    for theme in ("light", "dark"):
        for width, height in WIDTHS.items():
            context = await browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
            page = await context.new_page()
            page.on("console", tell)
            for name, place in wanted.items():
                await take(page, f"{base}/ui/{place}", folder, f"{name}-{width}-{theme}")
            await context.close()


async def main(folder: Path, only: list[str]) -> None:
    """Make them all, or those of the names given; a line read from stdin makes them again."""
    with running_stage() as cluster:
        async with holding_framework(cluster, ANALYTICS), running_chromium() as browser:
            sys.stdout.write(f"{cluster.any_marathon().url}/ui/\n")
            while True:
                known = places(cluster)
                wanted = {name: place for name, place in known.items() if not only or name in only}
                await take_all(browser, cluster.any_marathon().url, wanted, folder)
                sys.stdout.write("done; names to take again, or nothing to end\n")
                sys.stdout.flush()
                line = await asyncio.to_thread(sys.stdin.readline)
                if not line.strip():
                    return
                only = line.split()


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
