/** One table as the worker keeps it for all tabs: its rows, and which of them changed when. Pure.
 *
 * It is to tabs what the server's tables are to the worker: a tab says how far it has a table, and gets each row that
 * changed since once, as it is now.
 */

import { type Delta, Rowset } from "./tables";

/** How many changes are remembered beyond twice as many as there are rows; who has missed more gets all rows. */
const SPARE = 1000;
let shelves = 0;

export class Shelf {
  readonly rowset = new Rowset();
  /** Whether the server has told of it at all. */
  isKnown = false;
  private readonly epoch = ++shelves;
  /** Keys in the order of their changes; the first is change number `forgotten` + 1. */
  private changes: string[] = [];
  private forgotten = 0;

  constructor(private readonly table: string) {}

  get rows(): ReadonlyMap<string, unknown> {
    return this.rowset.rows;
  }

  /** Where a tab is that has all of it; never "". */
  get position(): string {
    return `${this.epoch}-${this.forgotten + this.changes.length}`;
  }

  /** Take in what the server says. */
  apply(delta: Delta): void {
    this.isKnown = true;
    for (const key of this.rowset.apply(delta)) this.changes.push(key);
    const most = 2 * this.rows.size + SPARE;
    if (this.changes.length > most) {
      const cut = this.changes.length - Math.floor(most / 2);
      this.changes = this.changes.slice(cut);
      this.forgotten += cut;
    }
  }

  /** What somebody at that position has missed; undefined where there is nothing to tell. */
  since(position: string): Delta | undefined {
    if (!this.isKnown || position === this.position) return undefined;
    const from = this.placeOf(position);
    const put: Record<string, unknown> = Object.create(null);
    const gone: string[] = [];
    const keys = from === undefined ? this.rows.keys() : new Set(this.changes.slice(from));
    for (const key of keys) {
      if (this.rows.has(key)) put[key] = this.rows.get(key);
      else gone.push(key);
    }
    return { table: this.table, position: this.position, reset: from === undefined, put, gone };
  }

  /** The index of the first change that is new at a position; undefined where it says nothing to this shelf. */
  private placeOf(position: string): number | undefined {
    const [epoch, number] = position.split("-").map(Number);
    if (epoch !== this.epoch || number === undefined) return undefined;
    const index = number - this.forgotten;
    return index >= 0 && index <= this.changes.length ? index : undefined;
  }
}
