/** Machines that are down for maintenance: their agents have no row any more, so that they are asked for by themselves. */

import { useEffect, useState } from "preact/hooks";

import { ask } from "../ask/ask";
import { may } from "../ask/rights";
import { useTable } from "../live/live";
import { Barred } from "../parts/barred";
import { Icon } from "../parts/icon";
import { proposeUp } from "./agent_dialogs";
import { type MachineId, machineText } from "./agent_orders";

interface Status {
  readonly down_machines?: readonly MachineId[];
}

/** Asked again whenever the number of agents changes: a machine that goes down takes its agents along. */
export function Machines() {
  const [down, setDown] = useState<readonly MachineId[]>([]);
  const count = useTable("agents").rows.size;
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    ask<Status>("GET", "cluster/maintenance/status", undefined, leaving.signal)
      .then((answer) => answer.ok && setDown(answer.body.down_machines ?? []))
      .catch(() => undefined);
    return () => leaving.abort();
  }, [count, asked]);
  if (down.length === 0) return null;
  return (
    <div class="callout tone-warn">
      <Icon name="pause" />
      <div>
        <strong>{down.length === 1 ? "1 machine is" : `${down.length} machines are`} down for maintenance</strong>
        <ul class="row machines">
          {down.map((machine) => (
            <li key={machineText(machine)} class="row">
              <span class="wrap">{machineText(machine)}</span>
              {may("maintenance") && (
                <button type="button" onClick={() => proposeUp(machine, () => setAsked((times) => times + 1))}>
                  Stop maintenance
                </button>
              )}
            </li>
          ))}
        </ul>
        <Barred rights={["maintenance"]} what="of machines" />
      </div>
    </div>
  );
}
