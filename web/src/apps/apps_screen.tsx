/** All apps and pods, as a tree of groups or side by side; what is looked for stands in the URL. */

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { may } from "../ask/rights";
import { useTable } from "../live/live";
import { mebibytesText, numberText } from "../model/amounts";
import { appPath } from "../model/places";
import { Barred } from "../parts/barred";
import { Empty, NotYet } from "../parts/empty";
import { Choice, SearchField, useQuery } from "../parts/field";
import { Icon } from "../parts/icon";
import { Screen } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { type Column, WindowTable } from "../parts/window_table";
import { pathTo } from "../shell/router";
import { proposeDeleteGroup, proposeGroup } from "./group_orders";
import { HealthBar } from "./health_bar";
import { flatRows, matches, type TreeRow, treeRows } from "./tree";

/** What each sentence of a waiting app begins with: in a list there is room for the reason alone. */
const NO_PLACE = /^\d+ of \d+ offered agents can't take one: /;
const KEPT = "koinon.apps.folded";
/** Up to so many apps, groups begin open. */
const MOST_OPEN = 100;

const options = (words: string, all: string) => [
  { value: "", label: all },
  ...words.split(" ").map((value) => ({ value, label: value[0]?.toUpperCase() + value.slice(1) })),
];
const STATUSES = options("Running Deploying Waiting Delayed Suspended", "any");
const HEALTH = options("healthy unhealthy unknown unchecked", "any");
const VIEWS = [
  { value: "", label: "Groups" },
  { value: "flat", label: "Flat list" },
];

export function AppsScreen() {
  const apps = useTable("apps");
  const groups = useTable("groups");
  const filter = {
    search: useQuery("search"),
    status: useQuery("status"),
    label: useQuery("label"),
    health: useQuery("health"),
  };
  const isFlat = useQuery("view") === "flat";
  const isFiltered = Object.values(filter).some(Boolean);
  const folds = useFolds(apps.rows.size <= MOST_OPEN);
  const found = useMemo(
    () => (isFiltered ? [...apps.rows.values()].filter((app) => matches(app, filter)) : [...apps.rows.values()]),
    [apps.version, ...Object.values(filter)],
  );
  const rows = useMemo(() => {
    if (isFlat) return flatRows(found);
    return treeRows(found, isFiltered ? [] : groups.rows.values(), isFiltered ? () => true : folds.isOpen);
  }, [found, groups.version, isFlat, isFiltered, folds.version]);
  const canChange = may("update_apps");
  const columns = useMemo(() => columnsOf(isFlat, folds.toggle, canChange), [isFlat, folds.toggle, canChange]);
  const labels = useMemo(() => labelOptions(apps.rows.values(), filter.label), [apps.version, filter.label]);
  return (
    <Screen
      title="Apps"
      beside={apps.ready && <Count all={apps.rows.size} found={found.length} />}
      actions={<Buttons />}
    >
      <div class="row filters">
        <SearchField label="Search apps" placeholder="id, image, command or label" />
        <Choice name="status" label="Status" options={STATUSES} />
        <Choice name="health" label="Health" options={HEALTH} />
        {labels.length > 1 && <Choice name="label" label="Label" options={labels} />}
        <Choice name="view" label="View" options={VIEWS} />
      </div>
      {apps.ready && groups.ready ? (
        <WindowTable
          key={isFlat}
          label="Apps"
          rows={rows}
          columns={columns}
          rowKey={(row) => (row.app ? row.id : `${row.id}/`)}
          rowHref={hrefOf}
          initialSort={isFlat ? "name" : ""}
          empty={<Nothing isFiltered={isFiltered} />}
        />
      ) : (
        <NotYet table="apps" />
      )}
    </Screen>
  );
}

function hrefOf(row: TreeRow): string {
  return row.app ? appPath(row.id) : pathTo("apps", { search: `${row.id}/` });
}

function Count({ all, found }: { all: number; found: number }) {
  return <span class="chip num">{found === all ? all : `${found} of ${all}`}</span>;
}

function Buttons() {
  if (!may("create_apps")) return <Barred rights={["create_apps"]} what="apps" />;
  return (
    <>
      <button type="button" onClick={proposeGroup}>
        New group
      </button>
      <a class="button" href={pathTo("apps", "new")}>
        <Icon name="plus" /> New app
      </a>
    </>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <Empty title="No app is like that">
        <a href={pathTo("apps")}>Show all apps</a>
      </Empty>
    );
  }
  return (
    <Empty title="No app runs here yet">
      {may("create_apps") && (
        <p>
          <a href={pathTo("apps", "new")}>Create one by a form or by its JSON</a>, or <code>koinon app add FILE</code>.
        </p>
      )}
    </Empty>
  );
}

/** Labels by their frequency, as choices. */
function labelOptions(apps: Iterable<{ labels: Readonly<Record<string, string>> }>, chosen: string) {
  const counts = new Map<string, number>();
  for (const { labels } of apps) {
    for (const [name, value] of Object.entries(labels)) {
      counts.set(`${name}=${value}`, (counts.get(`${name}=${value}`) ?? 0) + 1);
    }
  }
  const names = [...counts]
    .sort((one, other) => other[1] - one[1])
    .slice(0, 50)
    .map(([name]) => name);
  if (chosen && !names.includes(chosen)) names.unshift(chosen);
  return [{ value: "", label: "any" }, ...names.map((value) => ({ value, label: value }))];
}

/** Which groups are folded, for as long as the tab lives: those that are not as they began. */
function useFolds(isOpenAtFirst: boolean) {
  const changed = useSignal<ReadonlySet<string>>(new Set(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]")));
  const now = changed.value;
  return useMemo(() => {
    const isOpen = (id: string) => now.has(id) !== isOpenAtFirst;
    const toggle = (id: string) => {
      const next = new Set(now);
      if (!next.delete(id)) next.add(id);
      changed.value = next;
      sessionStorage.setItem(KEPT, JSON.stringify([...next]));
    };
    return { isOpen, toggle, version: isOpen };
  }, [now, isOpenAtFirst]);
}

function columnsOf(isFlat: boolean, toggle: (id: string) => void, canChange: boolean): Column<TreeRow>[] {
  const columns: (Column<TreeRow> & { sortBy: NonNullable<Column<TreeRow>["sortBy"]> })[] = [
    {
      id: "name",
      label: "App",
      width: "minmax(10rem, 1.6fr)",
      isApart: true,
      render: (row) => <Name row={row} toggle={toggle} canChange={canChange} />,
      sortBy: (row) => row.name,
    },
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
  // A tree is in its own order.
  return isFlat ? columns : columns.map(({ sortBy, ...column }) => column);
}

function Name({ row, toggle, canChange }: { row: TreeRow; toggle: (id: string) => void; canChange: boolean }) {
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
