/** Order of rows by a column. Pure. */

export type SortKey = string | number | boolean | undefined;

export interface SortOrder {
  readonly column: string;
  readonly descending: boolean;
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Names as people count, with capitals and accents told apart. */
export const names = new Intl.Collator("en", { numeric: true });

/** Read `?sort=name` or `?sort=-name`. */
export function parseSort(text: string): SortOrder {
  return text.startsWith("-") ? { column: text.slice(1), descending: true } : { column: text, descending: false };
}

/** The order that a press on a column's heading leads to, as text for the URL. */
export function nextSort(now: SortOrder, column: string): string {
  return now.column === column && !now.descending ? `-${column}` : column;
}

/** Numbers by size, text as people count (web.2 before web.10); what is unknown comes last either way. */
export function compareKeys(one: SortKey, other: SortKey, descending: boolean): number {
  if (one === other) return 0;
  if (one === undefined) return 1;
  if (other === undefined) return -1;
  const order = typeof one === "string" && typeof other === "string" ? collator.compare(one, other) : +one - +other;
  return descending ? -order : order;
}

/** Rows in order, those with equal keys by their row key, so that no patch shuffles them. */
export function sortRows<Row>(
  rows: readonly Row[],
  keyOf: ((row: Row) => SortKey) | undefined,
  descending: boolean,
  rowKey: (row: Row) => string,
): readonly Row[] {
  return new Sorter<Row>().sort(rows, keyOf, descending, rowKey);
}

interface Keyed<Row> {
  readonly row: Row;
  readonly key: SortKey;
  readonly id: string;
  /** The last turn in which it was there. */
  turn: number;
}

/** Sorts the same rows again and again: those that are the same objects as before are not looked at again. */
export class Sorter<Row> {
  private order: Keyed<Row>[] = [];
  private readonly known = new Map<Row, Keyed<Row>>();
  private turn = 0;
  private rule: readonly unknown[] = [];

  /** As `sortRows`. Another `keyOf` or direction begins anew. */
  sort(
    rows: readonly Row[],
    keyOf: ((row: Row) => SortKey) | undefined,
    descending: boolean,
    rowKey: (row: Row) => string,
  ): readonly Row[] {
    if (this.rule[0] !== keyOf || this.rule[1] !== descending) {
      this.order = [];
      this.known.clear();
      this.rule = [keyOf, descending];
    }
    if (keyOf === undefined) return [...rows];
    this.turn += 1;
    const fresh: Keyed<Row>[] = [];
    for (const row of rows) {
      let entry = this.known.get(row);
      if (entry === undefined) {
        entry = { row, key: keyOf(row), id: rowKey(row), turn: 0 };
        this.known.set(row, entry);
        fresh.push(entry);
      }
      entry.turn = this.turn;
    }
    const compare = (one: Keyed<Row>, other: Keyed<Row>) =>
      compareKeys(one.key, other.key, descending) || (one.id < other.id ? -1 : 1);
    this.order = merge(this.drop(), fresh.sort(compare), compare);
    return this.order.map((each) => each.row);
  }

  /** Forget what is not there any more; the rest in its order. */
  private drop(): Keyed<Row>[] {
    return this.order.filter((entry) => {
      if (entry.turn !== this.turn) this.known.delete(entry.row);
      return entry.turn === this.turn;
    });
  }
}

/** Two lists in order as one. */
function merge<Item>(long: Item[], short: readonly Item[], compare: (one: Item, other: Item) => number): Item[] {
  if (short.length === 0) return long;
  const merged: Item[] = [];
  let next = 0;
  for (const item of long) {
    while (next < short.length && compare(short[next] as Item, item) < 0) merged.push(short[next++] as Item);
    merged.push(item);
  }
  for (; next < short.length; next += 1) merged.push(short[next] as Item);
  return merged;
}
