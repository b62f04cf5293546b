/** Where nothing is to be seen: why, and what to do next. */

import type { ComponentChildren } from "preact";

import { link, useRow } from "../live/live";
import type { TableName } from "../model/rows";

/** `children` say what to do next: a link, a command. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children && <div class="muted">{children}</div>}
    </div>
  );
}

/** In place of rows that have not come yet: that they come, or why they can't be had. */
export function NotYet({ table }: { table: TableName }) {
  const why = link.value.out[table];
  if (why !== undefined) return <Empty title={`The ${table} can't be had now`}>{why}</Empty>;
  return (
    <div class="empty" role="status">
      <p class="muted">Waiting for the {table} …</p>
    </div>
  );
}

/** How many agents a leader that is new still waits for. Until they are back it does not know what runs on them. */
export function useAwaited(): number {
  return useRow("cluster", "cluster")?.agents.recovering ?? 0;
}

/** What is said while agents are awaited. */
export const awaitedText = (count: number): string =>
  `The master leads since a short while ago: ${count} ${count === 1 ? "agent" : "agents"} did not come back to it yet.`;

/** In place of what the master does not know; `children` say why that may be. */
export function Unknown({ what, children }: { what: string; children?: ComponentChildren }) {
  const awaited = useAwaited();
  if (awaited > 0) return <Empty title={`The master knows no such ${what} yet`}>{awaitedText(awaited)}</Empty>;
  return <Empty title={`The master knows no such ${what} (any more)`}>{children}</Empty>;
}
