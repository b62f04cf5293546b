/** The one stream of a browser: opened for what tabs want, watched for silence, opened again where it left off. */

import { EventParser, type StreamEvent } from "./events";
import type { Hub } from "./hub";
import type { Delta } from "./tables";

/** The server beats every five seconds. */
export const SILENCE = 12_000;
const OPENING = 15_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const REFUSED_PAUSE = 30_000;

/** What a line needs of the world. */
export interface World {
  fetch(url: string, init: RequestInit): Promise<Response>;
  now(): number;
  wall(): number;
  random(): number;
  later(delay: number, then: () => void): () => void;
}

/** Milliseconds until the next attempt, after so many in vain. */
export function pauseAfter(failures: number, random: number): number {
  const full = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 16));
  return full * (0.5 + random / 2);
}

/** The address of a stream of these tables. */
export function streamUrl(wanted: ReadonlyMap<string, string>): string {
  const items = [...wanted].map(([name, position]) => (position === "" ? name : `${name}@${position}`));
  return `/ui/api/stream?tables=${items.map(encodeURIComponent).join(",")}`;
}

export class Line {
  private open: { readonly abort: AbortController; readonly names: string } | undefined;
  private failures = 0;
  private cancelRetry: (() => void) | undefined;
  private cancelWatch: (() => void) | undefined;
  private heardAt: number;

  constructor(
    private readonly world: World,
    private readonly hub: Hub,
    /** Called where there is something for tabs. */
    private readonly changed: () => void,
  ) {
    this.heardAt = world.wall();
  }

  /** Make the stream carry what is wanted now. `again`: even where a retry is due later only. */
  update(again = false): void {
    const wanted = this.hub.wanted(this.world.now());
    const names = [...wanted.keys()].sort().join("\n");
    if (this.open !== undefined && this.open.names === names) return;
    if (this.open === undefined && this.cancelRetry !== undefined && !again) return;
    this.close();
    if (wanted.size > 0) void this.run(wanted, names);
  }

  private close(): void {
    this.cancelRetry?.();
    this.cancelRetry = undefined;
    this.cancelWatch?.();
    this.open?.abort.abort();
    this.open = undefined;
  }

  private async run(wanted: ReadonlyMap<string, string>, names: string): Promise<void> {
    const abort = new AbortController();
    const isOurs = () => this.open?.abort === abort;
    this.open = { abort, names };
    this.watch(OPENING);
    try {
      const response = await this.world.fetch(streamUrl(wanted), {
        signal: abort.signal,
        cache: "no-store",
        headers: { Accept: "text/event-stream" },
      });
      if (!isOurs()) return;
      if (response.status !== 200 || response.body === null) {
        this.lose(await wordsOf(response), response.status === 401 || response.status === 403);
        return;
      }
      await this.read(response.body.getReader(), isOurs);
      if (isOurs()) this.lose("the server ended the stream");
    } catch (error) {
      if (isOurs()) this.lose(error instanceof TypeError ? "nobody answers" : String(error));
    }
  }

  private async read(reader: ReadableStreamDefaultReader<Uint8Array>, isOurs: () => boolean): Promise<void> {
    const decoder = new TextDecoder();
    const parser = new EventParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !isOurs()) return;
      this.heardAt = this.world.wall();
      this.watch(SILENCE);
      for (const event of parser.feed(decoder.decode(value, { stream: true }))) this.take(event);
      this.changed();
    }
  }

  private take(event: StreamEvent): void {
    this.failures = 0;
    if (this.hub.phase !== "live") this.hub.setLink("live", this.heardAt);
    if (event.type === "rows") this.hub.take(JSON.parse(event.data) as Delta);
    if (event.type === "out") {
      const { tables, why } = JSON.parse(event.data) as { tables: string[]; why: string };
      this.hub.takeOut(tables, why);
    }
  }

  private watch(limit: number): void {
    this.cancelWatch?.();
    this.cancelWatch = this.world.later(limit, () => this.lose(`no word for ${Math.round(limit / 1000)} seconds`));
  }

  private lose(why: string, refused = false): void {
    this.close();
    this.failures += 1;
    this.hub.setLink(refused ? "refused" : "broken", this.heardAt, why);
    this.changed();
    const pause = refused ? REFUSED_PAUSE : pauseAfter(this.failures, this.world.random());
    this.cancelRetry = this.world.later(pause, () => {
      this.cancelRetry = undefined;
      this.update();
    });
  }
}

async function wordsOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  try {
    const message = (JSON.parse(text) as { message?: unknown }).message;
    if (typeof message === "string") return message;
  } catch {
    // Plain words, then.
  }
  return text.slice(0, 300) || `the server answers ${response.status}`;
}
