/** What the jump box can find: every row of every table it reads, and the screens themselves. */

import { useMemo } from "preact/hooks";

import { useTable } from "../live/live";
import type { Findable } from "../model/finding";
import { agentPath, appPath, deploymentPath, frameworkPath, offerPath, rolePath, taskPath } from "../model/places";
import type { Rows } from "../model/rows";

type Made = Omit<Findable, "kind">;

const MAKERS = {
  agents: ["Agents", (row: Rows["agents"]): Made => ({ name: row.hostname, detail: row.id, href: agentPath(row.id) })],
  frameworks: [
    "Frameworks",
    (row: Rows["frameworks"]): Made => ({ name: row.name, detail: row.id, href: frameworkPath(row.id) }),
  ],
  apps: ["Apps", (row: Rows["apps"]): Made => ({ name: row.id, detail: row.status, href: appPath(row.id) })],
  tasks: [
    "Tasks",
    (row: Rows["tasks"]): Made => ({
      name: row.id,
      detail: row.name === row.id ? row.host : `${row.name} on ${row.host}`,
      href: taskPath(row.framework, row.id),
    }),
  ],
  instances: [
    "Instances",
    (row: Rows["instances"]): Made => ({ name: row.id, detail: row.app, href: appPath(row.app) }),
  ],
  deployments: [
    "Deployments",
    (row: Rows["deployments"]): Made => ({ name: row.id, detail: row.apps.join(" "), href: deploymentPath(row.id) }),
  ],
  roles: ["Roles", (row: Rows["roles"]): Made => ({ name: row.role, detail: "", href: rolePath(row.role) })],
  offers: ["Offers", (row: Rows["offers"]): Made => ({ name: row.id, detail: row.host, href: offerPath(row.id) })],
} as const;

const made = new WeakMap<object, Findable>();

/** One item a row, made once. */
function itemOf(kind: string, make: (row: never) => Made, row: object): Findable {
  let item = made.get(row);
  if (item === undefined) {
    item = { kind, ...make(row as never) };
    made.set(row, item);
  }
  return item;
}

/** All that can be found now; the tables are read while the component is mounted. */
export function useFindables(): readonly Findable[] {
  const names = Object.keys(MAKERS) as (keyof typeof MAKERS)[];
  const views = names.map((name) => useTable(name));
  return useMemo(
    () =>
      names.flatMap((name, place) => {
        const [kind, make] = MAKERS[name];
        return [...(views[place]?.rows.values() ?? [])].map((row) => itemOf(kind, make, row));
      }),
    views.map((view) => view.version),
  );
}
