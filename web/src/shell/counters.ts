/** What the navigation says beside a screen's name: how many there are, and how many of them need somebody. Pure. */

import type { AppRow, ClusterRow } from "../model/rows";

export interface Counter {
  readonly count: number;
  /** How many need attention, and what is the matter with them. */
  readonly alarm?: { readonly count: number; readonly what: string };
}

const LIVE_TASKS = ["TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING", "TASK_UNREACHABLE"];
const LOST_AGENTS = ["disconnected", "unreachable"];

/** Counters by screen; a screen of which nothing is known has none. */
export function countersOf(
  cluster: ClusterRow | undefined,
  apps: Iterable<AppRow> | undefined,
  deployments: number | undefined,
): Readonly<Record<string, Counter>> {
  const counters: Record<string, Counter> = {};
  if (cluster !== undefined) {
    counters["agents"] = withAlarm(total(cluster.agents), pick(cluster.agents, LOST_AGENTS), "out of reach");
    counters["frameworks"] = { count: total(cluster.frameworks) - pick(cluster.frameworks, ["completed"]) };
    counters["tasks"] = { count: pick(cluster.tasks, LIVE_TASKS) };
  }
  if (apps !== undefined) {
    const all = [...apps];
    const waiting = all.filter((app) => app.status === "Waiting").length;
    counters["apps"] = withAlarm(all.length, waiting, "waiting");
  }
  if (deployments !== undefined) counters["deployments"] = { count: deployments };
  return counters;
}

function withAlarm(count: number, alarm: number, what: string): Counter {
  return alarm === 0 ? { count } : { count, alarm: { count: alarm, what } };
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function pick(counts: Readonly<Record<string, number>>, names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}
