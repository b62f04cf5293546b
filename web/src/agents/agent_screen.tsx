/** One agent: what it is, what it has, who holds it, what runs there, and the orders about it. */

import { useMemo } from "preact/hooks";

import { may, type Right } from "../ask/rights";
import { useRow, useTable } from "../live/live";
import { momentText } from "../model/ages";
import { pathTo } from "../shell/router";
import { frameworkPath } from "../model/places";
import type { AgentRow, TaskRow } from "../model/rows";
import { Age } from "../parts/age";
import { AmountsLine } from "../parts/amount";
import { Barred } from "../parts/barred";
import { Copy } from "../parts/copy";
import { Empty, NotYet } from "../parts/empty";
import { Icon } from "../parts/icon";
import { Facts, Panel, Screen } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { Tabs } from "../parts/tabs";
import { useKeys } from "../shell/keys";
import {
  proposeAbsence,
  proposeDeactivate,
  proposeDown,
  proposeDrain,
  proposeGone,
  proposeNoAbsence,
  proposeReactivate,
} from "./agent_dialogs";
import { AgentResources, Reserved } from "./agent_resources";
import { AgentTasks } from "./agent_tasks";
import { isLive } from "./drain_effect";

const UP = { href: pathTo("agents"), label: "Agents" };
const RIGHTS: readonly Right[] = [
  "drain_agents",
  "deactivate_agents",
  "reactivate_agents",
  "mark_agents_gone",
  "maintenance",
];

export function AgentScreen({ id }: { id: string }) {
  const agent = useRow("agents", id);
  const { ready } = useTable("agents");
  if (agent === undefined) {
    return (
      <Screen title={id} up={UP}>
        {ready ? (
          <Empty title="No such agent now">
            It was marked gone, is down for maintenance, or never was. <a href={pathTo("agents")}>See all agents</a>.
          </Empty>
        ) : (
          <NotYet table="agents" />
        )}
      </Screen>
    );
  }
  return <KnownAgent agent={agent} />;
}

function KnownAgent({ agent }: { agent: AgentRow }) {
  const tasks = useTable("tasks");
  const here = useMemo(
    () => [...tasks.rows.values()].filter((task) => task.agent === agent.id),
    [tasks.version, agent.id],
  );
  const live = useMemo(() => here.filter(isLive), [here]);
  return (
    <Screen
      title={agent.hostname}
      up={UP}
      beside={<StateWord state={agent.state} why={agent.why} />}
      actions={<Orders agent={agent} />}
    >
      <Standing agent={agent} live={live} />
      <div class="columns agent-top">
        <Panel title="Resources">
          <AgentResources agent={agent} />
        </Panel>
        <Panel title="Agent">
          <Identity agent={agent} />
        </Panel>
      </div>
      <Tabs
        label="Of this agent"
        tabs={[
          {
            id: "tasks",
            label: "Tasks",
            count: live.length,
            render: () => <AgentTasks tasks={here} ready={tasks.ready} />,
          },
          { id: "frameworks", label: "Frameworks", render: () => <Frameworks tasks={live} /> },
          { id: "reserved", label: "Reservations and volumes", render: () => <Reserved agent={agent} /> },
        ]}
      />
    </Screen>
  );
}

/** What is special about it now: a drain and how far it is, a planned absence, a broken link. */
function Standing({ agent, live }: { agent: AgentRow; live: readonly TaskRow[] }) {
  const { drain, unavailable } = agent;
  const isDraining = agent.state === "draining";
  return (
    <>
      {agent.why && (
        <div class={`callout tone-${isDraining ? "move" : "warn"}`} role="status">
          <Icon name={isDraining ? "arrow" : "alert"} />
          <div>
            {agent.why}.{isDraining && ` ${drainWords(live)}`}
            {drain?.gone && " It is marked gone once it is empty."}
            {drain?.began !== undefined && (
              <span class="muted">
                {" "}
                Begun <Age at={drain.began} ago />
                {drain.grace !== undefined && `, at most ${drain.grace} s for a task to end`}.
              </span>
            )}
          </div>
        </div>
      )}
      {unavailable && (
        <div class="callout tone-warn">
          <Icon name="clock" />
          <div>
            Maintenance is planned from {momentText(unavailable.begins)}
            {unavailable.ends === undefined ? ", for good" : ` to ${momentText(unavailable.ends)}`} (
            <Age at={unavailable.begins} ago />
            ).
          </div>
        </div>
      )}
    </>
  );
}

function drainWords(live: readonly TaskRow[]): string {
  if (live.length === 0) return "No task is left.";
  const killing = live.filter((task) => task.state === "TASK_KILLING").length;
  const left = live.length === 1 ? "1 task is left" : `${live.length} tasks are left`;
  return killing > 0 ? `${left}, ${killing} being killed.` : `${left}.`;
}

function Identity({ agent }: { agent: AgentRow }) {
  const attributes = Object.entries(agent.attributes);
  return (
    <Facts
      facts={[
        [
          "Id",
          <span>
            <code>{agent.id}</code> <Copy text={agent.id} what="the agent's id" />
          </span>,
        ],
        ["Address", agent.ip && `${agent.ip}:${agent.port}`],
        ["Region", agent.domain?.region],
        ["Zone", agent.domain?.zone],
        ["Here for", agent.registered ? <Age at={agent.reregistered ?? agent.registered} /> : ""],
        ["Version", agent.version],
        ["Attributes", attributes.length > 0 && <Attributes attributes={attributes} />],
      ]}
    />
  );
}

/** Each leads to the agents that have the same. */
function Attributes({ attributes }: { attributes: readonly (readonly [string, string])[] }) {
  return (
    <span class="row">
      {attributes.map(([name, value]) => (
        <a key={name} class="chip" href={pathTo("agents", { search: `${name}:${value}` })}>
          <b>{name}</b> {value}
        </a>
      ))}
    </span>
  );
}

function Frameworks({ tasks }: { tasks: readonly TaskRow[] }) {
  const rows = useTable("frameworks").rows;
  const counts = new Map<string, number>();
  for (const task of tasks) counts.set(task.framework, (counts.get(task.framework) ?? 0) + 1);
  if (counts.size === 0) return <Empty title="No framework has a task here" />;
  return (
    <Panel title="Frameworks with tasks here">
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">Framework</th>
            <th scope="col">State</th>
            <th scope="col" class="end">
              Tasks here
            </th>
            <th scope="col">Holds in all</th>
          </tr>
        </thead>
        <tbody>
          {[...counts].map(([id, count]) => {
            const row = rows.get(id);
            return (
              <tr key={id}>
                <td>
                  <a href={frameworkPath(id)}>{row?.name ?? id}</a>
                </td>
                <td>{row && <StateWord state={row.state} />}</td>
                <td class="end">{count}</td>
                <td>{row && <AmountsLine amounts={row.allocated} only={["cpus", "mem"]} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Panel>
  );
}

interface OrderButton {
  readonly label: string;
  readonly is: boolean;
  readonly act: () => void;
  readonly danger?: boolean;
}

function Orders({ agent }: { agent: AgentRow }) {
  const { state, unavailable } = agent;
  const canLeave = state !== "draining" && state !== "drained";
  const orders: readonly OrderButton[] = [
    { label: "Drain …", is: may("drain_agents") && canLeave, act: () => proposeDrain(agent, may("mark_agents_gone")) },
    { label: "Deactivate …", is: may("deactivate_agents") && state === "active", act: () => proposeDeactivate(agent) },
    {
      label: "Reactivate …",
      is: may("reactivate_agents") && (state === "deactivated" || state === "drained"),
      act: () => proposeReactivate(agent),
    },
    {
      label: unavailable ? "Change maintenance …" : "Plan maintenance …",
      is: may("maintenance") && state !== "unreachable",
      act: () => proposeAbsence(agent),
    },
    { label: "Cancel maintenance …", is: may("maintenance") && !!unavailable, act: () => proposeNoAbsence(agent) },
    { label: "Start maintenance …", is: may("maintenance") && !!unavailable, act: () => proposeDown(agent) },
    { label: "Mark gone …", is: may("mark_agents_gone"), act: () => proposeGone(agent), danger: true },
  ];
  const shown = orders.filter((order) => order.is);
  const first = shown[0];
  useKeys(first ? { x: { label: first.label, act: first.act } } : {}, [agent, first?.label]);
  return (
    <>
      {shown.map((order) => (
        <button key={order.label} type="button" class={order.danger ? "plain tone-bad" : ""} onClick={order.act}>
          {order.label}
        </button>
      ))}
      <Barred rights={RIGHTS} what="of this agent" />
    </>
  );
}
