/** All frameworks: what each holds, is offered and answers; search and state stand in the URL. */

import { useMemo } from "preact/hooks";

import { useTable } from "../live/live";
import { frameworkPath } from "../model/places";
import type { FrameworkRow } from "../model/rows";
import { Age } from "../parts/age";
import { AmountsLine } from "../parts/amount";
import { Empty, NotYet } from "../parts/empty";
import { Choice, SearchField, useQuery } from "../parts/field";
import { Screen } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { type Column, WindowTable } from "../parts/window_table";
import { liveTasks, matchesFramework } from "./framework_words";

const STATES = [
  { value: "", label: "any but completed" },
  ...["active", "inactive", "disconnected", "recovered", "completed"].map((state) => ({ value: state, label: state })),
];

export function FrameworksScreen() {
  const frameworks = useTable("frameworks");
  const text = useQuery("search");
  const state = useQuery("state");
  const rows = useMemo(
    () =>
      [...frameworks.rows.values()].filter(
        (row) => (state === "" ? row.state !== "completed" : row.state === state) && matchesFramework(row, text),
      ),
    [frameworks.version, text, state],
  );
  return (
    <Screen title="Frameworks" beside={frameworks.ready && <span class="muted num">{rows.length}</span>}>
      <div class="stack">
        <div class="row">
          <SearchField label="Search frameworks" placeholder="id, name, role, host" />
          <Choice name="state" label="State" options={STATES} />
        </div>
        {frameworks.ready ? (
          <WindowTable
            label="Frameworks"
            rows={rows}
            columns={COLUMNS}
            rowKey={(row) => row.id}
            rowHref={(row) => frameworkPath(row.id)}
            initialSort="name"
            empty={<NoFrameworks isFiltered={frameworks.rows.size > 0} />}
          />
        ) : (
          <NotYet table="frameworks" />
        )}
      </div>
    </Screen>
  );
}

function NoFrameworks({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered)
    return <Empty title="No framework is like that">Take away the filter, or a word of the search.</Empty>;
  return <Empty title="No frameworks yet">Start Marathon, or one of your own: koinon framework new.</Empty>;
}

/** "3 running, 1 staging": of those that are not over. */
export function tasksText(row: FrameworkRow): string {
  const parts = ["RUNNING", "STAGING", "STARTING", "KILLING", "UNREACHABLE"]
    .map((state) => [state.toLowerCase(), row.tasks[`TASK_${state}`] ?? 0] as const)
    .filter(([, count]) => count > 0);
  return parts.map(([state, count]) => `${count} ${state}`).join(", ") || "none";
}

const offered = (name: string) => (row: FrameworkRow) => row.offers[name] ?? 0;

const COLUMNS: readonly Column<FrameworkRow>[] = [
  {
    id: "name",
    label: "Framework",
    width: "minmax(8rem, 1.5fr)",
    render: (row) => row.name,
    sortBy: (row) => row.name,
  },
  {
    id: "id",
    label: "Id",
    width: "3.5rem",
    hideBelow: 1240,
    render: (row) => <code title={row.id}>{row.id.slice(-4)}</code>,
    sortBy: (row) => row.id,
  },
  {
    id: "state",
    label: "State",
    width: "8rem",
    render: (row) => <StateWord state={row.state} />,
    sortBy: (row) => row.state,
  },
  {
    id: "roles",
    label: "Roles",
    width: "minmax(5rem, 1fr)",
    hideBelow: 640,
    render: (row) => <Roles row={row} />,
    sortBy: (row) => row.roles.join(),
  },
  {
    id: "allocated",
    label: "Holds",
    width: "minmax(11rem, 1.3fr)",
    hideBelow: 720,
    below: true,
    render: (row) => <AmountsLine amounts={row.allocated} only={["cpus", "mem", "gpus"]} />,
    sortBy: (row) => row.allocated.cpus ?? 0,
  },
  {
    id: "offered",
    label: "Is offered",
    width: "minmax(11rem, 1.3fr)",
    hideBelow: 980,
    render: (row) => <AmountsLine amounts={row.offered} only={["cpus", "mem", "gpus"]} />,
    sortBy: (row) => row.offered.cpus ?? 0,
  },
  {
    id: "tasks",
    label: "Tasks",
    width: "minmax(5.5rem, 1fr)",
    hideBelow: 460,
    below: true,
    render: (row) => <span title={tasksText(row)}>{tasksText(row)}</span>,
    sortBy: liveTasks,
  },
  {
    id: "sent",
    label: "Offers",
    width: "4.5rem",
    align: "end",
    hideBelow: 1240,
    render: offered("sent"),
    sortBy: offered("sent"),
  },
  {
    id: "accepted",
    label: "Accepted",
    width: "5.5rem",
    align: "end",
    hideBelow: 1240,
    render: offered("accepted"),
    sortBy: offered("accepted"),
  },
  {
    id: "declined",
    label: "Declined",
    width: "5.5rem",
    align: "end",
    hideBelow: 1240,
    render: offered("declined"),
    sortBy: offered("declined"),
  },
  {
    id: "for",
    label: "For",
    width: "4.5rem",
    align: "end",
    render: (row) => <Age at={row.reregistered ?? row.registered} />,
    sortBy: (row) => -(row.reregistered ?? row.registered),
  },
];

function Roles({ row }: { row: FrameworkRow }) {
  return (
    <>
      {row.roles.map((role, index) => (
        <span key={role} title={row.suppressed.includes(role) ? "wants no offers: suppressed" : undefined}>
          {index > 0 && ", "}
          {row.suppressed.includes(role) ? <s>{role}</s> : role}
        </span>
      ))}
    </>
  );
}
