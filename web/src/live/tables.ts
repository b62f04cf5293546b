/** One table as a reader holds it: rows by key, brought up to date by the stream's deltas. Pure. */

export interface Delta {
  readonly table: string;
  readonly position: string;
  readonly reset: boolean;
  readonly put: Readonly<Record<string, unknown>>;
  readonly gone: readonly string[];
}

export class Rowset {
  readonly rows = new Map<string, unknown>();
  position = "";

  /** Take a delta in; returns the keys whose rows are others now, or are gone. */
  apply(delta: Delta): Set<string> {
    const changed = new Set<string>();
    if (delta.reset) {
      for (const key of this.rows.keys()) {
        if (!Object.hasOwn(delta.put, key)) {
          this.rows.delete(key);
          changed.add(key);
        }
      }
    }
    for (const key of delta.gone) {
      if (this.rows.delete(key)) changed.add(key);
    }
    for (const [key, row] of Object.entries(delta.put)) {
      this.rows.set(key, row);
      changed.add(key);
    }
    this.position = delta.position;
    return changed;
  }
}
