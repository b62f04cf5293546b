/** The columns of the table of instances. */

import { agentPath, taskPath } from "../model/places";
import type { AppRow, InstanceRow } from "../model/rows";
import { Age } from "../parts/age";
import { SafeLink } from "../parts/link";
import { StateWord } from "../parts/state_word";
import type { Column } from "../parts/window_table";
import { isOld } from "./effects";
import { readTaskId, shortId } from "./task_ids";

/** What is marked, and how that is changed; without `toggle` nothing can be. */
interface Marks {
  readonly app: AppRow;
  readonly framework: string | undefined;
  readonly chosen: ReadonlySet<string>;
  readonly toggle: ((id: string) => void) | undefined;
}

/** All columns; what differs from app to app is drawn anew. */
export function instanceColumns(marks: Marks): Column<InstanceRow>[] {
  return [idColumn(marks), ...STANDING, versionColumn(marks.app), AGE];
}

function idColumn({ app, framework, chosen, toggle }: Marks): Column<InstanceRow> {
  return {
    id: "id",
    label: "Instance",
    width: "minmax(9rem, 2fr)",
    render: (row) => (
      <span class="row tight">
        {toggle && (
          <input
            type="checkbox"
            aria-label={`Mark ${row.id}`}
            checked={chosen.has(row.id)}
            onInput={() => toggle(row.id)}
          />
        )}
        <TaskLinks app={app} row={row} framework={framework} />
      </span>
    ),
    sortBy: (row) => row.id,
  };
}

const STANDING: readonly Column<InstanceRow>[] = [
  {
    id: "condition",
    label: "Condition",
    width: "9rem",
    render: (row) => (
      <span class="row tight">
        <StateWord state={row.condition} />
      </span>
    ),
    sortBy: (row) => row.condition,
    hideBelow: 480,
    below: true,
  },
  {
    id: "health",
    label: "Health",
    width: "8rem",
    render: (row) => <Health row={row} />,
    sortBy: (row) => row.health,
    hideBelow: 640,
    below: true,
  },
  {
    id: "host",
    label: "Host",
    width: "minmax(6rem, 1.8fr)",
    render: (row) =>
      row.agent ? <a href={agentPath(row.agent)}>{row.host ?? row.agent}</a> : <span class="muted">none yet</span>,
    sortBy: (row) => row.host,
    hideBelow: 380,
    below: true,
  },
  { id: "ports", label: "Ports", width: "minmax(6rem, 1fr)", render: (row) => <Ports row={row} />, hideBelow: 760 },
];

function versionColumn(app: AppRow): Column<InstanceRow> {
  return {
    id: "version",
    label: "Version",
    width: "7rem",
    render: (row) => (
      <span class={isOld(app, row) ? "tone-warn" : "muted"} title={row.version}>
        {isOld(app, row) ? "old" : "current"}
      </span>
    ),
    sortBy: (row) => row.version,
    hideBelow: 900,
  };
}

const AGE: Column<InstanceRow> = {
  id: "age",
  label: "Age",
  width: "6rem",
  render: (row) => <Age at={row.started ?? row.since} />,
  sortBy: (row) => row.started ?? row.since,
  hideBelow: 560,
  align: "end",
};

/** A part that tells instances apart, and leads to the task; of a pod one link for each container. */
function TaskLinks({ app, row, framework }: { app: AppRow; row: InstanceRow; framework: string | undefined }) {
  const name = (task: string) => readTaskId(task)?.container ?? shortId(row.id);
  return (
    <>
      {app.kind === "pod" && row.tasks.length > 0 && <code title={row.id}>{shortId(row.id)}</code>}
      {row.tasks.map((task) =>
        framework === undefined ? (
          <code key={task}>{name(task)}</code>
        ) : (
          <a key={task} href={taskPath(framework, task)} title={task}>
            <code>{name(task)}</code>
          </a>
        ),
      )}
      {row.tasks.length === 0 && <code title={row.id}>{shortId(row.id)}</code>}
    </>
  );
}

function Health({ row }: { row: InstanceRow }) {
  if (row.health === "healthy" || row.health === "unhealthy")
    return (
      <span class="row tight">
        <StateWord state={row.health} />
      </span>
    );
  return <span class="muted">{row.health === "unchecked" ? "not checked" : "not known yet"}</span>;
}

function Ports({ row }: { row: InstanceRow }) {
  return (
    <span class="row tight">
      {row.ports.map((port) => (
        <SafeLink key={port} href={`http://${row.host}:${port}`}>
          {port}
        </SafeLink>
      ))}
    </span>
  );
}
