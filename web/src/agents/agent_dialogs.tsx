/** The orders about one agent, each with its effect stated before it is given. */

import { type Signal, signal } from "@preact/signals";

import { type Answer, ask } from "../ask/ask";
import { useTable } from "../live/live";
import { momentText } from "../model/ages";
import { parseSpan } from "../model/durations";
import type { AgentRow } from "../model/rows";
import { TextField, Tick } from "../parts/bound";
import { Icon } from "../parts/icon";
import { propose } from "../shell/dialog";
import {
  agentCall,
  call,
  drainCall,
  type MachineId,
  machineText,
  type Schedule,
  scheduledMachine,
  standsOn,
  withAbsence,
  withoutMachine,
} from "./agent_orders";
import { ownersOf, ownerWords } from "./drain_effect";

const MAX_OWNERS = 8;

/** Ask the master. */
export function tellMaster(body: unknown): Promise<Answer<unknown>> {
  return ask("POST", "cluster/api/v1", body);
}

/** Whose tasks run there, and where there is room for them. */
function Affected({ id }: { id: string }) {
  const tasks = useTable("tasks");
  const agents = useTable("agents");
  const frameworks = useTable("frameworks");
  const instances = useTable("instances");
  if (!tasks.ready) return <p class="muted">Looking which tasks run there …</p>;
  const owners = ownersOf(id, tasks.rows.values(), agents.rows, frameworks.rows, instances.rows.values());
  if (owners.length === 0) return <p>No task runs there now.</p>;
  return (
    <>
      <ul>
        {owners.slice(0, MAX_OWNERS).map((owner) => (
          <li key={owner.name} class={owner.roomOn === 0 ? "tone-bad" : ""}>
            {ownerWords(owner)}
          </li>
        ))}
        {owners.length > MAX_OWNERS && <li>and {owners.length - MAX_OWNERS} more</li>}
      </ul>
      <p class="muted small">Room is counted by amounts alone: constraints, roles and quota may forbid an agent.</p>
    </>
  );
}

function SpanField({ label, hint, value }: { label: string; hint: string; value: Signal<string> }) {
  const isWrong = value.value !== "" && parseSpan(value.value) === undefined;
  return <TextField label={label} held={value} hint={hint} placeholder="5m" aria-invalid={isWrong} />;
}

function spanProblem(value: Signal<string>, name: string): string | undefined {
  return value.value !== "" && parseSpan(value.value) === undefined
    ? `${name}: say it like 90s, 5m or 1h 30m`
    : undefined;
}

export function proposeDrain(agent: AgentRow, mayMarkGone: boolean): void {
  const grace = signal("");
  const isGone = signal(false);
  propose({
    title: `Drain ${agent.hostname}?`,
    body: () => (
      <>
        <p>
          All its tasks are ended, and nothing more of it is offered, until it is reactivated. Frameworks start their
          tasks elsewhere. A drain that has begun can't be stopped.
        </p>
        <Affected id={agent.id} />
        <SpanField label="The most a task gets to end" hint="Empty: each task's own grace period." value={grace} />
        {mayMarkGone && <Tick held={isGone}>It never comes back: mark it gone once it is empty</Tick>}
      </>
    ),
    confirm: "Drain",
    danger: true,
    typed: () => (isGone.value ? agent.hostname : undefined),
    problem: () => spanProblem(grace, "The grace period"),
    act: () => tellMaster(drainCall(agent.id, parseSpan(grace.value), isGone.value)),
    said: () => `${agent.hostname} drains`,
  });
}

export function proposeDeactivate(agent: AgentRow): void {
  const many = agent.tasks === 1 ? "Its 1 task goes on" : `Its ${agent.tasks} tasks go on`;
  propose({
    title: `Deactivate ${agent.hostname}?`,
    body: <p>Nothing more of it is offered, and offers that are out are rescinded. {many}.</p>,
    confirm: "Deactivate",
    act: () => tellMaster(agentCall("DEACTIVATE_AGENT", agent.id)),
    said: () => `${agent.hostname} is offered no more`,
  });
}

export function proposeReactivate(agent: AgentRow): void {
  propose({
    title: `Reactivate ${agent.hostname}?`,
    body: <p>It is offered again at once, and may get tasks.</p>,
    confirm: "Reactivate",
    act: () => tellMaster(agentCall("REACTIVATE_AGENT", agent.id)),
    said: () => `${agent.hostname} is offered again`,
  });
}

export function proposeGone(agent: AgentRow): void {
  propose({
    title: `Mark ${agent.hostname} gone?`,
    body: () => (
      <>
        <p>
          It never comes back: its tasks count as ended, its volumes are lost. Should it come back after all, it is
          another agent.
        </p>
        <Affected id={agent.id} />
      </>
    ),
    confirm: "Mark gone",
    danger: true,
    typed: agent.hostname,
    act: () => tellMaster(agentCall("MARK_AGENT_GONE", agent.id)),
    said: () => `${agent.hostname} is gone`,
  });
}

/** Change the schedule as it is now: masters take whole schedules. */
async function changeSchedule(change: (now: Schedule) => Schedule): Promise<Answer<unknown>> {
  const known = await ask<Schedule>("GET", "cluster/maintenance/schedule");
  if (!known.ok) return known;
  return tellMaster(call("UPDATE_MAINTENANCE_SCHEDULE", { schedule: change(known.body) }));
}

export function proposeAbsence(agent: AgentRow): void {
  const begins = signal(localTime(Date.now() + 3600_000));
  const length = signal("1h");
  const at = () => new Date(begins.value).getTime() / 1000;
  propose({
    title: `Plan maintenance of ${agent.hostname}?`,
    body: () => (
      <>
        <p>
          Frameworks are asked to leave the machine, and offers of it say when it will be away. Nothing ends before the
          maintenance is started.
        </p>
        <Neighbours agent={agent} />
        <TextField label="Begins" held={begins} type="datetime-local" />
        <SpanField label="For how long" hint="Empty: nobody knows when it ends." value={length} />
      </>
    ),
    confirm: "Plan",
    problem: () => (Number.isNaN(at()) ? "Say when it begins" : spanProblem(length, "How long")),
    act: () => changeSchedule((now) => withAbsence(now, agent, at(), parseSpan(length.value))),
    said: () => `${agent.hostname} is to be away from ${momentText(at())}`,
  });
}

/** Other agents that a machine takes along. */
function Neighbours({ agent }: { agent: AgentRow }) {
  const agents = useTable("agents");
  const machine = { hostname: agent.hostname, ip: agent.ip };
  const others = [...agents.rows.values()].filter((each) => each.id !== agent.id && standsOn(each, machine));
  if (others.length === 0) return null;
  return (
    <p class="tone-warn">
      <Icon name="alert" /> {others.length} other {others.length === 1 ? "agent stands" : "agents stand"} on the same
      machine.
    </p>
  );
}

export function proposeNoAbsence(agent: AgentRow): void {
  const change = (now: Schedule) => withoutMachine(now, scheduledMachine(now, agent) ?? {});
  propose({
    title: `Cancel the maintenance of ${agent.hostname}?`,
    body: <p>Its machine leaves the schedule; frameworks are no longer asked to leave it.</p>,
    confirm: "Cancel maintenance",
    act: () => changeSchedule(change),
    said: () => `${agent.hostname} stays`,
  });
}

export function proposeDown(agent: AgentRow): void {
  propose({
    title: `Start the maintenance of ${agent.hostname}?`,
    body: () => (
      <>
        <p>
          Its agent is shut down with all its tasks, at once and without grace, and kept out until the maintenance is
          stopped.
        </p>
        <Neighbours agent={agent} />
        <Affected id={agent.id} />
      </>
    ),
    confirm: "Start maintenance",
    danger: true,
    typed: agent.hostname,
    act: async () => {
      const known = await ask<Schedule>("GET", "cluster/maintenance/schedule");
      if (!known.ok) return known;
      return tellMaster(call("START_MAINTENANCE", { machines: [scheduledMachine(known.body, agent)] }));
    },
    said: () => `${agent.hostname} is down for maintenance`,
  });
}

/** `after` is told once it is done: the agents of such a machine have no row that would change. */
export function proposeUp(machine: MachineId, after: () => void): void {
  const name = machineText(machine);
  propose({
    title: `Stop the maintenance of ${name}?`,
    body: <p>Its agents may register again, and the machine leaves the schedule.</p>,
    confirm: "Stop maintenance",
    act: () => tellMaster(call("STOP_MAINTENANCE", { machines: [machine] })),
    said: () => `${name} may come back`,
    done: after,
  });
}

/** A moment as the browser's own field takes it. */
function localTime(milliseconds: number): string {
  return momentText(milliseconds / 1000)
    .slice(0, 16)
    .replace(" ", "T");
}
