/** The instances of an app or pod: what runs where and of which version; those that are marked can be killed together. */

import { signal, useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import type { AppRow, InstanceRow } from "../model/rows";
import { toggled } from "../model/sets";
import { Tick } from "../parts/bound";
import { Empty } from "../parts/empty";
import { WindowTable } from "../parts/window_table";
import { count, killEffect } from "./effects";
import { instanceColumns } from "./instance_columns";
import { kill } from "./orders";
import { proposeForApp } from "./propose";

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
    chosen.value = toggled(chosen.peek(), id);
  };
  const marked = instances.filter(({ id }) => chosen.value.has(id));

  const markAll = () => {
    chosen.value = new Set(marked.length === instances.length ? [] : instances.map(({ id }) => id));
  };
  const columns = useMemo(
    () => instanceColumns({ app, framework, chosen: chosen.value, toggle: canKill ? toggle : undefined }),
    [app.version, app.kind, framework, chosen.value, canKill],
  );
  return (
    <div class="stack">
      {canKill && (
        <div class="row">
          <button type="button" disabled={instances.length === 0} onClick={markAll}>
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

function proposeKillOf(app: AppRow, marked: readonly InstanceRow[]): void {
  const scale = signal(false);
  const wipe = signal(false);
  proposeForApp({
    title: `Kill ${count(marked.length)} of ${app.id}`,
    Effect: () => (
      <>
        <p aria-live="polite">{killEffect(app, marked.length, scale.value, wipe.value)}</p>
        {app.kind === "app" && (
          <Tick held={scale} against={wipe}>
            Shrink the app by them, so that none starts again
          </Tick>
        )}
        <Tick held={wipe} against={scale}>
          Delete what they keep on persistent volumes, and free it
        </Tick>
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
