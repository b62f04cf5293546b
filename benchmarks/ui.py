"""How soon does a browser show a large cluster, how smoothly, and what does its looking cost the master and itself?

A real master with 1,000 simulated agents and 10,000 running tasks, 50 of whose updates come a second all the time; a
real chromium. In the same run, as what it is measured against: the master's whole `/state`, fetched and parsed by the
same browser. Prints:

- view: from the start of the navigation to the first rows, and to all of them; the first of all finds a master whose
  tables nobody has read yet;
- scroll: the frames of 5 s at the pace of a wheel, of a flung page, and from the top of the tasks to their end; and
  from letters in the search to rows;
- master: its CPU, and how long a request that costs nothing waits, with 0, 1 and 5 streams; bytes a second of one;
- rest: the page left alone for MINUTES: frames in which it changed, long tasks, heap after collecting before and after.

    ./dev bench ui [MINUTES] [AGENTS] [TASKS] [EVENTS_A_SECOND]
"""

import asyncio
import json
import statistics
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import ClientSession, ClientTimeout
from attrs import define, field
from playwright.async_api import Browser, Page, ViewportSize

from benchmarks.master import PATIENCE, Bed, bed
from support.browser import running_chromium
from support.lean_scheduler import FOREVER, Json, LeanScheduler

RESOURCES = "cpus:4;mem:8192;disk:10240;ports:[31000-32000]"
SIZES = ((0.5, 256), (0.25, 512), (0.3, 128))
"""Cpus and mem of tasks, one after the other: agents are to differ."""
UPDATES_A_TASK = 3
"""One that ends and the next one in its place: killed, starting, running."""
PAUSE = 0.02
WINDOW: ViewportSize = {"width": 1280, "height": 800}
SCROLL_SECONDS = 5
SPEEDS = {"wheel": "2500", "flung": "8000", "to end": "undefined"}
"""Of scrolling, in pixels a second: two and seven screens, and 10,000 rows in 5 s."""
STREAM_SECONDS = 10.0
SCREENS = ("tasks", "agents", "cluster")
TABLES = "cluster,usage,agents,frameworks,tasks,offers"
ROUNDS = 3


@define
class Churn:
    """Keeps so many tasks running, and ends the oldest at a pace."""

    wanted: int
    scheduler: LeanScheduler | None = None
    running: deque[tuple[str, str]] = field(factory=deque)
    launched: int = 0
    killed: int = 0
    updates: int = 0

    def hear(self, kind: str, event: Json) -> None:
        """One event of the stream."""
        if self.scheduler is None:
            return
        if kind == "OFFERS":
            self._use(self.scheduler, event["offers"])
        elif kind == "UPDATE":
            status = event["status"]
            self.scheduler.acknowledge(status)
            self.updates += 1
            if status["state"] == "TASK_RUNNING":
                self.running.append((status["task_id"]["value"], status["agent_id"]["value"]))

    def _use(self, scheduler: LeanScheduler, offers: list[Json]) -> None:
        for offer in offers:
            free = {one["name"]: one["scalar"]["value"] for one in offer["resources"] if "scalar" in one}
            tasks = []
            while self.launched - self.killed < self.wanted:
                cpus, mem = SIZES[self.launched % len(SIZES)]
                if free.get("cpus", 0) < cpus or free.get("mem", 0) < mem:
                    break
                free["cpus"] -= cpus
                free["mem"] -= mem
                self.launched += 1
                tasks.append(scheduler.task(offer, [_amount("cpus", cpus), _amount("mem", mem)]))
            if tasks:
                scheduler.call(scheduler.accept(offer, tasks, FOREVER))

    async def end_tasks(self, updates_a_second: float) -> None:
        """For ever, that many updates a second."""
        begin, count = time.monotonic(), 0
        while self.scheduler is not None:
            self.scheduler.check()
            due = round((time.monotonic() - begin) * updates_a_second / UPDATES_A_TASK) - count
            for task_id, agent_id in [self.running.popleft() for _ in range(min(due, len(self.running)))]:
                count += 1
                self.killed += 1
                kill = {"task_id": {"value": task_id}, "agent_id": {"value": agent_id}}
                self.scheduler.call({"type": "KILL", "kill": kill})
            await asyncio.sleep(PAUSE)


def _amount(name: str, value: float) -> Json:
    return {"name": name, "type": "SCALAR", "scalar": {"value": value}}


@define
class Scene:
    """What is looked at, and with what."""

    bed: Bed
    browser: Browser
    churn: Churn
    agents: int
    tasks: int

    @asynccontextmanager
    async def page(self, screen: str) -> AsyncIterator[Page]:
        """A browser of its own that goes to a screen, with a worker of its own."""
        async with AsyncExitStack() as stack:
            context = await self.browser.new_context(viewport=WINDOW)
            stack.push_async_callback(context.close)
            context.set_default_timeout(PATIENCE * 1000)
            page = await context.new_page()
            watch = {
                "tasks": f"bench.watchTable('Tasks', {self.tasks * 99 // 100})",
                "agents": f"bench.watch('agents', '.heat-cell', {self.agents})",
                "cluster": "bench.watch('cluster', '.totals li', 3)",
            }[screen]
            await page.add_init_script(Path(__file__).with_name("ui_page.js").read_text() + watch)
            await page.goto(f"{self.bed.master.url}/ui/{screen}", wait_until="commit")
            yield page


# Questions


async def ask_view(scene: Scene, screen: str, name: str) -> None:
    """How soon a screen is there."""
    label = {"tasks": "Tasks"}.get(screen, screen)
    async with AsyncExitStack() as stack:
        async with lag(scene) as waits:
            page = await stack.enter_async_context(scene.page(screen))
            await page.evaluate(f"bench.ready('{label}')")
        first, whole = await page.evaluate(f"[bench.first.{label}, bench.whole.{label}]")
        tasks = await page.evaluate("bench.long")
        raw = await fastest_raw(page)
        print(
            f"view {screen:8}{name:7} first rows {first:6.0f} ms, all {whole:6.0f} ms = {whole / raw:.1f} of /state raw"
            f" ({raw:.0f} ms); long tasks {show_long(tasks)};"
            f" /health waited {max(waits) * 1000:.0f} ms at most",
            flush=True,
        )


async def fastest_raw(page: Page) -> float:
    """Milliseconds in which the page fetches and parses all that the master knows."""
    found = [await page.evaluate("bench.raw('/ui/api/cluster/state')") for _ in range(ROUNDS)]
    return min(float(one["fetched"] + one["parsed"]) for one in found)


@asynccontextmanager
async def lag(scene: Scene) -> AsyncIterator[list[float]]:
    """Seconds that requests waited which cost nothing, one after the other, as long as the block lasts."""
    waits: list[float] = []

    async def ask() -> None:
        async with ClientSession() as session:
            while True:
                begin = time.perf_counter()
                async with session.get(f"{scene.bed.master.url}/health") as answer:
                    await answer.read()
                waits.append(time.perf_counter() - begin)
                await asyncio.sleep(0.005)

    task = asyncio.create_task(ask())
    try:
        yield waits
    finally:
        task.cancel()


def show_long(durations: list[float]) -> str:
    """Tasks of more than 50 ms in the page."""
    return f"{len(durations)}, longest {max(durations, default=0):.0f} ms"


async def ask_scroll(scene: Scene) -> None:
    """How smoothly the table of tasks scrolls, and how soon it is searched."""
    async with scene.page("tasks") as page:
        await page.evaluate("bench.ready('Tasks')")
        for name, speed in SPEEDS.items():
            await page.evaluate("bench.long.length = 0")
            frames = sorted(await page.evaluate(f"bench.scroll({SCROLL_SECONDS}, {speed})"))
            tasks = await page.evaluate("bench.long")
            print(
                f"scroll {name:7} {len(frames) / sum(frames) * 1000:.1f} frames/s (wanted: 50); 99 % came within"
                f" {frames[len(frames) * 99 // 100]:.0f} ms, all within {frames[-1]:.0f}; long tasks {show_long(tasks)}"
            )
            await page.evaluate("scrollTo(0, 0)")
        found = [await page.evaluate(f"bench.search({text!r})") for text in ("bench-0001", "host-77", "r", "")]
        print(f"search   letters to rows {', '.join(f'{one:.0f}' for one in found)} ms", flush=True)


async def ask_master(scene: Scene) -> None:
    """What streams cost the master."""
    for streams in (0, 1, 5):
        async with AsyncExitStack() as stack:
            read = [await stack.enter_async_context(stream(scene)) for _ in range(streams)]
            await asyncio.sleep(5.0)
            cpu, updates, begin = scene.bed.master.cpu_seconds, scene.churn.updates, time.monotonic()
            before = sum(map(sum, read))
            async with lag(scene) as waits:
                await asyncio.sleep(STREAM_SECONDS)
            seconds = time.monotonic() - begin
            each = (sum(map(sum, read)) - before) / seconds / max(1, streams)
            print(
                f"master   {streams} streams: {(scene.bed.master.cpu_seconds - cpu) / seconds:.1%} of a core,"
                f" {(scene.churn.updates - updates) / seconds:.0f} updates/s; /health waits {show_waits(waits)};"
                f" {each / 1000:.0f} kB/s a stream",
                flush=True,
            )


def show_waits(waits: list[float]) -> str:
    """Milliseconds: half of them, nearly all, all."""
    ordered = sorted(1000 * one for one in waits)
    nearly = ordered[len(ordered) * 99 // 100]
    return f"{statistics.median(ordered):.1f} ms median, {nearly:.1f} p99, {ordered[-1]:.1f} worst"


@asynccontextmanager
async def stream(scene: Scene) -> AsyncIterator[list[int]]:
    """One reader of all tables; the bytes that came."""
    read: list[int] = []

    async def take() -> None:
        url, timeout = f"{scene.bed.master.url}/ui/api/stream?tables={TABLES}", ClientTimeout(total=None)
        async with ClientSession(timeout=timeout) as session, session.get(url) as answer:
            async for data in answer.content.iter_any():
                read.append(len(data))

    task = asyncio.create_task(take())
    try:
        yield read
    finally:
        task.cancel()


async def ask_rest(scene: Scene, minutes: float) -> None:
    """What becomes of a page that is left open."""
    async with scene.page("tasks") as page:
        await page.evaluate("bench.ready('Tasks')")
        await asyncio.sleep(5)
        heap, nodes = await heap_of(scene, page)
        await page.evaluate("bench.long.length = 0; bench.watchPaints()")
        updates, begin = scene.churn.updates, time.monotonic()
        await asyncio.sleep(minutes * 60)
        seconds, seen = time.monotonic() - begin, scene.churn.updates - updates
        paints, tasks = await page.evaluate("[bench.paints, bench.long]")
        later, more = await heap_of(scene, page)
        print(
            f"rest     {minutes:g} minutes, {seen} updates ({seen / seconds:.0f}/s):"
            f" {paints / seconds:.1f} frames/s with changes (wanted: at most 10); long tasks {show_long(tasks)};"
            f" DOM nodes {nodes} -> {more}\n"
            f"heap     {', '.join(f'{name} {heap[name]:.1f} -> {later[name]:.1f} MB' for name in heap)}"
            f" after collecting, of all {sum(later.values()) - sum(heap.values()):+.1f} (wanted: less than 10)",
            flush=True,
        )


async def heap_of(scene: Scene, page: Page) -> tuple[dict[str, float], int]:
    """What JavaScript holds after collecting, in MB: the page and the shared worker; and the DOM's nodes."""
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    used = (await session.send("Runtime.getHeapUsage"))["usedSize"]
    nodes = (await session.send("Memory.getDOMCounters"))["nodes"]
    await session.detach()
    return {"page": used / 1e6, "worker": await _worker_heap(scene.browser)}, nodes


async def _worker_heap(browser: Browser) -> float:
    session = await browser.new_browser_cdp_session()
    targets = (await session.send("Target.getTargets"))["targetInfos"]
    (worker,) = [one["targetId"] for one in targets if one["type"] == "shared_worker"]
    ask = await _inside(session, worker)
    await ask("HeapProfiler.collectGarbage")
    used = (await ask("Runtime.getHeapUsage"))["usedSize"]
    await session.detach()
    return float(used) / 1e6


async def _inside(session: Any, target: str) -> Callable[[str], Awaitable[Json]]:
    """A way to ask a target that Playwright has no object for."""
    inner = (await session.send("Target.attachToTarget", {"targetId": target, "flatten": False}))["sessionId"]
    answers: asyncio.Queue[Json] = asyncio.Queue()
    session.on("Target.receivedMessageFromTarget", lambda event: answers.put_nowait(json.loads(event["message"])))

    async def ask(method: str) -> Json:
        message = json.dumps({"id": 1, "method": method})
        await session.send("Target.sendMessageToTarget", {"sessionId": inner, "message": message})
        while "id" not in (answer := await answers.get()):
            pass
        return answer["result"]  # type: ignore[no-any-return]

    return ask


async def run(minutes: float, agents: int, tasks: int, updates_a_second: float) -> None:
    """All questions, of one cluster."""
    with bed(agents, None, RESOURCES) as found:
        churn = Churn(tasks)
        scheduler = churn.scheduler = LeanScheduler("127.0.0.1", found.master.port, churn.hear)
        async with running_chromium() as browser, scheduler, asyncio.TaskGroup() as group:
            async with asyncio.timeout(PATIENCE):
                while len(churn.running) < tasks:
                    scheduler.check()
                    await asyncio.sleep(PAUSE)
            ending = group.create_task(churn.end_tasks(updates_a_second))
            scene = Scene(found, browser, churn, agents, tasks)
            await ask_view(scene, "tasks", "cold")
            for screen in SCREENS:
                await ask_view(scene, screen, "warm")
            await ask_scroll(scene)
            await ask_master(scene)
            await ask_rest(scene, minutes)
            ending.cancel()


def main() -> None:
    """Read what is asked."""
    given = sys.argv[1:]
    minutes, agents, tasks, updates = (*given, *("10", "1000", "10000", "50")[len(given) :])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(float(minutes), int(agents), int(tasks), float(updates)))


if __name__ == "__main__":
    main()
