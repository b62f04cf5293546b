/** What emptying an agent does: whose tasks end, and where there is room for them. Pure; known as far as rows say. */

import { amountsText } from "../model/amounts";
import type { AgentRow, Amounts, FrameworkRow, InstanceRow, TaskRow } from "../model/rows";

const ENDED = new Set(["FINISHED", "FAILED", "KILLED", "LOST", "ERROR", "DROPPED", "GONE", "GONE_BY_OPERATOR"]);
/** What matters for room: ports and the like are each agent's own. */
const COUNTED = ["cpus", "mem", "disk", "gpus"];

/** Whether a task still holds something. */
export function isLive(task: TaskRow): boolean {
  return !ENDED.has(task.state.replace("TASK_", ""));
}

export interface Owner {
  /** The app, or the framework where the task is of no app. */
  readonly name: string;
  readonly isApp: boolean;
  readonly tasks: number;
  /** On how many other agents one more of its largest task fits, by amounts alone. */
  readonly roomOn: number;
  readonly largest: Amounts;
}

/** The owners of an agent's live tasks, the largest number first. */
export function ownersOf(
  id: string,
  tasks: Iterable<TaskRow>,
  agents: ReadonlyMap<string, AgentRow>,
  frameworks: ReadonlyMap<string, FrameworkRow>,
  instances: Iterable<InstanceRow>,
): Owner[] {
  const appOf = new Map(
    [...instances].flatMap((instance) => instance.tasks.map((task) => [task, instance.app] as const)),
  );
  const groups = new Map<string, { isApp: boolean; tasks: TaskRow[] }>();
  for (const task of tasks) {
    if (task.agent !== id || !isLive(task)) continue;
    const app = appOf.get(task.id);
    const name = app ?? frameworks.get(task.framework)?.name ?? task.framework;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { isApp: app !== undefined, tasks: [task] });
    else group.tasks.push(task);
  }
  const others = [...agents.values()].filter((agent) => agent.id !== id && agent.state === "active");
  return [...groups]
    .map(([name, group]) => {
      const largest = largestOf(group.tasks);
      const roomOn = others.filter((agent) => hasRoom(agent, largest)).length;
      return { name, isApp: group.isApp, tasks: group.tasks.length, roomOn, largest };
    })
    .sort((one, other) => other.tasks - one.tasks || one.name.localeCompare(other.name));
}

function largestOf(tasks: readonly TaskRow[]): Amounts {
  const largest: Record<string, number> = {};
  for (const name of COUNTED) {
    const most = Math.max(...tasks.map((task) => task.resources[name] ?? 0));
    if (most > 0) largest[name] = most;
  }
  return largest;
}

/** Whether amounts fit into what nobody holds; an offer that is out may still be answered by this. */
export function hasRoom(agent: AgentRow, wanted: Amounts): boolean {
  return Object.entries(wanted).every(
    ([name, value]) => (agent.total[name] ?? 0) - (agent.allocated[name] ?? 0) >= value - 1e-6,
  );
}

/** What is left of a drain in words. */
export function ownerWords(owner: Owner): string {
  const tasks = `${owner.tasks} ${owner.tasks === 1 ? "task" : "tasks"} of ${owner.name}`;
  const where =
    owner.roomOn === 0
      ? "no other agent has"
      : owner.roomOn === 1
        ? "1 other agent has"
        : `${owner.roomOn} other agents have`;
  return `${tasks}: ${where} room for ${amountsText(owner.largest)}`;
}
