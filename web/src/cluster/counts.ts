/** Counts by state, in an order that keeps its places: what is well first. Pure. */

import { describeState, type Tone } from "../model/states";

export interface StateCount {
  readonly state: string;
  readonly count: number;
}

const ORDER: readonly Tone[] = ["good", "move", "warn", "bad", "idle"];

/** Those that are not zero. */
export function countsOf(counts: Readonly<Record<string, number>>): StateCount[] {
  const place = (state: string) => ORDER.indexOf(describeState(state).tone);
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => ({ state, count }))
    .sort((one, other) => place(one.state) - place(other.state) || one.state.localeCompare(other.state));
}
