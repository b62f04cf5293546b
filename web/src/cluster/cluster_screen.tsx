/** The first screen: how much of the cluster is taken, what needs attention, and use over time. */

import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { hasMarathon } from "../ask/rights";
import { useRow, useTable } from "../live/live";
import { percentText, resourceNames, share, valueText } from "../model/amounts";
import type { ClusterRow, UsageRow } from "../model/rows";
import { Age, now } from "../parts/age";
import { Bar } from "../parts/bar";
import { Chart, type Series } from "../parts/chart";
import { awaitedText, Empty, NotYet, useAwaited } from "../parts/empty";
import { Choice, useQuery } from "../parts/field";
import { Panel, Screen } from "../parts/panel";
import { StateWord } from "../parts/state_word";
import { pathTo } from "../shell/router";
import { attention } from "./attention";
import { countsOf, type StateCount } from "./counts";
import { usageLines } from "./usage_series";

const HOUR = 3600;
const DAY = 86400;
const MAX_MATTERS = 12;
/** Nothing here is told more finely. */
const tenSeconds = computed(() => Math.floor(now.value / 10) * 10);
/** What has no meaning as a sum over machines. */
const LEFT_OUT = "ports";

export function ClusterScreen() {
  const cluster = useRow("cluster", "cluster");
  const usage = useTable("usage");
  const latest = useMemo(() => lastOf(usage.rows.values()), [usage.version]);
  if (cluster === undefined) {
    return (
      <Screen title="Cluster">
        <NotYet table="cluster" />
      </Screen>
    );
  }
  return (
    <Screen
      title={cluster.name || "Cluster"}
      beside={
        <span class="muted">
          led by {cluster.leader} for <Age at={cluster.elected} /> · version {cluster.version}
        </span>
      }
    >
      <Totals cluster={cluster} used={latest} />
      <div class="cluster-middle">
        <Attention />
        <Counts cluster={cluster} />
      </div>
      <OverTime cluster={cluster} rows={usage.rows} version={usage.version} />
    </Screen>
  );
}

function lastOf(rows: Iterable<UsageRow>): UsageRow | undefined {
  let last: UsageRow | undefined;
  for (const row of rows) if (last === undefined || row.at > last.at) last = row;
  return last;
}

function totalNames(cluster: ClusterRow): string[] {
  return resourceNames(cluster.total).filter((name) => name !== LEFT_OUT && cluster.total[name]);
}

function Totals({ cluster, used }: { cluster: ClusterRow; used: UsageRow | undefined }) {
  const names = totalNames(cluster);
  const awaited = useAwaited();
  if (names.length === 0 && awaited > 0) return <Empty title="No agent is back yet">{awaitedText(awaited)}</Empty>;
  if (names.length === 0) {
    return (
      <Empty title="No agent has joined this cluster">
        Start one with <code>koinon-agent --master={cluster.leader}</code>; what it has appears here at once.
      </Empty>
    );
  }
  return (
    <ul class="totals">
      {names.map((name) => (
        <Total key={name} cluster={cluster} name={name} used={used?.used[name]} />
      ))}
    </ul>
  );
}

function Total({ cluster, name, used }: { cluster: ClusterRow; name: string; used: number | undefined }) {
  const total = cluster.total[name] ?? 0;
  const allocated = cluster.allocated[name] ?? 0;
  return (
    <li class="panel total">
      <div class="bar-head">
        <h2>{name}</h2>
        <span class="muted num">{valueText(name, total)}</span>
      </div>
      <p class="big num">
        {percentText(share(allocated, total))} <span class="muted small">allocated</span>
      </p>
      <Bar
        name={name}
        total={total}
        size="big"
        legend
        parts={[
          { label: "allocated", value: allocated, token: "allocated" },
          { label: "offered", value: cluster.offered[name] ?? 0, token: "offered" },
        ]}
        marks={used === undefined ? [] : [{ label: "used", value: used, token: "used" }]}
      />
    </li>
  );
}

function Attention() {
  const views = {
    apps: useTable("apps"),
    agents: useTable("agents"),
    roles: useTable("roles"),
    deployments: useTable("deployments"),
    frameworks: useTable("frameworks"),
  };
  const matters = attention({
    apps: [...views.apps.rows.values()],
    agents: [...views.agents.rows.values()],
    roles: [...views.roles.rows.values()],
    deployments: [...views.deployments.rows.values()],
    frameworks: [...views.frameworks.rows.values()],
    now: tenSeconds.value,
  });
  const unknown = hasMarathon() && !(views.apps.ready && views.deployments.ready) ? "apps" : undefined;
  return (
    <Panel title={matters.length === 0 ? "Needs attention" : `Needs attention · ${matters.length}`}>
      {unknown && <NotYet table={unknown} />}
      {matters.length === 0 && !unknown && (
        <p class="calm">
          <StateWord state="good" word="Nothing waits, starves or is broken." />
        </p>
      )}
      <ul class="matters">
        {matters.slice(0, MAX_MATTERS).map((matter) => (
          <li key={matter.key}>
            <StateWord state={matter.state} />
            <span class="wrap lines" title={matter.text}>
              <a href={matter.href}>{matter.name}</a> {matter.text}
            </span>
          </li>
        ))}
      </ul>
      {matters.length > MAX_MATTERS && <p class="muted">and {matters.length - MAX_MATTERS} more</p>}
    </Panel>
  );
}

function Counts({ cluster }: { cluster: ClusterRow }) {
  const apps = useTable("apps");
  const byStatus: Record<string, number> = {};
  for (const app of apps.rows.values()) byStatus[app.status] = (byStatus[app.status] ?? 0) + 1;
  return (
    <Panel title="Counts">
      <dl class="counts">
        <CountRow name="Agents" screen="agents" counts={countsOf(cluster.agents)} />
        <CountRow name="Tasks" screen="tasks" counts={countsOf(cluster.tasks)} />
        <CountRow name="Frameworks" screen="frameworks" counts={countsOf(cluster.frameworks)} />
        {hasMarathon() && (
          <CountRow
            name="Apps"
            screen="apps"
            filter="status"
            counts={countsOf(byStatus)}
            none={apps.ready ? undefined : "not known"}
          />
        )}
      </dl>
    </Panel>
  );
}

interface CountRowProps {
  readonly name: string;
  readonly screen: string;
  /** The name of the filter in that screen's URL. */
  readonly filter?: string;
  readonly counts: readonly StateCount[];
  /** What is said where there is nothing to count. */
  readonly none?: string | undefined;
}

function CountRow({ name, screen, filter = "state", counts, none = "none" }: CountRowProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="row">
        {counts.length === 0 && <span class="muted">{none}</span>}
        {counts.map(({ state, count }) => (
          <a key={state} class="count-link" href={pathTo(screen, { [filter]: state })}>
            <strong class="num">{count}</strong> <StateWord state={state} />
          </a>
        ))}
      </dd>
    </div>
  );
}

interface OverTimeProps {
  readonly cluster: ClusterRow;
  readonly rows: ReadonlyMap<string, UsageRow>;
  readonly version: number;
}

function OverTime({ cluster, rows, version }: OverTimeProps) {
  const names = totalNames(cluster);
  const asked = useQuery("resource");
  const resource = (names.includes(asked) ? asked : names[0]) ?? "cpus";
  const isDay = useQuery("span") === "day";
  const [times, series] = useMemo(() => {
    const lines = usageLines(rows.values(), resource, isDay ? DAY : HOUR, Date.now() / 1000);
    return [lines.times, seriesOf(lines)] as const;
  }, [version, resource, isDay]);
  return (
    <Panel title="Over time" actions={<OverTimeChoices names={names} />}>
      {times.length < 2 ? (
        <p class="muted">The master takes a point every ten seconds; the lines begin with the second one.</p>
      ) : (
        <Chart
          key={resource}
          label={`${resource} of the cluster over the last ${isDay ? "24 hours" : "hour"}`}
          times={times}
          series={series}
          format={(value) => valueText(resource, value)}
        />
      )}
    </Panel>
  );
}

function OverTimeChoices({ names }: { names: readonly string[] }) {
  const resources = names.map((name, place) => ({ value: place === 0 ? "" : name, label: name }));
  const spans = [
    { value: "", label: "1 hour" },
    { value: "day", label: "24 hours" },
  ];
  return (
    <>
      <Choice name="resource" label="Resource" options={resources} />
      <Choice name="span" label="Span" options={spans} />
    </>
  );
}

function seriesOf(lines: ReturnType<typeof usageLines>): Series[] {
  return [
    { label: "total", token: "line-strong", values: lines.total, dashed: true },
    { label: "allocated", token: "allocated", values: lines.allocated, fill: true },
    { label: "offered", token: "offered", values: lines.offered },
    { label: "used", token: "used", values: lines.used },
  ];
}
