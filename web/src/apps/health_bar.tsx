/** How the instances of an app or group stand, as a stacked bar. */

import { Bar } from "../parts/bar";
import type { Totals } from "./tree";

const PARTS = [
  ["healthy", "healthy", "good"],
  ["unchecked", "running, unchecked", "allocated"],
  ["unknown", "health unknown", "idle"],
  ["unhealthy", "unhealthy", "bad"],
  ["staged", "staged", "reserved"],
  ["waiting", "not launched", "line-strong"],
  ["over", "over capacity", "move"],
] as const;

export function HealthBar({ totals, isBig }: { totals: Totals; isBig?: boolean }) {
  const parts = PARTS.map(([name, label, token]) => ({ label, token, value: totals[name] })).filter(
    ({ value }) => value > 0,
  );
  if (totals.wanted === 0 && parts.length === 0) return null;
  const total = Math.max(
    totals.wanted,
    parts.reduce((sum, { value }) => sum + value, 0),
  );
  return <Bar name="instances" total={total} parts={parts} size={isBig ? "big" : "small"} legend={isBig ?? false} />;
}
