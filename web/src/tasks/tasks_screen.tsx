/** All tasks of the cluster: ten thousand by window, searched and filtered, what is chosen standing in the URL. */

import { useMemo } from "preact/hooks";

import { useTable } from "../live/live";
import { mebibytesText, numberText } from "../model/amounts";
import { agentPath, frameworkPath, taskPath } from "../model/places";
import type { FrameworkRow, TaskRow } from "../model/rows";
import { Age } from "../parts/age";
import { Empty, NotYet } from "../parts/empty";
import { Choice, SearchField, useQuery } from "../parts/field";
import { Icon } from "../parts/icon";
import { Screen } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { type Column, WindowTable } from "../parts/window_table";
import { setQuery } from "../shell/router";
import { chooseTasks, stateChips } from "./task_filter";

export function TasksScreen() {
  const tasks = useTable("tasks");
  const frameworks = useTable("frameworks");
  const filter = {
    text: useQuery("search"),
    state: useQuery("state"),
    framework: useQuery("framework"),
    agent: useQuery("agent"),
  };
  const chosen = useMemo(
    () => chooseTasks(tasks.rows.values(), filter, frameworks.rows),
    [tasks.version, frameworks.version, filter.text, filter.state, filter.framework, filter.agent],
  );
  const columns = useMemo(() => columnsOf(frameworks.rows), [frameworks.version]);
  const options = useMemo(
    () => frameworkOptions(frameworks.rows, filter.framework),
    [frameworks.version, filter.framework],
  );
  return (
    <Screen title="Tasks" beside={tasks.ready && <span class="muted num">{chosen.rows.length}</span>}>
      <div class="stack">
        <div class="row">
          <SearchField label="Search tasks" placeholder="id, name, host, role, framework" />
          <Choice name="framework" label="Framework" options={options} />
          {filter.agent && <Chosen agent={filter.agent} />}
        </div>
        <StateChips states={chosen.states} chosen={filter.state} />
        {tasks.ready ? (
          <WindowTable
            label="Tasks"
            rows={chosen.rows}
            columns={columns}
            rowKey={(row) => `${row.framework}/${row.id}`}
            rowHref={(row) => taskPath(row.framework, row.id)}
            initialSort="since"
            empty={<NoTasks isFiltered={tasks.rows.size > 0} />}
          />
        ) : (
          <NotYet table="tasks" />
        )}
      </div>
    </Screen>
  );
}

function NoTasks({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No task is like that">Take away a filter, or a word of the search.</Empty>;
  return (
    <Empty title="No tasks yet">
      They come with the first framework that accepts an offer: an app of Marathon, for one.
    </Empty>
  );
}

/** The agent whose tasks are shown, to be taken away. */
function Chosen({ agent }: { agent: string }) {
  return (
    <button type="button" class="chip" onClick={() => setQuery("agent", "")} aria-label={`Not only agent ${agent}`}>
      on agent {agent.slice(-12)} <Icon name="cross" />
    </button>
  );
}

/** How many of each state, each a filter; pressing the chosen one takes it away. */
export function StateChips({ states, chosen }: { states: ReadonlyMap<string, number>; chosen: string }) {
  return (
    <div class="row" role="group" aria-label="States">
      {stateChips(states, chosen).map(({ state, count }) => (
        <button
          key={state}
          type="button"
          class="chip"
          aria-pressed={state === chosen}
          onClick={() => setQuery("state", state === chosen ? "" : state)}
        >
          <StateWord state={state} /> <span class="num">{count}</span>
        </button>
      ))}
    </div>
  );
}

function frameworkOptions(frameworks: ReadonlyMap<string, FrameworkRow>, chosen: string) {
  const rows = [...frameworks.values()].filter((row) => row.state !== "completed" || row.id === chosen);
  const named = rows.map((row) => ({ value: row.id, label: `${row.name} (${row.id.slice(-4)})` }));
  if (chosen && !frameworks.has(chosen)) named.push({ value: chosen, label: chosen });
  return [{ value: "", label: "all" }, ...named.sort((one, other) => one.label.localeCompare(other.label))];
}

/** An id that is cut in its middle where it is too long: ids of one app differ at their end. */
export function TaskId({ id }: { id: string }) {
  const tail = id.length > 24 ? id.slice(-16) : "";
  return (
    <span class="cut" title={id}>
      <span class="clip">{id.slice(0, id.length - tail.length)}</span>
      <span>{tail}</span>
    </span>
  );
}

/** The columns of a table of tasks; `frameworks` for their names. */
export function columnsOf(frameworks: ReadonlyMap<string, FrameworkRow>): Column<TaskRow>[] {
  const nameOf = (row: TaskRow) => frameworks.get(row.framework)?.name ?? row.framework;
  return [
    {
      id: "id",
      label: "Task",
      width: "minmax(11rem, 4fr)",
      render: (row) => <TaskId id={row.id} />,
      sortBy: (row) => row.id,
    },
    {
      id: "state",
      label: "State",
      width: "minmax(6.5rem, 1fr)",
      render: (row) => <StateWord state={row.state} why={row.message} />,
      sortBy: (row) => row.state,
    },
    {
      id: "health",
      label: "Health",
      width: "6.5rem",
      hideBelow: 900,
      render: (row) => row.healthy !== undefined && <StateWord state={row.healthy ? "healthy" : "unhealthy"} />,
      sortBy: (row) => (row.healthy === undefined ? undefined : Number(row.healthy)),
    },
    {
      id: "framework",
      label: "Framework",
      width: "minmax(5rem, 1fr)",
      hideBelow: 700,
      render: (row) => <a href={frameworkPath(row.framework)}>{nameOf(row)}</a>,
      sortBy: nameOf,
    },
    {
      id: "host",
      label: "Agent",
      width: "minmax(6rem, 1.2fr)",
      hideBelow: 520,
      below: true,
      render: (row) => <a href={agentPath(row.agent)}>{row.host}</a>,
      sortBy: (row) => row.host,
    },
    {
      id: "role",
      label: "Role",
      width: "minmax(4rem, 1fr)",
      hideBelow: 1000,
      render: (row) => row.role,
      sortBy: (row) => row.role,
    },
    {
      id: "cpus",
      label: "cpus",
      width: "4rem",
      align: "end",
      hideBelow: 600,
      render: (row) => numberText(row.resources.cpus ?? 0),
      sortBy: (row) => row.resources.cpus ?? 0,
    },
    {
      id: "mem",
      label: "mem",
      width: "5.5rem",
      align: "end",
      hideBelow: 600,
      render: (row) => mebibytesText(row.resources.mem ?? 0),
      sortBy: (row) => row.resources.mem ?? 0,
    },
    {
      id: "since",
      label: "For",
      width: "4.5rem",
      align: "end",
      render: (row) => <Age at={row.since} />,
      sortBy: (row) => -row.since,
    },
  ];
}
