/** One app or pod: how it stands and why, what can be done, and everything that is known of it in tabs. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { useFrameworkId } from "../ask/framework_id";
import { type Right, useRights } from "../ask/rights";
import { useTable } from "../live/live";
import { amountsText, resourceNames } from "../model/amounts";
import { momentText } from "../model/ages";
import { deploymentPath, rolePath } from "../model/places";
import type { AppRow, InstanceRow } from "../model/rows";
import { describeState } from "../model/states";
import { Age } from "../parts/age";
import { Barred } from "../parts/barred";
import { Copy } from "../parts/copy";
import { Empty, NotYet } from "../parts/empty";
import { Icon } from "../parts/icon";
import { lazy } from "../parts/lazy";
import { type Fact, Facts, Panel, Screen } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { type Tab, Tabs } from "../parts/tabs";
import { pathTo } from "../shell/router";
import { Actions } from "./actions";
import { editable } from "./definitions";
import { HealthBar } from "./health_bar";
import { Instances } from "./instances";
import { readNow } from "./orders";
import { TimelinePanel } from "./timeline_panel";
import { instancesText, parentOf, totalsOf } from "./tree";

const Logs = lazy(async () => (await import("./logs")).Logs);
const Versions = lazy(async () => (await import("./behind")).Versions);
const WaitingPanel = lazy(async () => (await import("./behind")).WaitingPanel);
const UP = { href: pathTo("apps"), label: "Apps" };
const RIGHTS: readonly Right[] = ["update_apps", "kill_tasks", "delete_apps"];

export function AppScreen({ id }: { id: string }) {
  const table = useTable("apps");
  const app = table.rows.get(id);
  const rights = useRights(id);
  if (app === undefined) {
    return (
      <Screen title={id} up={UP}>
        {table.ready ? <NoApp /> : <NotYet table="apps" />}
      </Screen>
    );
  }
  const group = parentOf(id);
  const up = group === "/" ? UP : { href: pathTo("apps", { search: group }), label: group };
  return (
    <Screen
      title={id}
      up={up}
      beside={<StateWord state={app.status} />}
      actions={
        rights && (
          <>
            <Actions app={app} rights={rights} />
            <Barred rights={RIGHTS} what={`this ${app.kind}`} to={rights} />
          </>
        )
      }
    >
      <Head app={app} />
      <AppTabs app={app} canKill={rights?.kill_tasks ?? false} canChange={rights?.update_apps ?? false} />
    </Screen>
  );
}

function NoApp() {
  return (
    <Empty title="There is no such app">
      <p>
        It was destroyed, or never there. <a href={pathTo("apps", "new")}>Create it</a>, or{" "}
        <a href={UP.href}>see all apps</a>.
      </p>
    </Empty>
  );
}

function Head({ app }: { app: AppRow }) {
  return (
    <>
      {app.why && <Why app={app} />}
      <HealthBar totals={totalsOf(app)} isBig />
      <Facts facts={factsOf(app)} />
    </>
  );
}

function Why({ app }: { app: AppRow }) {
  return (
    <div class={`callout tone-${describeState(app.status).tone}`}>
      <Icon name="clock" />
      <div class="wrap">
        {app.why}{" "}
        {app.until !== undefined && (
          <>
            · next try <Age at={app.until} ago />
          </>
        )}{" "}
        {app.deployment && <a href={deploymentPath(app.deployment)}>See the deployment</a>}
      </div>
    </div>
  );
}

function factsOf(app: AppRow): Fact[] {
  const names = resourceNames(app.resources);
  const all = Object.fromEntries(names.map((name) => [name, (app.resources[name] ?? 0) * app.instances]));
  const labels = Object.entries(app.labels);
  return [
    ["Instances", instancesText(totalsOf(app))],
    [
      "Runs",
      <code class="wrap lines" title={app.runs}>
        {app.runs}
      </code>,
    ],
    ["Each takes", amountsText(app.resources)],
    ["All take", amountsText(all)],
    ["Role", <a href={rolePath(app.role)}>{app.role}</a>],
    [
      "Version",
      <span class="num" title={app.version}>
        {momentText(Date.parse(app.version) / 1000)}
      </span>,
    ],
    ["Labels", labels.length > 0 && <Labels key="labels" labels={labels} />],
  ];
}

function Labels({ labels }: { labels: readonly (readonly [string, string])[] }) {
  return (
    <span class="row tight">
      {labels.map(([name, value]) => (
        <a key={name} class="chip" href={pathTo("apps", { label: `${name}=${value}` })}>
          <b>{name}</b> {value}
        </a>
      ))}
    </span>
  );
}

function AppTabs({ app, canKill, canChange }: { app: AppRow; canKill: boolean; canChange: boolean }) {
  const table = useTable("instances");
  const instances = useMemo(() => ofApp(table.rows.values(), app.id), [table.version, app.id]);
  const framework = useFrameworkId();
  const tabs: Tab[] = [
    {
      id: "instances",
      label: "Instances",
      count: instances.length,
      render: () => <Instances app={app} instances={instances} framework={framework} canKill={canKill} />,
    },
    {
      id: "waiting",
      label: "Waiting",
      count: totalsOf(app).waiting || undefined,
      render: () => <WaitingPanel app={app.id} />,
    },
    { id: "timeline", label: "Timeline", render: () => <TimelinePanel app={app.id} /> },
    { id: "configuration", label: "Configuration", render: () => <Configuration app={app} /> },
    { id: "versions", label: "Versions", render: () => <Versions app={app} canChange={canChange} /> },
    { id: "logs", label: "Logs", render: () => <Logs instances={instances} framework={framework} /> },
  ];
  return <Tabs label={`About ${app.id}`} tabs={tabs} />;
}

function ofApp(instances: Iterable<InstanceRow>, id: string): InstanceRow[] {
  return [...instances].filter(({ app }) => app === id);
}

function Configuration({ app }: { app: AppRow }) {
  const text = useSignal("");
  const error = useSignal("");
  useEffect(() => {
    readNow(app).then((answer) => {
      error.value = answer.ok ? "" : answer.error.message;
      if (answer.ok) text.value = editable(answer.body);
    });
  }, [app.id, app.version]);
  if (error.value) return <Empty title="The definition can't be had">{error.value}</Empty>;
  return (
    <Panel title="As it is now, defaults included" actions={<Copy text={text.value} what="the definition" />}>
      <pre class="definition wrap">{text.value}</pre>
    </Panel>
  );
}
