/** The tasks of one agent. */

import { taskPath } from "../model/places";
import type { TaskRow } from "../model/rows";
import { Age } from "../parts/age";
import { AmountsLine } from "../parts/amount";
import { Empty, NotYet } from "../parts/empty";
import { StateWord } from "../parts/state_word";
import { isOver } from "../tasks/master_task";
import { TaskId } from "../tasks/task_columns";
import { type Column, WindowTable } from "../parts/window_table";

const COLUMNS: readonly Column<TaskRow>[] = [
  {
    id: "task",
    label: "Task",
    width: "minmax(10rem, 2fr)",
    sortBy: (row) => row.id,
    render: (row) => <TaskId id={row.id} />,
  },
  {
    id: "state",
    label: "State",
    width: "8rem",
    // What is there comes before what was.
    sortBy: (row) => `${Number(isOver(row.state))}${row.state}`,
    render: (row) => <StateWord state={row.state} why={row.message} />,
  },
  {
    id: "role",
    label: "Role",
    width: "6rem",
    hideBelow: 900,
    below: true,
    sortBy: (row) => row.role,
    render: (row) => row.role,
  },
  {
    id: "resources",
    label: "Asked",
    width: "minmax(9rem, 1fr)",
    hideBelow: 640,
    below: true,
    sortBy: (row) => row.resources["cpus"],
    render: (row) => <AmountsLine amounts={row.resources} only={["cpus", "mem", "gpus"]} />,
  },
  {
    id: "ports",
    label: "Ports",
    width: "7rem",
    hideBelow: 800,
    render: (row) => <span class="num">{row.ports.join(", ")}</span>,
  },
  {
    id: "since",
    label: "For",
    width: "5rem",
    align: "end",
    sortBy: (row) => -row.since,
    render: (row) => <Age at={row.since} />,
  },
];

export function AgentTasks({ tasks, ready }: { tasks: readonly TaskRow[]; ready: boolean }) {
  if (!ready) return <NotYet table="tasks" />;
  return (
    <WindowTable
      label="Tasks of this agent"
      rows={tasks}
      columns={COLUMNS}
      rowKey={(task) => `${task.framework}/${task.id}`}
      rowHref={(task) => taskPath(task.framework, task.id)}
      initialSort="state"
      empty={<Empty title="No task runs here">Its resources are offered to frameworks as they become free.</Empty>}
    />
  );
}
