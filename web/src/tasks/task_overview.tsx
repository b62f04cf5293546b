/** A task at a glance: what it uses, its facts, its history, and who can end it. */

import { amountsText } from "../model/amounts";
import { momentText, spanText } from "../model/ages";
import type { TaskRow } from "../model/rows";
import { Age } from "../parts/age";
import { SafeLink } from "../parts/link";
import { Facts, Panel } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import type { Ending } from "./ending";
import { addressesOf, historyOf, isOver, type MasterTask, measuredContainer, portLinks } from "./master_task";
import { UsagePanel } from "./usage_panel";

export function TaskOverview({ row, task, ending }: { row: TaskRow; task: MasterTask | undefined; ending: Ending }) {
  const labels = task?.labels ?? [];
  return (
    <div class="stack">
      {task && !isOver(row.state) && <UsagePanel task={task} asked={row.resources} />}
      <Panel title="What it is">
        <Facts
          facts={[
            ["name", row.name],
            ["role", row.role],
            ["user", task?.user],
            ["asked", amountsText(row.resources)],
            ["first heard of", <Age key="began" at={row.began} ago />],
            ["ports", row.ports.length > 0 ? <Ports key="ports" row={row} task={task} /> : undefined],
            ["addresses", task && addressesOf(task).join(", ")],
            ["image", task?.container?.docker?.image],
            ["executor", task?.executor_id],
            ["container", task && <code>{measuredContainer(task)}</code>],
            ["agent id", <code>{row.agent}</code>],
            ["ended by", ending.by === "framework" ? ending.sentence : undefined],
          ]}
        />
        {labels.length > 0 && (
          <ul class="row labels" aria-label="Labels">
            {labels.map(({ key, value }) => (
              <li key={key} class="chip">
                <b>{key}</b> {value}
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {task && <History task={task} />}
    </div>
  );
}

function Ports({ row, task }: { row: TaskRow; task: MasterTask | undefined }) {
  return (
    <ul>
      {portLinks(row.host, row.ports, task).map(({ number, name, href }) => (
        <li key={number}>
          {href && !isOver(row.state) ? <SafeLink href={href}>{number}</SafeLink> : number}{" "}
          <span class="muted">{name}</span>
        </li>
      ))}
    </ul>
  );
}

function History({ task }: { task: MasterTask }) {
  return (
    <Panel title="History">
      <ol class="history">
        {historyOf(task).map(({ status, lasted }, index) => (
          <li key={`${status.timestamp} ${status.state} ${index}`}>
            <StateWord state={status.state} />
            <span class="muted num">
              {momentText(status.timestamp)}
              {lasted !== undefined && `, for ${lasted < 1 ? `${Math.round(lasted * 1000)} ms` : spanText(lasted)}`}
            </span>
            <span class="wrap">
              {status.message}
              {status.healthy !== undefined && ` ${status.healthy ? "healthy" : "unhealthy"}`}
            </span>
            <span class="muted small">
              {[status.source?.replace("SOURCE_", ""), status.reason?.replace("REASON_", "")]
                .filter(Boolean)
                .join(" · ")
                .replace(/_/g, " ")
                .toLowerCase()}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
