/** The instances of an app or pod: what runs where and of which version; those that are marked can be killed together. */

import { signal, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { agentPath, taskPath } from "../model/places";
import type { AppRow, InstanceRow } from "../model/rows";
import { Age } from "../parts/age";
import { Empty } from "../parts/empty";
import { SafeLink } from "../parts/link";
import { StateWord } from "../parts/state_word";
import { type Column, WindowTable } from "../parts/window_table";
import { count, isOld, killEffect } from "./effects";
import { kill } from "./orders";
import { proposeForApp } from "./propose";
import { readTaskId, shortId } from "./task_ids";

interface Props {
  readonly app: AppRow;
  readonly instances: readonly InstanceRow[];
  /** Marathon's framework id, once it is known. */
  readonly framework: string | undefined;
  readonly canKill: boolean;
}

export function Instances({ app, instances, framework, canKill }: Props) {
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const toggle = (id: string) => {
    const next = new Set(chosen.peek());
    if (!next.delete(id)) next.add(id);
    chosen.value = next;
  };
  const marked = instances.filter(({ id }) => chosen.value.has(id));

  const columns = useMemo(
    () => columnsOf({ app, framework, chosen: chosen.value, toggle: canKill ? toggle : undefined }),
    [app.version, app.kind, framework, chosen.value, canKill],
  );
  return (
    <div class="stack">
      {canKill && (
        <div class="row">
          <button
            type="button"
            disabled={instances.length === 0}
            onClick={() => {
              chosen.value = marked.length === instances.length ? new Set() : new Set(instances.map(({ id }) => id));
            }}
          >
            {marked.length === instances.length && marked.length > 0 ? "Mark none" : "Mark all"}
          </button>
          <button type="button" disabled={marked.length === 0} onClick={() => proposeKillOf(app, marked)}>
            {marked.length === 0 ? "Kill …" : `Kill ${count(marked.length)} …`}
          </button>
        </div>
      )}
      <WindowTable
        label={`Instances of ${app.id}`}
        rows={instances}
        columns={columns}
        rowKey={(row) => row.id}
        initialSort="host"
        sortName="by"
        empty={<Empty title="No instance">{app.why ?? "Nothing of it is to run."}</Empty>}
      />
    </div>
  );
}

interface Marks {
  readonly app: AppRow;
  readonly framework: string | undefined;
  readonly chosen: ReadonlySet<string>;
  readonly toggle: ((id: string) => void) | undefined;
}

function columnsOf({ app, framework, chosen, toggle }: Marks): Column<InstanceRow>[] {
  const columns: Column<InstanceRow>[] = [
    {
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
    },
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
    {
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
    },
    {
      id: "age",
      label: "Age",
      width: "6rem",
      render: (row) => <Age at={row.started ?? row.since} />,
      sortBy: (row) => row.started ?? row.since,
      hideBelow: 560,
      align: "end",
    },
  ];
  return columns;
}

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

function proposeKillOf(app: AppRow, marked: readonly InstanceRow[]): void {
  const scale = signal(false);
  const wipe = signal(false);
  const box = (held: typeof scale, other: typeof scale, label: string) => (
    <label class="box">
      <input
        type="checkbox"
        checked={held.value}
        onInput={(event) => {
          held.value = event.currentTarget.checked;
          if (held.value) other.value = false;
        }}
      />
      <span>{label}</span>
    </label>
  );
  proposeForApp({
    title: `Kill ${count(marked.length)} of ${app.id}`,
    Effect: () => (
      <>
        <p aria-live="polite">{killEffect(app, marked.length, scale.value, wipe.value)}</p>
        {app.kind === "app" && box(scale, wipe, "Shrink the app by them, so that none starts again")}
        {box(wipe, scale, "Delete what they keep on persistent volumes, and free it")}
      </>
    ),
    confirm: `Kill ${marked.length}`,
    danger: true,
    send: (force) => {
      const ids = app.kind === "pod" ? marked.map(({ id }) => id) : marked.flatMap(({ tasks }) => tasks);
      return kill(app, ids, { scale: scale.peek(), wipe: wipe.peek(), force });
    },
    said: () => `${count(marked.length)} of ${app.id} will be killed`,
  });
}
