/** Where nothing is to be seen: why, and what to do next. */

import type { ComponentChildren } from "preact";

import { link } from "../live/live";
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
