/** All that screens see of the link: tables as signals, and how the link stands.
 *
 * A table is read while a mounted component uses it. Its rows are one Map that is changed in place; what tells a
 * component of a change is the `version`, at most ten times a second, and never while the tab is hidden.
 */

import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Rows, TableName } from "../model/rows";
import { connect, type Port } from "./port";
import type { FromTab, FromWorker, LinkState } from "./protocol";
import { Rowset } from "./tables";

export interface TableView<Row> {
  readonly rows: ReadonlyMap<string, Row>;
  /** False until the first rows came. */
  readonly ready: boolean;
  /** Counts up with each change. */
  readonly version: number;
}

interface Held {
  readonly rowset: Rowset;
  readonly view: Signal<TableView<unknown>>;
  users: number;
}

const held = new Map<string, Held>();
export const link = signal<LinkState>({ phase: "connecting", since: Date.now(), out: {} });
let port: Port | undefined;

/** Begin; called once by main. */
export function openLink(): void {
  port = connect(take);
  document.addEventListener("visibilitychange", () => say({ kind: "hidden", is: document.hidden }));
  window.addEventListener("pagehide", () => say({ kind: "closed" }));
  window.addEventListener("pageshow", (event) => event.persisted && tellWanted());
  if (document.hidden) say({ kind: "hidden", is: true });
  tellWanted();
}

/** The rows of a table, kept up to date while the component is mounted. `argument` as in `timeline:/web`. */
export function useTable<Name extends TableName>(name: Name, argument?: string): TableView<Rows[Name]> {
  const full = argument === undefined ? name : `${name}:${argument}`;
  const view = hold(full).view;
  useEffect(() => {
    use(full);
    return () => release(full);
  }, [full]);
  return view.value as TableView<Rows[Name]>;
}

/** One row of a table, or undefined: not there, or not known yet (see `useTable(...).ready`). */
export function useRow<Name extends TableName>(name: Name, key: string): Rows[Name] | undefined {
  return useTable(name).rows.get(key);
}

function hold(name: string): Held {
  let found = held.get(name);
  if (found === undefined) {
    const rowset = new Rowset();
    found = { rowset, view: signal({ rows: rowset.rows, ready: false, version: 0 }), users: 0 };
    held.set(name, found);
  }
  return found;
}

function use(name: string): void {
  hold(name).users += 1;
  tellWanted();
}

function release(name: string): void {
  const entry = held.get(name);
  if (entry === undefined) return;
  entry.users -= 1;
  tellWanted();
}

function tellWanted(): void {
  const wanted = [...held].filter(([, entry]) => entry.users > 0).map(([name]) => name);
  say({ kind: "want", tables: wanted });
}

function say(message: FromTab): void {
  port?.post(message);
}

function take(message: FromWorker): void {
  if (message.kind === "link") {
    link.value = message.link;
    return;
  }
  for (const delta of message.deltas) {
    const entry = held.get(delta.table);
    if (entry === undefined) continue;
    entry.rowset.apply(delta);
    const rows = entry.rowset.rows;
    entry.view.value = { rows, ready: true, version: entry.view.peek().version + 1 };
  }
}
