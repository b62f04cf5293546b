/** What a task really uses beside what it asked for: measured by its agent, asked while somebody looks. */

import { useEffect, useState } from "preact/hooks";

import { amountText, valueText } from "../model/amounts";
import type { Amounts } from "../model/rows";
import { Bar } from "../parts/bar";
import { Icon } from "../parts/icon";
import { agentPath } from "../parts/log_reader";
import { Facts, Panel } from "../parts/panel";
import { usePolled } from "../parts/polled";
import type { MasterTask } from "./master_task";
import { containerOf } from "./master_task";
import { type MeasuredContainer, type Statistics, type Usage, usageOf, usageWarning } from "./task_usage";

const SECONDS = 5;

export function UsagePanel({ task, asked }: { task: MasterTask; asked: Amounts }) {
  const query = new URLSearchParams({ framework_id: task.framework_id, executor_id: task.executor_id || task.id });
  const path = `${agentPath(task.slave_id)}/containers?${query}`;
  const { body, error } = usePolled<readonly MeasuredContainer[]>(path, SECONDS);
  const [samples, setSamples] = useState<readonly Statistics[]>([]);
  const last = body?.[0]?.statistics;
  useEffect(() => {
    if (last !== undefined) setSamples((now) => [...now.slice(-1), last]);
  }, [last]);
  const [first, second] = samples;
  const now = second ?? first;
  const isShared = containerOf(task)?.parent !== undefined || task.executor_id !== "";
  return (
    <Panel title="Used against asked">
      {now === undefined ? (
        <p class="muted">{notMeasured(error?.message, body)}</p>
      ) : (
        <Measured usage={usageOf(now, second && first)} asked={asked} />
      )}
      {isShared && now && (
        <p class="muted small">
          Measured is the whole container, which it may share with other tasks of its executor or pod.
        </p>
      )}
    </Panel>
  );
}

function notMeasured(error: string | undefined, body: readonly MeasuredContainer[] | undefined): string {
  if (error !== undefined) return error;
  return body === undefined ? "Asking its agent …" : "Its agent measures no container of it now.";
}

function Measured({ usage, asked }: { usage: Usage; asked: Amounts }) {
  const warning = usageWarning(usage);
  return (
    <div class="stack">
      {warning && (
        <p class="tone-warn">
          <Icon name="alert" /> {warning}
        </p>
      )}
      <div class="columns">
        <Meter
          name="cpus"
          used={usage.cpus}
          asked={asked.cpus}
          limit={usage.cpusLimit}
          wait="measured over the next seconds"
        />
        <Meter name="mem" used={usage.mem} asked={asked.mem} limit={usage.memLimit} />
        {usage.disk !== undefined && <Meter name="disk" used={usage.disk} asked={asked.disk} limit={usage.diskLimit} />}
      </div>
      <Facts facts={usage.facts} />
    </div>
  );
}

interface MeterProps {
  readonly name: string;
  readonly used: number | undefined;
  readonly asked: number | undefined;
  readonly limit: number | undefined;
  readonly wait?: string;
}

function Meter({ name, used, asked = 0, limit, wait }: MeterProps) {
  const total = Math.max(limit ?? 0, asked, used ?? 0);
  const isOther = limit !== undefined && Math.abs(limit - asked) > 0.01 * asked;
  return (
    <div>
      <p class="num">
        <strong>{used === undefined ? "…" : valueText(name, used)}</strong>
        {asked > 0 ? ` used of ${amountText(name, asked)} asked` : ` ${name} used, none asked`}
        {isOther && `, at most ${valueText(name, limit)}`}
      </p>
      {(asked > 0 || limit !== undefined) && (
        <Bar
          name={name}
          total={total}
          size="big"
          parts={[{ label: "used", value: used ?? 0, token: "used" }]}
          marks={isOther && asked > 0 ? [{ label: "asked", value: asked, token: "reserved" }] : []}
        />
      )}
      {used === undefined && wait && <p class="muted small">{wait}</p>}
    </div>
  );
}
