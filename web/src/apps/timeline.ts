/** The timeline of an app: its order, which kinds are shown, what each entry links to. Pure. */

import { agentPath, deploymentPath, offerPath, taskPath } from "../model/places";
import type { TimelineKind, TimelineRow } from "../model/rows";

export interface NumberedRow extends TimelineRow {
  readonly number: number;
}

export const KINDS: readonly (readonly [TimelineKind, string])[] = [
  ["request", "Requests"],
  ["plan", "Plans"],
  ["deployment", "Deployments"],
  ["offer", "Offers"],
  ["launch", "Launches"],
  ["status", "Status"],
  ["health", "Health"],
  ["kill", "Kills"],
];

/** The oldest first: by number, which is not how keys sort. */
export function inOrder(rows: ReadonlyMap<string, TimelineRow>): NumberedRow[] {
  return [...rows]
    .map(([key, row]) => ({ ...row, number: Number(key) }))
    .sort((one, other) => one.number - other.number);
}

/** The kinds of `?kinds=offer,kill`; none named is all of them. */
export function kindsOf(query: string): ReadonlySet<TimelineKind> {
  const known = KINDS.map(([kind]) => kind);
  const named = known.filter((kind) => query.split(",").includes(kind));
  return new Set(named.length > 0 ? named : known);
}

/** The query after a press on one kind: alone at first, then added and taken away; all of them is no query. */
export function toggledKinds(query: string, kind: TimelineKind): string {
  const named = query.split(",").filter(Boolean);
  const next = named.includes(kind) ? named.filter((each) => each !== kind) : [...named, kind];
  return next.length === KINDS.length ? "" : next.join(",");
}

/** How many entries there are of each kind. */
export function kindCounts(rows: readonly TimelineRow[]): ReadonlyMap<TimelineKind, number> {
  const counts = new Map<TimelineKind, number>();
  for (const { kind } of rows) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Where an entry leads: its task, agent, offer, deployment. */
export function linksOf(row: TimelineRow, framework: string | undefined): { href: string; label: string }[] {
  const links = [];
  if (row.task && framework) links.push({ href: taskPath(framework, row.task), label: "Task" });
  if (row.agent) links.push({ href: agentPath(row.agent), label: "Agent" });
  if (row.offer) links.push({ href: offerPath(row.offer), label: "Offer" });
  if (row.deployment) links.push({ href: deploymentPath(row.deployment), label: "Deployment" });
  return links;
}

/** The day an entry stands under where it is not that of the one before: "2026-03-01". */
export function dayBefore(rows: readonly NumberedRow[], index: number, dayOf: (at: number) => string): string {
  const row = rows[index];
  const before = rows[index - 1];
  if (row === undefined) return "";
  const day = dayOf(row.at);
  return before === undefined || dayOf(before.at) !== day ? day : "";
}
