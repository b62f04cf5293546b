/** One framework: who it is, what it holds, is offered and answered, why it gets no more, and its end. */

import { useMemo } from "preact/hooks";

import { ask } from "../ask/ask";
import { may } from "../ask/rights";
import { useTable } from "../live/live";
import { rolePath } from "../model/places";
import type { FrameworkRow } from "../model/rows";
import { Age } from "../parts/age";
import { AmountsLine } from "../parts/amount";
import { Barred } from "../parts/barred";
import { Copy } from "../parts/copy";
import { Empty, NotYet, Unknown } from "../parts/empty";
import { SafeLink } from "../parts/link";
import { type Fact, Facts, Panel, Screen } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { Tabs } from "../parts/tabs";
import { propose } from "../shell/dialog";
import { pathTo } from "../shell/router";
import { TASK_COLUMNS } from "../tasks/task_columns";
import { WindowTable } from "../parts/window_table";
import { taskPath } from "../model/places";
import { FrameworkOffers } from "./framework_offers";
import { FrameworkWhy } from "./framework_why";
import { failoverText, liveTasks, teardownEffect } from "./framework_words";
import { tasksText } from "./frameworks_screen";

const UP = { href: pathTo("frameworks"), label: "Frameworks" };

export function FrameworkScreen({ id }: { id: string }) {
  const { rows, ready } = useTable("frameworks");
  const row = rows.get(id);
  if (row === undefined) {
    return (
      <Screen title={id} up={UP}>
        {ready ? <Unknown what="framework" /> : <NotYet table="frameworks" />}
      </Screen>
    );
  }
  return (
    <Screen
      title={row.name}
      up={UP}
      beside={
        <>
          <StateWord state={row.state} />
          {row.webui_url && <SafeLink href={row.webui_url}>its own page</SafeLink>}
        </>
      }
      actions={row.state !== "completed" && <End row={row} />}
    >
      <Tabs
        label="Parts of this framework"
        tabs={[
          { id: "overview", label: "Overview", render: () => <Overview row={row} /> },
          { id: "tasks", label: "Tasks", count: liveTasks(row), render: () => <FrameworkTasks id={id} /> },
          { id: "offers", label: "Offers", render: () => <FrameworkOffers id={id} /> },
        ]}
      />
    </Screen>
  );
}

function End({ row }: { row: FrameworkRow }) {
  return (
    <>
      {may("teardown_frameworks") && (
        <button type="button" class="danger" onClick={() => proposeTeardown(row)}>
          Tear down
        </button>
      )}
      <Barred rights={["teardown_frameworks"]} what="this framework" />
    </>
  );
}

function Overview({ row }: { row: FrameworkRow }) {
  return (
    <div class="stack">
      {row.state !== "completed" && <FrameworkWhy row={row} />}
      <Panel title="What it is">
        <Facts facts={factsOf(row)} />
        {row.capabilities.length > 0 && (
          <ul class="row labels" aria-label="Capabilities">
            {row.capabilities.map((name) => (
              <li key={name} class="chip">
                {name}
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </div>
  );
}

function factsOf(row: FrameworkRow): Fact[] {
  const { sent = 0, accepted = 0, declined = 0, rescinded = 0 } = row.offers;
  return [
    [
      "id",
      <span key="id">
        <code>{row.id}</code> <Copy text={row.id} what="the framework id" />
      </span>,
    ],
    ["roles", <Roles key="roles" row={row} />],
    ["holds", <AmountsLine key="holds" amounts={row.allocated} />],
    ["is offered", <AmountsLine key="offered" amounts={row.offered} />],
    ["tasks", tasksText(row)],
    ["offers", `${sent} sent, ${accepted} accepted, ${declined} declined, ${rescinded} rescinded`],
    ["when it goes away", failoverText(row)],
    ["principal", row.principal],
    ["user", row.user],
    ["host", row.hostname],
    ["registered", <Age key="registered" at={row.registered} ago />],
    ["registered again", row.reregistered && <Age key="again" at={row.reregistered} ago />],
    ["ended", row.ended && <Age key="ended" at={row.ended} ago />],
    ["page", row.webui_url && <SafeLink key="page" href={row.webui_url} />],
  ];
}

function Roles({ row }: { row: FrameworkRow }) {
  return (
    <ul>
      {row.roles.map((role) => (
        <li key={role}>
          <a href={rolePath(role)}>{role}</a>
          {row.suppressed.includes(role) && <span class="muted"> suppressed: it wants no offers</span>}
        </li>
      ))}
    </ul>
  );
}

function FrameworkTasks({ id }: { id: string }) {
  const tasks = useTable("tasks");
  const rows = useMemo(() => [...tasks.rows.values()].filter((row) => row.framework === id), [tasks.version, id]);
  return (
    <div class="stack">
      <p>
        <a href={pathTo("tasks", { framework: id })}>Search and filter them</a>
      </p>
      <WindowTable
        label="Tasks of this framework"
        rows={rows}
        columns={TASK_COLUMNS}
        rowKey={(row) => row.id}
        rowHref={(row) => taskPath(row.framework, row.id)}
        initialSort="since"
        empty={<Empty title="It has no tasks" />}
      />
    </div>
  );
}

/** Ask whether a framework is to be ended, for good. */
function proposeTeardown(row: FrameworkRow): void {
  propose({
    title: `Tear down ${row.name}?`,
    body: <p>{teardownEffect(row)}</p>,
    confirm: "Tear down",
    danger: true,
    typed: row.name,
    act: () => ask("POST", "cluster/api/v1", { type: "TEARDOWN", teardown: { framework_id: { value: row.id } } }),
    said: () => `${row.name} is torn down`,
  });
}
