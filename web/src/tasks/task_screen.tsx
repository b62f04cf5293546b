/** One task: where it is, what happened to it, what it uses, what it wrote, and who can end it. */

import { useMemo, useRef } from "preact/hooks";

import { useRights } from "../ask/rights";
import { useRow, useTable } from "../live/live";
import { agentPath, appPath, frameworkPath } from "../model/places";
import type { InstanceRow, TaskRow } from "../model/rows";
import { Age } from "../parts/age";
import { Barred } from "../parts/barred";
import { Copy } from "../parts/copy";
import { awaitedText, Empty, NotYet, Unknown, useAwaited } from "../parts/empty";
import { FileBrowser } from "../parts/file_browser";
import { Icon } from "../parts/icon";
import { LogView } from "../parts/log_view";
import { Screen } from "../parts/panel";
import { usePolled } from "../parts/polled";
import { StateWord } from "../parts/state_word";
import { Tabs } from "../parts/tabs";
import { pathTo } from "../shell/router";
import { type Ending, endingOf } from "./ending";
import { proposeKill } from "./kill_order";
import { type MasterTask, sandboxOf } from "./master_task";
import { TaskOverview } from "./task_overview";

const UP = { href: pathTo("tasks"), label: "Tasks" };

export function TaskScreen({ framework, id }: { framework: string; id: string }) {
  const tasks = useTable("tasks");
  const row = tasks.rows.get(`${framework}/${id}`);
  const asked = `cluster/tasks?${new URLSearchParams({ framework_id: framework, task_id: id })}`;
  const { body, error } = usePolled<{ readonly tasks: readonly MasterTask[] }>(asked, 0, row);
  const found = body?.tasks.find((one) => one.id === id);
  const instance = useInstance(id);
  const awaited = useAwaited();
  // Whoever reads a log reads on while a new leader hears of the task again, and when it is forgotten.
  const task = useKept(found);
  const kept = useKept(row);
  const shown = kept ?? (task && rowOf(task));
  if (shown === undefined) {
    return (
      <Screen title={id} up={UP}>
        {body === undefined && error === undefined ? (
          <NotYet table="tasks" />
        ) : (
          <Unknown what="task">{error?.message ?? "Of tasks that are over it remembers the last ones only."}</Unknown>
        )}
      </Screen>
    );
  }
  const why = awaited > 0 ? awaitedText(awaited) : "The master does not know it any more.";
  const isOld = row === undefined && found === undefined && body !== undefined;
  const problem = isOld ? `${why} This is what was known before.` : error?.message;
  return <KnownTask row={shown} task={task} instance={instance} problem={problem} />;
}

/** A value; in its absence what it was before. */
function useKept<Value>(value: Value | undefined): Value | undefined {
  const before = useRef(value);
  before.current = value ?? before.current;
  return before.current;
}

interface KnownProps {
  readonly row: TaskRow;
  readonly task: MasterTask | undefined;
  readonly instance: InstanceRow | undefined;
  readonly problem: string | undefined;
}

function KnownTask({ row, task, instance, problem }: KnownProps) {
  const framework = useRow("frameworks", row.framework);
  const ending = endingOf(row, framework, instance);
  return (
    <Screen
      title={row.id}
      up={UP}
      beside={
        <>
          <Copy text={row.id} what="the task id" />
          <StateWord state={row.state} />
          {row.healthy !== undefined && <StateWord state={row.healthy ? "healthy" : "unhealthy"} />}
        </>
      }
      actions={ending.by === "marathon" && <KillButton row={row} ending={ending} />}
    >
      <div class="stack">
        <p class="row where">
          <Where row={row} instance={instance} framework={framework?.name ?? row.framework} />
        </p>
        {problem && <p class="tone-bad">{problem}</p>}
        {row.message && <Message row={row} />}
        <TaskTabs row={row} task={task} ending={ending} />
      </div>
    </Screen>
  );
}

function TaskTabs({ row, task, ending }: Pick<KnownProps, "row" | "task"> & { ending: Ending }) {
  const sandbox = task && sandboxOf(task);
  const file = (name: string) => () =>
    sandbox ? (
      <LogView agent={sandbox.agent} path={`${sandbox.path}/${name}`} />
    ) : (
      <Empty title="Asking the master …" />
    );
  return (
    <Tabs
      label="Parts of this task"
      tabs={[
        { id: "overview", label: "Overview", render: () => <TaskOverview row={row} task={task} ending={ending} /> },
        { id: "stdout", label: "stdout", render: file("stdout") },
        { id: "stderr", label: "stderr", render: file("stderr") },
        {
          id: "files",
          label: "Files",
          render: () => sandbox && <FileBrowser agent={sandbox.agent} path={sandbox.path} />,
        },
      ]}
    />
  );
}

/** Everything that it belongs to, as links. */
function Where({ row, instance, framework }: { row: TaskRow; instance: InstanceRow | undefined; framework: string }) {
  return (
    <>
      {instance && (
        <span>
          <Icon name="box" /> app <a href={appPath(instance.app)}>{instance.app}</a>
        </span>
      )}
      <span>
        <Icon name="puzzle" /> framework <a href={frameworkPath(row.framework)}>{framework}</a>
      </span>
      <span>
        <Icon name="server" /> agent <a href={agentPath(row.agent)}>{row.host || row.agent}</a>
      </span>
      <span class="muted">
        <Icon name="clock" /> for <Age at={row.since} />
      </span>
    </>
  );
}

/** What the latest status says besides its state. */
function Message({ row }: { row: TaskRow }) {
  const isBad = /FAILED|ERROR|LOST|DROPPED|GONE|UNREACHABLE/.test(row.state);
  return (
    <div class={`callout ${isBad ? "tone-bad" : "tone-idle"}`}>
      <Icon name={isBad ? "alert" : "dot"} />
      <div class="wrap">
        {row.message}
        {row.reason && <span class="muted small"> {row.reason}</span>}
      </div>
    </div>
  );
}

function KillButton({ row, ending }: { row: TaskRow; ending: Ending & { by: "marathon" } }) {
  const rights = useRights(ending.app);
  if (!rights?.kill_tasks) return <Barred rights={["kill_tasks"]} what="this task" to={rights} />;
  return (
    <button type="button" class="danger" onClick={() => proposeKill(row.id, ending)}>
      Kill
    </button>
  );
}

/** Marathon's instance of a task, where it is one. */
function useInstance(task: string): InstanceRow | undefined {
  const { rows, version } = useTable("instances");
  return useMemo(() => [...rows.values()].find((row) => row.tasks.includes(task)), [version, task]);
}

/** A task that the table has not (any more), as far as the master's answer goes. */
function rowOf(task: MasterTask): TaskRow {
  const last = task.statuses.at(-1);
  const amounts = Object.entries(task.resources).filter(
    (pair): pair is [string, number] => typeof pair[1] === "number",
  );
  return {
    id: task.id,
    name: task.name,
    framework: task.framework_id,
    agent: task.slave_id,
    host: "",
    role: task.role,
    state: task.state,
    resources: Object.fromEntries(amounts),
    ports: [],
    began: task.statuses[0]?.timestamp ?? 0,
    since: last?.timestamp ?? 0,
    ...(last?.message && { message: last.message }),
    ...(last?.reason && { reason: last.reason }),
  };
}
