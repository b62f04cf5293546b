/** Follows one file while somebody looks: asks what `log_tail.ts` wants to know next, sooner or later by its pace. */

import { type Signal, signal } from "@preact/signals";

import { type FilePlace, readPiece, readPieceIfAny } from "./log_reader";
import {
  earlierRead,
  failed,
  mayMiss,
  newTail,
  nextDelay,
  nextRead,
  paused,
  resumed,
  type Tail,
  took,
  tookEarlier,
} from "./log_tail";

export class TailReader {
  readonly tail: Signal<Tail> = signal(newTail());
  private readonly ending = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private delay = 0;
  private isReading = false;
  private isReadingEarlier = false;

  constructor(readonly file: FilePlace) {}

  /** Begin; nothing is asked while the tab is hidden. */
  start(): void {
    document.addEventListener("visibilitychange", this.turn, { signal: this.ending.signal });
    this.turn();
  }

  stop(): void {
    this.ending.abort();
    clearTimeout(this.timer);
  }

  pause(): void {
    this.tail.value = paused(this.tail.peek());
  }

  resume(): void {
    this.tail.value = resumed(this.tail.peek());
    this.turn();
  }

  /** Read what is before the window, if there is anything. */
  async earlier(): Promise<void> {
    const read = earlierRead(this.tail.peek());
    if (read === undefined || this.isReadingEarlier) return;
    this.isReadingEarlier = true;
    const answer = await readPiece(this.file, read, this.ending.signal).catch(() => undefined);
    this.isReadingEarlier = false;
    if (answer?.ok) this.tail.value = tookEarlier(this.tail.peek(), read, answer.body);
  }

  private readonly turn = (): void => {
    clearTimeout(this.timer);
    if (!document.hidden && !this.isReading && !this.ending.signal.aborted) void this.read();
  };

  private async read(): Promise<void> {
    this.isReading = true;
    const before = this.tail.peek();
    const ask = mayMiss(before) ? readPieceIfAny : readPiece;
    const answer = await ask(this.file, nextRead(before), this.ending.signal).catch(() => undefined);
    this.isReading = false;
    if (answer === undefined) return;
    const now = this.tail.peek();
    // Somebody paused, went on or looked further up meanwhile: then it answers another question.
    const isAnswer = now.phase === before.phase && now.window === before.window;
    if (isAnswer) this.tail.value = answer.ok ? took(now, answer.body) : failed(now, answer.error.message);
    this.delay = isAnswer ? nextDelay(this.delay, before, this.tail.peek()) : 0;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.turn, this.delay);
  }
}
