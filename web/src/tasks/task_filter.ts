/** Which of ten thousand tasks are shown: by text, state, framework and agent. Pure. */

import type { FrameworkRow, TaskRow } from "../model/rows";

export interface TaskFilter {
  /** Words, all of which must be found in id, name, host, role or framework. */
  readonly text: string;
  readonly state: string;
  readonly framework: string;
  readonly agent: string;
}

export interface ChosenTasks {
  readonly rows: readonly TaskRow[];
  /** How many of each state the other filters leave. */
  readonly states: ReadonlyMap<string, number>;
}

type Frameworks = ReadonlyMap<string, FrameworkRow>;

/** The rows that pass, and counts by state of those that would with any state. */
export function chooseTasks(tasks: Iterable<TaskRow>, filter: TaskFilter, frameworks: Frameworks): ChosenTasks {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows: TaskRow[] = [];
  const states = new Map<string, number>();
  for (const row of tasks) {
    if (filter.framework !== "" && row.framework !== filter.framework) continue;
    if (filter.agent !== "" && row.agent !== filter.agent) continue;
    if (words.length > 0) {
      const text = textOf(row);
      const name = frameworks.get(row.framework)?.name.toLowerCase() ?? "";
      if (!words.every((word) => text.includes(word) || name.includes(word))) continue;
    }
    states.set(row.state, (states.get(row.state) ?? 0) + 1);
    if (filter.state === "" || row.state === filter.state) rows.push(row);
  }
  return { rows, states };
}

/** The states in the order of a life, with their counts; one that was chosen is there though nothing has it. */
export function stateChips(states: ReadonlyMap<string, number>, chosen: string): { state: string; count: number }[] {
  const all = new Set([...states.keys(), ...(chosen === "" ? [] : [chosen])]);
  const place = (state: string) => (LIFE.includes(state) ? LIFE.indexOf(state) : LIFE.length);
  const ordered = [...all].sort((one, other) => place(one) - place(other) || one.localeCompare(other));
  return ordered.map((state) => ({ state, count: states.get(state) ?? 0 }));
}

const LIFE =
  "STAGING STARTING RUNNING UNREACHABLE KILLING FINISHED KILLED FAILED ERROR LOST DROPPED GONE GONE_BY_OPERATOR"
    .split(" ")
    .map((state) => `TASK_${state}`);

/** Rows are new objects where they change, so that the text of each is made once. */
const texts = new WeakMap<TaskRow, string>();

function textOf(row: TaskRow): string {
  let text = texts.get(row);
  if (text === undefined) {
    text = `${row.id}\n${row.name}\n${row.host}\n${row.role}\n${row.framework}`.toLowerCase();
    texts.set(row, text);
  }
  return text;
}
