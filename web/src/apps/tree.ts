/** Apps as a tree of groups: which rows stand where, what a folded group sums up, and which apps a search finds. */

import type { AppRow, GroupRow } from "../model/rows";
import { names } from "../model/sorting";

/** What an app or a whole group comes to. */
export interface Totals {
  readonly apps: number;
  readonly wanted: number;
  readonly running: number;
  readonly healthy: number;
  readonly unhealthy: number;
  /** Checked, but nobody has told yet. */
  readonly unknown: number;
  /** Running without any health check. */
  readonly unchecked: number;
  readonly staged: number;
  /** Wanted, and not launched. */
  readonly waiting: number;
  /** Instances beyond those wanted: of an upgrade under way. They are counted here alone. */
  readonly over: number;
  readonly cpus: number;
  readonly mem: number;
}

export interface TreeRow {
  readonly id: string;
  /** The last part of the id in the tree, all of it in the flat list. */
  readonly name: string;
  readonly depth: number;
  readonly totals: Totals;
  /** Missing for a group. */
  readonly app?: AppRow;
  readonly isOpen?: boolean;
  /** Of a group: how many of its apps stand in each status but Running. */
  readonly statuses?: Readonly<Record<string, number>>;
  readonly dependencies?: readonly string[];
}

export interface Filter {
  readonly search: string;
  readonly status: string;
  readonly label: string;
  readonly health: string;
}

const NOTHING: Totals = {
  apps: 0,
  wanted: 0,
  running: 0,
  healthy: 0,
  unhealthy: 0,
  unknown: 0,
  unchecked: 0,
  staged: 0,
  waiting: 0,
  over: 0,
  cpus: 0,
  mem: 0,
};

/** One app's part of the totals. What is over is taken from the staged first, as an upgrade starts before it stops. */
export function totalsOf(app: AppRow): Totals {
  const over = Math.max(0, app.running + app.staged - app.instances);
  const counts = {
    staged: app.staged,
    unknown: app.is_checked ? app.unknown : 0,
    unchecked: app.is_checked ? 0 : app.unknown,
    healthy: app.healthy,
    unhealthy: app.unhealthy,
  };
  let rest = over;
  for (const name of Object.keys(counts) as (keyof typeof counts)[]) {
    const taken = Math.min(rest, counts[name]);
    counts[name] -= taken;
    rest -= taken;
  }
  const waiting = Math.max(0, app.instances - app.running - app.staged);
  const { cpus = 0, mem = 0 } = app.resources;
  const sums = { cpus: cpus * app.instances, mem: mem * app.instances };
  return { apps: 1, wanted: app.instances, running: app.running, ...counts, waiting, over, ...sums };
}

/** "3 running of 4, 1 not launched". */
export function instancesText({ running, wanted, staged, waiting }: Totals): string {
  const rest = [staged && `${staged} staged`, waiting && `${waiting} not launched`].filter(Boolean);
  return [`${running} running of ${wanted}`, ...rest].join(", ");
}

/** Whether an app is what somebody looks for: all words of the search, in its id, what it runs or its labels. */
export function matches(app: AppRow, filter: Filter): boolean {
  if (filter.status && app.status !== filter.status) return false;
  if (filter.health && !hasHealth(app, filter.health)) return false;
  const labels = Object.entries(app.labels).map(([name, value]) => `${name}=${value}`);
  if (filter.label && !labels.some((label) => label === filter.label || label.startsWith(`${filter.label}=`)))
    return false;
  const text = [app.id, app.runs, ...labels].join("\n").toLowerCase();
  return filter.search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function hasHealth(app: AppRow, health: string): boolean {
  if (health === "unhealthy") return app.unhealthy > 0;
  if (health === "healthy") return app.is_checked && app.healthy > 0 && app.unhealthy === 0;
  return health === "unchecked" ? !app.is_checked : app.is_checked && app.unknown > 0;
}

/** The rows of the tree from the top: groups before apps, each by name; what is inside a folded group is left out.
 *
 * `groups` brings those without an app; they are left out where something is looked for.
 */
export function treeRows(
  apps: Iterable<AppRow>,
  groups: Iterable<GroupRow>,
  isOpen: (id: string) => boolean,
): TreeRow[] {
  const root = group("/", "");
  for (const row of groups) find(root, row.id).row = row;
  for (const app of apps) find(root, parentOf(app.id)).apps.push(app);
  const rows: TreeRow[] = [];
  walk(root, 0, isOpen, rows);
  return rows;
}

/** The same apps side by side. */
export function flatRows(apps: Iterable<AppRow>): TreeRow[] {
  return [...apps].map((app) => ({ id: app.id, name: app.id, depth: 0, app, totals: totalsOf(app) }));
}

/** The group above: "/shop" of "/shop/web", "/" of "/web". */
export function parentOf(id: string): string {
  return id.slice(0, Math.max(1, id.lastIndexOf("/")));
}

interface Branch {
  readonly id: string;
  readonly name: string;
  readonly inner: Map<string, Branch>;
  readonly apps: AppRow[];
  row?: GroupRow;
}

function group(id: string, name: string): Branch {
  return { id, name, inner: new Map(), apps: [] };
}

function find(root: Branch, id: string): Branch {
  let branch = root;
  for (const name of id.split("/").filter(Boolean)) {
    let next = branch.inner.get(name);
    if (next === undefined) {
      next = group(`${branch.id === "/" ? "" : branch.id}/${name}`, name);
      branch.inner.set(name, next);
    }
    branch = next;
  }
  return branch;
}

/** Puts the rows of a branch at the end, and says what they come to, those that are folded included. */
function walk(branch: Branch, depth: number, isOpen: (id: string) => boolean, rows: TreeRow[]): Summed {
  const summed: Summed = { totals: { ...NOTHING }, statuses: {} };
  for (const inner of [...branch.inner.values()].sort((one, other) => names.compare(one.name, other.name))) {
    const at = rows.length;
    const isShown = isOpen(inner.id);
    const { totals, statuses } = walk(inner, depth + 1, isOpen, rows);
    if (!isShown) rows.length = at;
    const { id, name } = inner;
    rows.splice(at, 0, {
      id,
      name,
      depth,
      totals,
      statuses,
      isOpen: isShown,
      dependencies: inner.row?.dependencies ?? [],
    });
    add(summed, totals, statuses);
  }
  for (const app of branch.apps.sort((one, other) => names.compare(one.id, other.id))) {
    const totals = totalsOf(app);
    rows.push({ id: app.id, name: app.id.slice(app.id.lastIndexOf("/") + 1), depth, app, totals });
    add(summed, totals, app.status === "Running" ? {} : { [app.status]: 1 });
  }
  return summed;
}

interface Summed {
  readonly totals: { -readonly [Name in keyof Totals]: number };
  readonly statuses: Record<string, number>;
}

function add(summed: Summed, totals: Totals, statuses: Readonly<Record<string, number>>): void {
  for (const name of Object.keys(NOTHING) as (keyof Totals)[]) summed.totals[name] += totals[name];
  for (const [name, count] of Object.entries(statuses)) summed.statuses[name] = (summed.statuses[name] ?? 0) + count;
}
