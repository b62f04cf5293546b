/** The columns of agents wherever they stand as a table. */

import { share, valueText } from "../model/amounts";
import type { AgentRow } from "../model/rows";
import { Age } from "../parts/age";
import { Bar } from "../parts/bar";
import { StateWord } from "../parts/state_word";
import type { Column } from "../parts/window_table";

/** Attributes on one line: "rack:r1 ssd:yes". */
export function attributesText(agent: AgentRow): string {
  return Object.entries(agent.attributes)
    .map(([name, value]) => `${name}:${value}`)
    .join(" ");
}

function resource(name: string, hideBelow: number): Column<AgentRow> {
  return {
    id: name,
    label: name,
    width: "minmax(7rem, 1fr)",
    hideBelow,
    sortBy: (agent) => share(agent.allocated[name], agent.total[name]),
    render: (agent) => <ResourceCell agent={agent} name={name} />,
  };
}

function ResourceCell({ agent, name }: { agent: AgentRow; name: string }) {
  const total = agent.total[name] ?? 0;
  const used = agent.used?.[name];
  return (
    <span class="cell-bar">
      <Bar
        name={name}
        total={total}
        parts={[
          { label: "allocated", value: agent.allocated[name] ?? 0, token: "allocated" },
          { label: "offered", value: agent.offered[name] ?? 0, token: "offered" },
        ]}
        marks={used === undefined ? [] : [{ label: "used", value: used, token: "used" }]}
      />
      <small class="muted num">
        {valueText(name, agent.allocated[name] ?? 0)} of {valueText(name, total)}
      </small>
    </span>
  );
}

export const AGENT_COLUMNS: readonly Column<AgentRow>[] = [
  {
    id: "host",
    label: "Host",
    width: "minmax(9rem, 1.5fr)",
    sortBy: (row) => row.hostname,
    render: (row) => row.hostname,
  },
  {
    id: "state",
    label: "State",
    width: "8.5rem",
    sortBy: (row) => row.state,
    render: (row) => <StateWord state={row.state} why={row.why} />,
  },
  {
    id: "attributes",
    label: "Attributes",
    width: "minmax(8rem, 1.5fr)",
    hideBelow: 700,
    below: true,
    sortBy: attributesText,
    render: (row) => <span title={attributesText(row)}>{attributesText(row)}</span>,
  },
  resource("cpus", 560),
  resource("mem", 880),
  resource("disk", 1100),
  { id: "tasks", label: "Tasks", width: "4rem", align: "end", sortBy: (row) => row.tasks, render: (row) => row.tasks },
  {
    id: "since",
    label: "Here for",
    width: "6rem",
    align: "end",
    hideBelow: 980,
    sortBy: (row) => -(row.reregistered ?? row.registered),
    render: (row) => <Age at={row.reregistered ?? row.registered} />,
  },
];
