/** What an agent has, who holds it, what is reserved for whom, and the volumes on it. */

import { useEffect, useState } from "preact/hooks";

import { ask } from "../ask/ask";
import { mebibytesText, resourceNames, valueText } from "../model/amounts";
import type { AgentRow } from "../model/rows";
import { AmountsLine } from "../parts/amount";
import { Bar } from "../parts/bar";
import { Empty } from "../parts/empty";
import { Panel } from "../parts/panel";
import { rolePath } from "../model/places";
import { readVolumes, type Volume } from "./volumes";

export function AgentResources({ agent }: { agent: AgentRow }) {
  const names = resourceNames(agent.total).filter((name) => agent.total[name]);
  return (
    <ul class="stack">
      {names.map((name) => (
        <li key={name}>
          <div class="bar-head">
            <strong>{name}</strong>
            <span class="muted num">
              {valueText(name, Math.max(0, (agent.total[name] ?? 0) - (agent.allocated[name] ?? 0)))} free of{" "}
              {valueText(name, agent.total[name] ?? 0)}
            </span>
          </div>
          <Bar name={name} total={agent.total[name] ?? 0} size="big" legend {...partsOf(agent, name)} />
        </li>
      ))}
    </ul>
  );
}

function partsOf(agent: AgentRow, name: string) {
  const reserved = Object.values(agent.reserved).reduce((sum, amounts) => sum + (amounts[name] ?? 0), 0);
  const used = agent.used?.[name];
  return {
    parts: [
      { label: "allocated", value: agent.allocated[name] ?? 0, token: "allocated" },
      { label: "offered", value: agent.offered[name] ?? 0, token: "offered" },
    ],
    marks: [
      ...(used === undefined ? [] : [{ label: "used", value: used, token: "used" }]),
      ...(reserved === 0 ? [] : [{ label: "reserved", value: reserved, token: "reserved" }]),
    ],
  };
}

export function Reserved({ agent }: { agent: AgentRow }) {
  const { volumes, problem } = useVolumes(agent);
  const roles = Object.entries(agent.reserved);
  if (roles.length === 0 && volumes.length === 0) {
    return (
      <Empty title="Nothing is reserved here">
        All of it is offered to any role. <code>koinon agent reserve</code> keeps a part for one.
      </Empty>
    );
  }
  return (
    <div class="columns">
      <Panel title="Reserved by role">
        <table class="plain-table">
          <tbody>
            {roles.map(([role, amounts]) => (
              <tr key={role}>
                <th scope="row">
                  <a href={rolePath(role)}>{role}</a>
                </th>
                <td>
                  <AmountsLine amounts={amounts} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      <Volumes volumes={volumes} problem={problem} />
    </div>
  );
}

function Volumes({ volumes, problem }: { volumes: readonly Volume[]; problem: string }) {
  return (
    <Panel title="Persistent volumes">
      {problem && <p class="tone-bad">{problem}</p>}
      {volumes.length === 0 && !problem && <p class="muted">None.</p>}
      <table class="plain-table">
        <tbody>
          {volumes.map((volume) => (
            <tr key={volume.role + volume.id}>
              <th scope="row" class="wrap">
                {volume.id}
              </th>
              <td>{volume.role}</td>
              <td class="end">{mebibytesText(volume.size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** Volumes are in no row: they are asked for when the tab is opened, and again when reservations change. */
function useVolumes(agent: AgentRow): { volumes: readonly Volume[]; problem: string } {
  const [found, setFound] = useState({ volumes: [] as readonly Volume[], problem: "" });
  useEffect(() => {
    const leaving = new AbortController();
    ask("GET", `cluster/slaves?slave_id=${encodeURIComponent(agent.id)}`, undefined, leaving.signal)
      .then((answer) =>
        setFound(
          answer.ok
            ? { volumes: readVolumes(answer.body), problem: "" }
            : { volumes: [], problem: answer.error.message },
        ),
      )
      .catch(() => undefined);
    return () => leaving.abort();
  }, [agent.id, JSON.stringify(agent.reserved)]);
  return found;
}
