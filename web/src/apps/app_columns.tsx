/** The columns of the table of apps, whose rows are groups too. */

import { mebibytesText, numberText } from "../model/amounts";
import { appPath } from "../model/places";
import { Icon } from "../parts/icon";
import { StateWord } from "../parts/state_word";
import type { Column } from "../parts/window_table";
import { proposeDeleteGroup } from "./group_orders";
import { HealthBar } from "./health_bar";
import type { TreeRow } from "./tree";

/** What each sentence of a waiting app begins with: in a list there is room for the reason alone. */
const NO_PLACE = /^\d+ of \d+ offered agents can't take one: /;

type Sortable = Column<TreeRow> & { readonly sortBy: NonNullable<Column<TreeRow>["sortBy"]> };

/** All columns; a tree is in its own order. */
export function appColumns(isFlat: boolean, toggle: (id: string) => void, canChange: boolean): Column<TreeRow>[] {
  const columns = [nameColumn(toggle, canChange), ...COLUMNS];
  return isFlat ? columns : columns.map(({ sortBy, ...column }) => column);
}

function nameColumn(toggle: (id: string) => void, canChange: boolean): Sortable {
  return {
    id: "name",
    label: "App",
    width: "minmax(10rem, 1.6fr)",
    isApart: true,
    render: (row) => <Name row={row} toggle={toggle} canChange={canChange} />,
    sortBy: (row) => row.name,
  };
}

const COLUMNS: readonly Sortable[] = [
  {
    id: "status",
    label: "Status",
    width: "minmax(8rem, 3.4fr)",
    render: (row) => <Status row={row} />,
    sortBy: (row) => row.app?.status,
    hideBelow: 420,
    below: true,
  },
  {
    id: "health",
    label: "Health",
    width: "minmax(5rem, 0.8fr)",
    render: (row) => <HealthBar totals={row.totals} />,
    sortBy: (row) => row.totals.unhealthy,
    hideBelow: 620,
  },
  {
    id: "instances",
    label: "Running",
    width: "5.5rem",
    align: "end",
    render: ({ totals }) => <span class="num">{`${totals.running}/${totals.wanted}`}</span>,
    sortBy: (row) => row.totals.wanted,
    hideBelow: 340,
    below: true,
  },
  {
    id: "cpus",
    label: "cpus",
    width: "4.5rem",
    align: "end",
    render: ({ totals }) => <span class="num">{numberText(totals.cpus)}</span>,
    sortBy: (row) => row.totals.cpus,
    hideBelow: 760,
  },
  {
    id: "mem",
    label: "mem",
    width: "6rem",
    align: "end",
    render: ({ totals }) => <span class="num">{mebibytesText(totals.mem)}</span>,
    sortBy: (row) => row.totals.mem,
    hideBelow: 760,
  },
  {
    id: "runs",
    label: "Runs",
    width: "minmax(6rem, 1fr)",
    render: ({ app }) => <code title={app?.runs}>{app?.runs}</code>,
    sortBy: (row) => row.app?.runs,
    hideBelow: 1100,
  },
];

interface NameProps {
  readonly row: TreeRow;
  readonly toggle: (id: string) => void;
  readonly canChange: boolean;
}

function Name({ row, toggle, canChange }: NameProps) {
  const indent = { paddingInlineStart: `${row.depth * 18 + (row.app && row.depth ? 22 : 0)}px` };
  if (row.app) {
    return (
      <span style={indent}>
        <a href={appPath(row.id)} title={row.id}>
          {row.name}
        </a>{" "}
        {row.app.kind === "pod" && <span class="chip">pod</span>}
      </span>
    );
  }
  return <GroupName {...{ row, toggle, canChange, indent }} />;
}

function GroupName({ row, toggle, canChange, indent }: NameProps & { indent: Readonly<Record<string, string>> }) {
  const { id, name, isOpen, totals, dependencies = [] } = row;
  return (
    <span class="row tight nowrap" style={indent}>
      <button
        type="button"
        class="plain fold"
        aria-expanded={isOpen}
        aria-label={`Group ${id}`}
        onClick={() => toggle(id)}
      >
        <Icon name={isOpen ? "down" : "right"} /> <strong>{name}</strong>
      </button>
      <span class="muted small num">
        {totals.apps === 0 ? "empty" : `${totals.apps} ${totals.apps === 1 ? "app" : "apps"}`}
      </span>
      {dependencies.length > 0 && <span class="muted small">after {dependencies.join(", ")}</span>}
      {totals.apps === 0 && canChange && (
        <button
          type="button"
          class="plain icon"
          aria-label={`Delete the empty group ${id}`}
          title="Delete"
          onClick={() => proposeDeleteGroup(id)}
        >
          <Icon name="cross" />
        </button>
      )}
    </span>
  );
}

function Status({ row }: { row: TreeRow }) {
  if (row.app) {
    return (
      <span class="row tight nowrap">
        <StateWord state={row.app.status} why={row.app.why} />
        {row.app.why && (
          <span class="muted small clip" title={row.app.why}>
            {row.app.why.replace(NO_PLACE, "")}
          </span>
        )}
      </span>
    );
  }
  return (
    <span class="row tight nowrap">
      {Object.entries(row.statuses ?? {}).map(([status, count]) => (
        <StateWord key={status} state={status} word={`${count} ${status.toLowerCase()}`} />
      ))}
    </span>
  );
}
