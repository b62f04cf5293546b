/** All agents: as a heat map by any attribute, or as a table that says the same. */

import { useMemo } from "preact/hooks";

import { useTable } from "../live/live";
import { percentText } from "../model/amounts";
import { agentPath } from "../model/places";
import type { AgentRow } from "../model/rows";
import { describeState } from "../model/states";
import { Empty, NotYet } from "../parts/empty";
import { Choice, SearchField, useQuery } from "../parts/field";
import { type HeatGroup, HeatMap, HeatScale } from "../parts/heat_map";
import { Panel, Screen } from "../parts/panel";
import { WindowTable } from "../parts/window_table";
import { setQuery } from "../shell/router";
import { type AgentGroup, groupAgents, groupings, matchesAgent, UNGROUPED, usualGrouping } from "./agent_filter";
import { AGENT_COLUMNS } from "./agent_columns";
import { Machines } from "./machines";
import { agentWords, heatLevel, isOff, type Measure, MEASURES, measureAgent, parseMeasure } from "./measures";

/** Beyond so many cells there is no room for a number in each. */
const MAX_NUMBERED = 240;
/** Up to so many there is room for its name, too. */
const MAX_NAMED = 60;
const WIDE = 40;
const NARROW = 26;

export function AgentsScreen() {
  const view = useTable("agents");
  const search = useQuery("search");
  const state = useQuery("state");
  const all = useMemo(() => [...view.rows.values()], [view.version]);
  const agents = useMemo(() => all.filter((agent) => matchesAgent(agent, search, state)), [all, search, state]);
  const names = useMemo(() => groupings(all), [all]);
  const isTable = useQuery("view") === "table";
  const count = agents.length === all.length ? `${all.length}` : `${agents.length} of ${all.length}`;
  return (
    <Screen title="Agents" beside={view.ready && <span class="muted num">{count}</span>}>
      <Machines />
      <div class="row">
        <SearchField label="Find agents" placeholder="Host, id or rack:r1" />
        <Choice name="state" label="State" options={statesOf(all, state)} />
        {!isTable && <Choice name="group" label="Group by" options={groupsOf(names)} />}
        {!isTable && <Choice name="measure" label="Colour by" options={MEASURES} />}
        <span class="actions">
          <ViewSwitch isTable={isTable} />
        </span>
      </div>
      {view.ready ? (
        <Found agents={agents} isTable={isTable} hasAny={all.length > 0} usual={usualGrouping(names)} />
      ) : (
        <NotYet table="agents" />
      )}
    </Screen>
  );
}

interface FoundProps {
  readonly agents: readonly AgentRow[];
  readonly isTable: boolean;
  readonly hasAny: boolean;
  readonly usual: string;
}

function Found({ agents, isTable, hasAny, usual }: FoundProps) {
  if (agents.length === 0) return <NoAgents hasAny={hasAny} />;
  if (!isTable) return <Heat agents={agents} usual={usual} />;
  return (
    <WindowTable
      label="Agents"
      rows={agents}
      columns={AGENT_COLUMNS}
      rowKey={(agent) => agent.id}
      rowHref={(agent) => agentPath(agent.id)}
      initialSort="host"
    />
  );
}

function NoAgents({ hasAny }: { hasAny: boolean }) {
  if (hasAny) return <Empty title="No agent matches">Change the text or the state above.</Empty>;
  return (
    <Empty title="No agent has joined this cluster">
      Start one with <code>koinon-agent --master=…</code>; it appears here as soon as it registers.
    </Empty>
  );
}

function ViewSwitch({ isTable }: { isTable: boolean }) {
  return (
    <span class="segments" role="group" aria-label="Show as">
      <button type="button" aria-pressed={!isTable} onClick={() => setQuery("view", "")}>
        Map
      </button>
      <button type="button" aria-pressed={isTable} onClick={() => setQuery("view", "table")}>
        Table
      </button>
    </span>
  );
}

function Heat({ agents, usual }: { agents: readonly AgentRow[]; usual: string }) {
  const measure = parseMeasure(useQuery("measure"));
  const by = useQuery("group") || usual;
  const groups = groupAgents(agents, by === UNGROUPED ? "" : by);
  const isNumbered = agents.length <= MAX_NUMBERED;
  return (
    <Panel title={`${measure.resource} ${measure.kind}`} actions={<HeatScale off="not active" />}>
      <HeatMap
        label="Agents by how full they are"
        cellWidth={isNumbered ? WIDE : NARROW}
        groups={groups.map((group) => heatGroup(group, measure, isNumbered, agents.length <= MAX_NAMED))}
      />
    </Panel>
  );
}

function heatGroup(group: AgentGroup, measure: Measure, isNumbered: boolean, isNamed: boolean): HeatGroup {
  const values = group.agents.map((agent) => measureAgent(agent, measure));
  const known = values.filter((value) => value !== undefined);
  const mean = known.reduce((sum, value) => sum + value, 0) / (known.length || 1);
  return {
    label: group.label,
    note: `${group.agents.length} ${group.agents.length === 1 ? "agent" : "agents"} · ${known.length > 0 ? percentText(mean) : "–"}`,
    cells: group.agents.map((agent, place) => {
      const value = values[place];
      return {
        key: agent.id,
        href: agentPath(agent.id),
        label: agentWords(agent, measure),
        level: value === undefined || isOff(agent) ? undefined : heatLevel(value),
        ...(isNumbered && value !== undefined ? { text: percentText(value) } : {}),
        ...(isNamed ? { title: agent.hostname } : {}),
        ...(isOff(agent) ? { icon: describeState(agent.state).icon } : {}),
      };
    }),
  };
}

function statesOf(agents: readonly AgentRow[], chosen: string) {
  const states = new Set(agents.map((agent) => agent.state as string));
  if (chosen) states.add(chosen);
  return [{ value: "", label: "any" }, ...[...states].sort().map((state) => ({ value: state, label: state }))];
}

function groupsOf(names: readonly string[]) {
  const usual = usualGrouping(names);
  const others = names.filter((name) => name !== usual).map((name) => ({ value: name, label: name }));
  const nothing = { value: usual && UNGROUPED, label: "nothing" };
  return usual ? [{ value: "", label: usual }, ...others, nothing] : [nothing, ...others];
}
