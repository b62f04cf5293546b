import assert from "node:assert/strict";
import test from "node:test";

import { Hub } from "../../src/live/hub";
import { Line, pauseAfter, SILENCE, streamUrl, type World } from "../../src/live/line";

/** A world without network: answers come as the test says, time goes as the test says. */
class Stage implements World {
  readonly asked: string[] = [];
  readonly hub = new Hub();
  readonly line: Line;
  clock = 0;
  answer: () => Response = () => new Response(this.body());
  private timers: { at: number; then: () => void }[] = [];
  private writer: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor() {
    this.line = new Line(this, this.hub, () => undefined);
    this.want("tasks");
  }

  want(...tables: string[]): void {
    this.hub.hear(
      { post: () => undefined },
      { kind: "want", tables: Object.fromEntries(tables.map((t) => [t, ""])) },
      0,
    );
  }

  body(): ReadableStream<Uint8Array> {
    return new ReadableStream({ start: (controller) => void (this.writer = controller) });
  }

  /** The server says something. */
  async say(text: string): Promise<void> {
    this.writer?.enqueue(new TextEncoder().encode(text));
    await settle();
  }

  async end(): Promise<void> {
    this.writer?.close();
    await settle();
  }

  async fetch(url: string): Promise<Response> {
    this.asked.push(decodeURIComponent(url.replace("/ui/api/stream?tables=", "")));
    return this.answer();
  }

  /** Time goes by. */
  async pass(delay: number): Promise<void> {
    this.clock += delay;
    const due = this.timers.filter((timer) => timer.at <= this.clock);
    this.timers = this.timers.filter((timer) => timer.at > this.clock);
    for (const timer of due) timer.then();
    await settle();
  }

  now = () => this.clock;
  wall = () => this.clock;
  random = () => 1;
  later(delay: number, then: () => void): () => void {
    const timer = { at: this.clock + delay, then };
    this.timers.push(timer);
    return () => void (this.timers = this.timers.filter((one) => one !== timer));
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const ROWS = 'event: rows\ndata: {"table":"tasks","position":"T-5","reset":true,"put":{"a":1},"gone":[]}\n\n';
const BEAT = 'event: beat\ndata: {"at":1}\n\n';

async function opened(): Promise<Stage> {
  const stage = new Stage();
  stage.line.update();
  await settle();
  await stage.say(BEAT);
  await stage.say(ROWS);
  return stage;
}

test("a stream that ends is opened again where it left off", async () => {
  const stage = await opened();
  await stage.end();

  assert.equal("broken", stage.hub.phase);
  await stage.pass(pauseAfter(1, 1));
  await stage.say(BEAT);
  assert.deepEqual(["tasks", "tasks@T-5"], stage.asked);
  assert.equal("live", stage.hub.phase);
});

test("silence is a broken link", async () => {
  const stage = await opened();
  await stage.pass(SILENCE - 1);
  await stage.say(BEAT);
  await stage.pass(SILENCE - 1);

  assert.equal("live", stage.hub.phase);
  await stage.pass(1);
  assert.equal("broken", stage.hub.phase);
});

test("what is wanted besides is asked for at once, from where each table stands", async () => {
  const stage = await opened();
  stage.want("agents");
  stage.line.update();
  await settle();

  assert.equal("tasks@T-5,agents", stage.asked.at(-1));
  assert.equal("live", stage.hub.phase);
});

test("what is wanted already changes nothing", async () => {
  const stage = await opened();
  stage.want("tasks");
  stage.line.update();
  await settle();

  assert.equal(1, stage.asked.length);
});

test("a refusal is told with the server's words, and asked again later only", async () => {
  const stage = new Stage();
  stage.answer = () => Response.json({ message: "Not authorized" }, { status: 403 });
  const told: unknown[] = [];
  stage.hub.hear({ post: (message) => told.push(message) }, { kind: "here" }, 0);
  stage.line.update();
  await settle();
  stage.hub.flush();

  assert.deepEqual([{ kind: "link", link: { phase: "refused", since: 0, why: "Not authorized", out: {} } }], told);
  await stage.pass(15_000);
  assert.equal(1, stage.asked.length);
  await stage.pass(15_000);
  assert.equal(2, stage.asked.length);
});

test("pauses grow with failures, and are never longer than a quarter of a minute", () => {
  assert.deepEqual(
    [500, 1000, 2000],
    [1, 2, 3].map((failures) => pauseAfter(failures, 1)),
  );
  assert.equal(15_000, pauseAfter(1000, 1));
  assert.equal(250, pauseAfter(1, 0));
});

test("names with any characters make one address", () => {
  assert.equal("/ui/api/stream?tables=timeline%3A%2Fa%26b%40T-1", streamUrl(new Map([["timeline:/a&b", "T-1"]])));
});
