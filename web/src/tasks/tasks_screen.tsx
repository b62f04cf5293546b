/** All tasks of the cluster: ten thousand by window, searched and filtered, what is chosen standing in the URL. */

import { useMemo } from "preact/hooks";

import { useTable } from "../live/live";
import { taskPath } from "../model/places";
import type { FrameworkRow } from "../model/rows";
import { Empty, NotYet } from "../parts/empty";
import { Choice, SearchField, useQuery } from "../parts/field";
import { Icon } from "../parts/icon";
import { Screen } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { WindowTable } from "../parts/window_table";
import { setQuery } from "../shell/router";
import { columnsOf, useFrameworkNames } from "./task_columns";
import { chooseTasks, stateChips } from "./task_filter";

/** What the address asks for, and what there is to choose from. */
function useChosen() {
  const tasks = useTable("tasks");
  const frameworks = useTable("frameworks");
  const filter = {
    text: useQuery("search"),
    state: useQuery("state"),
    framework: useQuery("framework"),
    agent: useQuery("agent"),
  };
  const names = useFrameworkNames(frameworks);
  const chosen = useMemo(
    () => chooseTasks(tasks.rows.values(), filter, frameworks.rows),
    [tasks.version, names, filter.text, filter.state, filter.framework, filter.agent],
  );
  const options = useMemo(
    () => frameworkOptions(frameworks.rows, filter.framework),
    [frameworks.version, filter.framework],
  );
  return { tasks, filter, names, chosen, options };
}

export function TasksScreen() {
  const { tasks, filter, names, chosen, options } = useChosen();
  const columns = useMemo(() => columnsOf(names), [names]);
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
