/** What all tabs of a browser share: the tables, who wants which, and who has seen what of them. Pure.
 *
 * Times are milliseconds of any clock that does not go back. Whoever runs it calls `flush` at most ten times a second.
 */

import type { FromTab, FromWorker, LinkState } from "./protocol";
import { Shelf } from "./shelf";
import type { Delta } from "./tables";

/** For how long a table is kept that no tab wants: going back to a screen is instant. */
export const LINGER = 30_000;
/** For how long the stream goes on when all tabs are hidden. */
export const HIDDEN_LINGER = 60_000;
/** A tab that said nothing for so long has died. */
export const DEAD = 180_000;

/** A tab, as far as it can be told something. */
export interface Seat {
  post(message: FromWorker): void;
}

interface Tab {
  wanted: Map<string, string>;
  hidden: boolean;
  hiddenAt: number;
  heardAt: number;
  link: LinkState | undefined;
}

export class Hub {
  private readonly tabs = new Map<Seat, Tab>();
  private readonly shelves = new Map<string, Shelf>();
  private readonly wantedAt = new Map<string, number>();
  private out: Record<string, string> = {};
  private link: LinkState = { phase: "connecting", since: 0, out: {} };

  /** Take in what a tab says. */
  hear(seat: Seat, message: FromTab, now: number): void {
    if (message.kind === "closed") {
      this.tabs.delete(seat);
      return;
    }
    const tab = this.tabs.get(seat) ?? newTab(now);
    this.tabs.set(seat, tab);
    tab.heardAt = now;
    if (message.kind === "hidden") {
      if (message.is && !tab.hidden) tab.hiddenAt = now;
      tab.hidden = message.is;
    }
    if (message.kind === "want") {
      const before = tab.wanted;
      tab.wanted = new Map();
      for (const [name, has] of Object.entries(message.tables)) tab.wanted.set(name, before.get(name) ?? has);
    }
  }

  /** The tables that the stream should have now, each with the position up to which we have it. */
  wanted(now: number): Map<string, string> {
    for (const tab of this.tabs.values()) {
      if (tab.hidden && now >= tab.hiddenAt + HIDDEN_LINGER) continue;
      for (const name of tab.wanted.keys()) this.wantedAt.set(name, now);
    }
    const found = new Map<string, string>();
    const isSeen = [...this.tabs.values()].some((tab) => !tab.hidden || now < tab.hiddenAt + HIDDEN_LINGER);
    if (!isSeen) return found;
    for (const [name, at] of this.wantedAt) {
      if (now < at + LINGER) found.set(name, this.shelves.get(name)?.rowset.position ?? "");
    }
    return found;
  }

  /** Rows from the server. */
  take(delta: Delta): void {
    let shelf = this.shelves.get(delta.table);
    if (shelf === undefined) this.shelves.set(delta.table, (shelf = new Shelf(delta.table)));
    shelf.apply(delta);
    if (delta.table in this.out) {
      const { [delta.table]: _, ...others } = this.out;
      this.setOut(others);
    }
  }

  /** Tables that can't be had. */
  takeOut(tables: readonly string[], why: string): void {
    this.setOut({ ...this.out, ...Object.fromEntries(tables.map((name) => [name, why])) });
  }

  /** How the link stands; told to all tabs by the next flush. */
  setLink(phase: LinkState["phase"], since: number, why?: string): void {
    const link = { phase, since, out: this.out };
    this.link = why === undefined ? link : { ...link, why };
  }

  get phase(): LinkState["phase"] {
    return this.link.phase;
  }

  /** Tell every tab that is looked at what it has missed. */
  flush(): void {
    for (const [seat, tab] of this.tabs) {
      if (tab.hidden) continue;
      if (tab.link !== this.link) {
        tab.link = this.link;
        seat.post({ kind: "link", link: this.link });
      }
      const deltas: Delta[] = [];
      for (const [name, has] of tab.wanted) {
        const delta = this.shelves.get(name)?.since(has);
        if (delta === undefined) continue;
        deltas.push(delta);
        tab.wanted.set(name, delta.position);
      }
      if (deltas.length > 0) seat.post({ kind: "deltas", deltas });
    }
  }

  /** Forget dead tabs, and tables that nobody has wanted for a while. */
  tidy(now: number): void {
    for (const [seat, tab] of this.tabs) {
      if (now >= tab.heardAt + DEAD) this.tabs.delete(seat);
    }
    const kept = new Set([...this.tabs.values()].flatMap((tab) => [...tab.wanted.keys()]));
    for (const [name, at] of this.wantedAt) {
      if (kept.has(name) || now < at + LINGER) continue;
      this.wantedAt.delete(name);
      this.shelves.delete(name);
      const { [name]: _, ...others } = this.out;
      this.setOut(others);
    }
  }

  private setOut(out: Record<string, string>): void {
    this.out = out;
    this.link = { ...this.link, out };
  }
}

function newTab(now: number): Tab {
  return { wanted: new Map(), hidden: false, hiddenAt: 0, heardAt: now, link: undefined };
}
