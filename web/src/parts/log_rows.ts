/** Which lines of a log are on the screen, as lines that wrap take several rows. Pure. Rows are counted, not pixels. */

import { columnsOf } from "./log_text";

/** Where each line begins, and behind the last where all ends: one number more than lines. */
export function beginnings(texts: readonly string[], columns: number): number[] {
  const all = [0];
  let row = 0;
  for (const text of texts) {
    row += rowsOf(text, columns);
    all.push(row);
  }
  return all;
}

/** How many rows a line takes. */
export function rowsOf(text: string, columns: number): number {
  // Nothing takes more than two columns but a tab.
  if (text.length * 2 <= columns && !text.includes("\t")) return 1;
  return Math.max(1, Math.ceil(columnsOf(text) / columns));
}

/** From which line to which (not included), of those that are seen from row `top` on, with some around. */
export function seenLines(begins: readonly number[], top: number, rows: number, around = 20): [number, number] {
  const from = lineAt(begins, top - around);
  return [from, Math.min(begins.length - 1, lineAt(begins, top + rows + around) + 1)];
}

/** The line that is at a row. */
export function lineAt(begins: readonly number[], row: number): number {
  let low = 0;
  let high = Math.max(0, begins.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((begins[middle] as number) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
