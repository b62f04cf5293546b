/** All that screens see of the link: tables as signals, and how the link stands.
 *
 * A table is read while a mounted component uses it. Its rows are one Map that is changed in place; what tells a
 * component of a change is the `version`, at most ten times a second, and never while the tab is hidden. A component
 * that uses one row is told of that row alone.
 */

import { batch, type Signal, signal, useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Rows, TableName } from "../model/rows";
import { connect, connectHere, type Port } from "./port";
import type { FromTab, FromWorker, LinkState } from "./protocol";
import { type Delta, Rowset } from "./tables";

/** For how long a table is kept that no component uses. */
const LINGER = 30_000;
const PING = 25_000;

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
  /** Of rows that components use by themselves. */
  readonly single: Map<string, { readonly row: Signal<unknown>; users: number }>;
  users: number;
  freeAt: number;
}

const held = new Map<string, Held>();
export const link = signal<LinkState>({ phase: "connecting", since: Date.now(), out: {} });
let port: Port | undefined;
let waiting: Delta[] = [];
let frame = 0;

/** Begin; called once by main. */
export function openLink(): void {
  port = connect(take, () => {
    port = connectHere(take);
    greet();
  });
  document.addEventListener("visibilitychange", () => say({ kind: "hidden", is: document.hidden }));
  window.addEventListener("pagehide", () => say({ kind: "closed" }));
  window.addEventListener("pageshow", (event) => event.persisted && greet());
  setInterval(() => {
    forget(Date.now());
    say({ kind: "here" });
  }, PING);
  greet();
}

/** The rows of a table, kept up to date while the component is mounted. `argument` as in `timeline:/web`. */
export function useTable<Name extends TableName>(name: Name, argument?: string): TableView<Rows[Name]> {
  const full = argument === undefined ? name : `${name}:${argument}`;
  const view = hold(full).view;
  useUse(full);
  return view.value as TableView<Rows[Name]>;
}

/** One row of a table, or undefined: not there, or not known yet (see `useTable(...).ready`). */
export function useRow<Name extends TableName>(name: Name, key: string): Rows[Name] | undefined {
  const entry = hold(name);
  let single = entry.single.get(key);
  if (single === undefined) {
    single = { row: signal(entry.rowset.rows.get(key)), users: 0 };
    entry.single.set(key, single);
  }
  const used = single;
  useUse(name);
  useEffect(() => {
    used.users += 1;
    return () => {
      used.users -= 1;
      if (used.users === 0 && entry.single.get(key) === used) entry.single.delete(key);
    };
  }, [used]);
  return used.row.value as Rows[Name] | undefined;
}

/** Whether the first rows of a table came, without being told of every change after that. */
export function useReady(name: TableName): boolean {
  const view = hold(name).view;
  useUse(name);
  return useComputed(() => view.value.ready).value;
}

function useUse(name: string): void {
  useEffect(() => {
    const entry = hold(name);
    entry.users += 1;
    if (entry.users === 1) tellWanted();
    return () => {
      entry.users -= 1;
      entry.freeAt = Date.now();
      if (entry.users === 0) tellWanted();
    };
  }, [name]);
}

function hold(name: string): Held {
  let found = held.get(name);
  if (found === undefined) {
    const rowset = new Rowset();
    const view = signal<TableView<unknown>>({ rows: rowset.rows, ready: false, version: 0 });
    found = { rowset, view, single: new Map(), users: 0, freeAt: Date.now() };
    held.set(name, found);
  }
  return found;
}

/** Drop what no component has used for a while. */
function forget(now: number): void {
  for (const [name, entry] of held) {
    if (entry.users === 0 && now >= entry.freeAt + LINGER) held.delete(name);
  }
}

function greet(): void {
  say({ kind: "hidden", is: document.hidden });
  tellWanted();
}

let isTelling = false;

/** Say what is wanted, once for all that components ask for in one go. */
function tellWanted(): void {
  if (isTelling) return;
  isTelling = true;
  queueMicrotask(() => {
    isTelling = false;
    const wanted = [...held].filter(([, entry]) => entry.users > 0);
    say({ kind: "want", tables: Object.fromEntries(wanted.map(([name, entry]) => [name, entry.rowset.position])) });
  });
}

function say(message: FromTab): void {
  port?.post(message);
}

function take(message: FromWorker): void {
  if (message.kind === "link") {
    link.value = message.link;
    return;
  }
  if (message.kind === "fault") {
    // As an error of the page itself, so that whoever watches its errors hears of the worker's as well.
    reportError(new Error(message.text));
    return;
  }
  waiting.push(...message.deltas);
  if (frame === 0) frame = requestAnimationFrame(paint);
}

/** Take in what came since the last frame, and tell components once. */
function paint(): void {
  frame = 0;
  const deltas = waiting;
  waiting = [];
  batch(() => {
    const changed = new Set<Held>();
    for (const delta of deltas) {
      const entry = held.get(delta.table);
      if (entry === undefined) continue;
      for (const key of entry.rowset.apply(delta)) {
        const single = entry.single.get(key);
        if (single !== undefined) single.row.value = entry.rowset.rows.get(key);
      }
      changed.add(entry);
    }
    for (const entry of changed) {
      entry.view.value = { rows: entry.rowset.rows, ready: true, version: entry.view.peek().version + 1 };
    }
  });
}
