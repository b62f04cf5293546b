/** Order of rows by a column. Pure. */

export type SortKey = string | number | boolean | undefined;

export interface SortOrder {
  readonly column: string;
  readonly descending: boolean;
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

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
): Row[] {
  if (keyOf === undefined) return [...rows];
  const keyed = rows.map((row) => ({ row, key: keyOf(row), id: rowKey(row) }));
  keyed.sort((one, other) => compareKeys(one.key, other.key, descending) || (one.id < other.id ? -1 : 1));
  return keyed.map((each) => each.row);
}
