/** The columns of tables of tasks. */

import { useMemo, useRef } from "preact/hooks";

import type { TableView } from "../live/live";
import { readTaskId, shortId } from "../apps/task_ids";
import { mebibytesText, numberText } from "../model/amounts";
import { agentPath, frameworkPath } from "../model/places";
import type { FrameworkRow, TaskRow } from "../model/rows";
import { Age } from "../parts/age";
import { StateWord } from "../parts/state_word";
import type { Column } from "../parts/window_table";

/** What tells a task from others; of Marathon's the app, the short name of the instance, and which attempt it is. */
export function TaskId({ id }: { id: string }) {
  const name = readTaskId(id);
  const [app] = id.split(/\.(?:instance|marathon)-/);
  if (name === undefined) return <span title={id}>{id}</span>;
  const part = [shortId(name.instance), name.container, name.attempt > 1 && `#${name.attempt}`];
  return (
    <span title={id}>
      {app} <code class="muted">{part.filter(Boolean).join(" ")}</code>
    </span>
  );
}

/** The names of frameworks by id; the same map until one of them is another, though frameworks change all the time. */
export function useFrameworkNames({ rows, version }: TableView<FrameworkRow>): ReadonlyMap<string, string> {
  const last = useRef<ReadonlyMap<string, string>>(new Map());
  return useMemo(() => {
    const names = new Map([...rows.values()].map((row) => [row.id, row.name]));
    const isSame = names.size === last.current.size && [...names].every(([id, name]) => last.current.get(id) === name);
    if (!isSame) last.current = names;
    return last.current;
  }, [version]);
}

/** The columns of a table of tasks; `names` are those of frameworks. */
export function columnsOf(names: ReadonlyMap<string, string>): Column<TaskRow>[] {
  const nameOf = (row: TaskRow) => names.get(row.framework) ?? row.framework;
  const framework: Column<TaskRow> = {
    id: "framework",
    label: "Framework",
    width: "minmax(5.5rem, 1fr)",
    hideBelow: 760,
    below: true,
    render: (row) => <a href={frameworkPath(row.framework)}>{nameOf(row)}</a>,
    sortBy: nameOf,
  };
  return [...TASK_COLUMNS.slice(0, 3), framework, ...TASK_COLUMNS.slice(3)];
}

/** Those of tasks of one framework. */
export const TASK_COLUMNS: readonly Column<TaskRow>[] = [
  {
    id: "id",
    label: "Task",
    width: "minmax(11rem, 3fr)",
    render: (row) => <TaskId id={row.id} />,
    sortBy: (row) => row.id,
  },
  {
    id: "state",
    label: "State",
    width: "6.5rem",
    render: (row) => <StateWord state={row.state} why={row.message} />,
    sortBy: (row) => row.state,
  },
  {
    id: "health",
    label: "Health",
    width: "6.5rem",
    hideBelow: 900,
    render: (row) => row.healthy !== undefined && <StateWord state={row.healthy ? "healthy" : "unhealthy"} />,
    sortBy: (row) => (row.healthy === undefined ? undefined : Number(row.healthy)),
  },
  {
    id: "host",
    label: "Agent",
    width: "minmax(10rem, 2fr)",
    hideBelow: 520,
    below: true,
    render: (row) => <a href={agentPath(row.agent)}>{row.host}</a>,
    sortBy: (row) => row.host,
  },
  {
    id: "role",
    label: "Role",
    width: "minmax(4rem, 1fr)",
    hideBelow: 1120,
    render: (row) => row.role,
    sortBy: (row) => row.role,
  },
  {
    id: "cpus",
    label: "cpus",
    width: "4rem",
    align: "end",
    hideBelow: 600,
    render: (row) => numberText(row.resources.cpus ?? 0),
    sortBy: (row) => row.resources.cpus ?? 0,
  },
  {
    id: "mem",
    label: "mem",
    width: "5.5rem",
    align: "end",
    hideBelow: 600,
    render: (row) => mebibytesText(row.resources.mem ?? 0),
    sortBy: (row) => row.resources.mem ?? 0,
  },
  {
    id: "since",
    label: "For",
    width: "4.5rem",
    align: "end",
    render: (row) => <Age at={row.since} />,
    sortBy: (row) => -row.since,
  },
];
