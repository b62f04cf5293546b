/** Hub and line at work together: in the shared worker, or in the tab where there is none. */

import { Hub, type Seat } from "./hub";
import { Line, type World } from "./line";
import type { FromTab } from "./protocol";

/** Between two posts to tabs: at most ten a second. */
const PACE = 100;
const TIDYING = 5_000;

export class Exchange {
  private readonly hub = new Hub();
  private readonly line: Line;
  private isDue = false;
  private flushedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly world: World = browserWorld()) {
    this.line = new Line(world, this.hub, () => this.flushSoon());
    this.tidyLater();
  }

  /** Take in what a tab says. */
  hear(seat: Seat, message: FromTab): void {
    this.hub.hear(seat, message, this.world.now());
    // Who comes back to a tab wants to know now whether the link is up again.
    this.line.update(message.kind === "hidden" && !message.is);
    this.flushSoon();
  }

  private flushSoon(): void {
    if (this.isDue) return;
    this.isDue = true;
    this.world.later(Math.max(0, this.flushedAt + PACE - this.world.now()), () => {
      this.isDue = false;
      this.flushedAt = this.world.now();
      this.hub.flush();
    });
  }

  private tidyLater(): void {
    this.world.later(TIDYING, () => {
      this.hub.tidy(this.world.now());
      this.line.update();
      this.flushSoon();
      this.tidyLater();
    });
  }
}

function browserWorld(): World {
  return {
    fetch: (url, init) => fetch(url, init),
    now: () => performance.now(),
    wall: () => Date.now(),
    random: () => Math.random(),
    later: (delay, then) => {
      const timer = setTimeout(then, delay);
      return () => clearTimeout(timer);
    },
  };
}
