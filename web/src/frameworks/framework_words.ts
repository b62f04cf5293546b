/** What a framework's state means for its tasks now, and what tearing it down will do. Pure. */

import { spanText } from "../model/ages";
import type { FrameworkRow } from "../model/rows";
import { isOver } from "../tasks/master_task";

/** How many of its tasks are not over. */
export function liveTasks(row: FrameworkRow): number {
  return Object.entries(row.tasks).reduce((sum, [state, count]) => sum + (isOver(state) ? 0 : count), 0);
}

/** What its failover timeout means as it is now. `now` in seconds. */
export function failoverText(row: FrameworkRow): string {
  const timeout = row.failover_timeout > 0 ? spanText(row.failover_timeout) : "";
  const tasks = tasksText(liveTasks(row));
  switch (row.state) {
    case "completed":
      return "It has ended: its id will not come back.";
    case "disconnected":
    case "recovered":
      return timeout
        ? `It is away. If it is not back ${timeout} after it left, it ends, and its ${tasks} with it.`
        : `It is away, and may not be: it ends, and its ${tasks} with it.`;
    default:
      return timeout
        ? `If it goes away, its ${tasks} run on for ${timeout}; if it is not back by then, they are killed.`
        : `If it goes away, its ${tasks} are killed at once.`;
  }
}

/** What a teardown does, before it is done. */
export function teardownEffect(row: FrameworkRow): string {
  const live = liveTasks(row);
  const tasks =
    live === 0 ? "It has no tasks now." : live === 1 ? "Its task is killed." : `All ${live} tasks are killed.`;
  return `${row.name} ends for good: its id can't come back. ${tasks}`;
}

/** Whether a row matches a search: every word in id, name, role, host or principal. */
export function matchesFramework(row: FrameworkRow, text: string): boolean {
  const all = [row.id, row.name, row.hostname, row.user, row.principal ?? "", ...row.roles].join("\n").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

function tasksText(count: number): string {
  return count === 1 ? "1 task" : `${count} tasks`;
}
