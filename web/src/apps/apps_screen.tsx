/** All apps and pods, as a tree of groups or side by side; what is looked for stands in the URL. */

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { may } from "../ask/rights";
import { useTable } from "../live/live";
import { appPath } from "../model/places";
import { toggled } from "../model/sets";
import { Barred } from "../parts/barred";
import { Empty, NotYet } from "../parts/empty";
import { Choice, SearchField, useQuery } from "../parts/field";
import { Icon } from "../parts/icon";
import { Screen } from "../parts/panel";
import { WindowTable } from "../parts/window_table";
import { pathTo } from "../shell/router";
import { appColumns } from "./app_columns";
import { proposeGroup } from "./group_orders";
import { flatRows, matches, type TreeRow, treeRows } from "./tree";

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

/** The rows of the table, as the address asks for them. */
function useFound() {
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
  const labels = useMemo(() => labelOptions(apps.rows.values(), filter.label), [apps.version, filter.label]);
  const isReady = apps.ready && groups.ready;
  return { rows, labels, isReady, isFlat, isFiltered, toggle: folds.toggle, all: apps.rows.size, found: found.length };
}

export function AppsScreen() {
  const { rows, labels, isReady, isFlat, isFiltered, toggle, all, found } = useFound();
  const canChange = may("update_apps");
  const columns = useMemo(() => appColumns(isFlat, toggle, canChange), [isFlat, toggle, canChange]);
  return (
    <Screen title="Apps" beside={isReady && <Count all={all} found={found} />} actions={<Buttons />}>
      <div class="row filters">
        <SearchField label="Search apps" placeholder="id, image, command or label" />
        <Choice name="status" label="Status" options={STATUSES} />
        <Choice name="health" label="Health" options={HEALTH} />
        {labels.length > 1 && <Choice name="label" label="Label" options={labels} />}
        <Choice name="view" label="View" options={VIEWS} />
      </div>
      {isReady ? (
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
      changed.value = toggled(now, id);
      sessionStorage.setItem(KEPT, JSON.stringify([...changed.peek()]));
    };
    return { isOpen, toggle, version: isOpen };
  }, [now, isOpenAtFirst]);
}
