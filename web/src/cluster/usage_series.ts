/** Points of use over time as lines of one resource. Pure. */

import type { UsageRow } from "../model/rows";

export interface UsageLines {
  readonly times: readonly number[];
  readonly allocated: readonly number[];
  readonly offered: readonly number[];
  readonly used: readonly (number | null)[];
  readonly total: readonly number[];
}

/** The points of the last `seconds` before `now`, in order; what nobody measured is null. */
export function usageLines(rows: Iterable<UsageRow>, resource: string, seconds: number, now: number): UsageLines {
  const points = [...rows].filter((row) => row.at >= now - seconds).sort((one, other) => one.at - other.at);
  return {
    times: points.map((row) => row.at),
    allocated: points.map((row) => row.allocated[resource] ?? 0),
    offered: points.map((row) => row.offered[resource] ?? 0),
    used: points.map((row) => row.used[resource] ?? null),
    total: points.map((row) => row.total[resource] ?? 0),
  };
}
