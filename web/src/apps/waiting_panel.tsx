/** Why an app waits: as a whole, by the checks that stop its offers, and for every agent of the cluster. */

import { useMemo } from "preact/hooks";

import { useFrameworkId } from "../ask/framework_id";
import { useTable } from "../live/live";
import { agentPath, offerPath, rolePath } from "../model/places";
import type { WaitingRow } from "../model/rows";
import { Age } from "../parts/age";
import { AmountsLine } from "../parts/amount";
import { Bar } from "../parts/bar";
import { Empty, NotYet } from "../parts/empty";
import { Choice, SearchField, useQuery } from "../parts/field";
import { Icon } from "../parts/icon";
import { Panel } from "../parts/panel";
import { usePolled } from "../parts/polled";
import { type Column, WindowTable } from "../parts/window_table";
import {
  type AgentReason,
  agentReasons,
  causeCounts,
  checkLabel,
  checksOf,
  limitTexts,
  type MasterRefusal,
  matchesReason,
} from "./waiting";

const EXPLAIN_SECONDS = 3;

/** All that is known of why `app` waits; that it does not, where it does not. */
export function WaitingPanel({ app }: { app: string }) {
  const table = useTable("waiting");
  const waiting = table.rows.get(app);
  if (!table.ready) return <NotYet table="waiting" />;
  if (waiting === undefined) {
    return (
      <Empty title="Nothing waits">
        Every wanted instance has been launched. When one is not, each agent stands here with its reason.
      </Empty>
    );
  }
  return (
    <div class="stack">
      <Whole waiting={waiting} />
      <Checks waiting={waiting} />
      <Agents app={app} waiting={waiting} />
    </div>
  );
}

function Whole({ waiting }: { waiting: WaitingRow }) {
  const roles = useTable("roles");
  const sentences = [...waiting.sentences, ...limitTexts(waiting.role, roles.rows)];
  return (
    <div class="callout tone-warn">
      <Icon name="clock" />
      <div>
        <p>
          <strong>
            {waiting.count === 1 ? "1 instance waits" : `${waiting.count} instances wait`}, for{" "}
            <Age at={waiting.since} />
          </strong>
          {waiting.until !== undefined && (
            <>
              {" "}
              · next try <Age at={waiting.until} ago />
            </>
          )}
        </p>
        <ul>
          {sentences.map((sentence) => (
            <li key={sentence} class="wrap">
              {sentence}
            </li>
          ))}
          {waiting.reasons.map(({ reason, agents, example, host }) => (
            <li key={reason} class="wrap">
              <b>
                {agents} {agents === 1 ? "agent" : "agents"}, {checkLabel(reason)}:
              </b>{" "}
              {example} <span class="muted">({host})</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

/** The funnel: of the offers that came to a check, how many it stopped. */
function Checks({ waiting }: { waiting: WaitingRow }) {
  const checks = checksOf(waiting.funnel);
  if (checks.length === 0) return null;
  const total = checks[0]?.came ?? 0;
  return (
    <Panel title={offersText(waiting.offers, total)}>
      <ol class="funnel">
        {checks.map(({ reason, label, came, stopped }) => (
          <li key={reason}>
            <span>{label}</span>
            <Bar
              name="offers"
              total={total}
              parts={[
                { label: "stopped here", value: stopped, token: "bad" },
                { label: "went on", value: came - stopped, token: "allocated" },
              ]}
            />
            <span class="num muted">
              stopped {stopped} of {came}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function offersText(looked: number, declined: number): string {
  const taken = looked - declined;
  return `${looked} ${looked === 1 ? "offer" : "offers"} looked at, ${taken > 0 ? taken : "none"} taken`;
}

function Agents({ app, waiting }: { app: string; waiting: WaitingRow }) {
  const refusals = useTable("refusals", app);
  const agents = useTable("agents");
  const framework = useFrameworkId();
  const { explained, error } = useExplained(framework, waiting.role);
  const cause = useQuery("cause");
  const search = useQuery("agent");
  const all = useMemo(
    () => agentReasons(waiting, refusals.rows, explained, agents.rows),
    [waiting, refusals.version, explained, agents.version],
  );
  const shown = useMemo(() => all.filter((each) => matchesReason(each, cause, search)), [all, cause, search]);
  const causes = causeCounts(all).map((each) => ({ value: each.cause, label: `${each.cause} (${each.agents})` }));
  return (
    <Panel title={`Each of ${all.length} agents`} flush>
      <div class="row panel-bar">
        <SearchField name="agent" label="Find agents" placeholder="Host, attribute or reason" />
        <Choice name="cause" label="Cause" options={[{ value: "", label: "All" }, ...causes]} />
        <a href={rolePath(waiting.role)}>Role {waiting.role}</a>
      </div>
      {error && <p class="muted small panel-bar">Only agents that were offered are explained: {error}</p>}
      <div class="reasons">
        <WindowTable
          label={`Why each agent is no place for ${app}`}
          rows={shown}
          columns={COLUMNS}
          rowKey={(each) => each.agent}
          rowHref={(each) => agentPath(each.agent)}
          initialSort="host"
          sortName="by"
          empty={<Empty title={all.length > 0 ? "No agent matches" : "No agent has joined this cluster"} />}
        />
      </div>
    </Panel>
  );
}

/** The master's word on why agents are not offered to us, asked for again and again. */
function useExplained(framework: string | undefined, role: string): { explained: MasterRefusal[]; error?: string } {
  const query = framework && new URLSearchParams({ framework_id: framework, role });
  const asked = usePolled<{ refusals: MasterRefusal[] }>(query && `cluster/koinon/explain?${query}`, EXPLAIN_SECONDS);
  const explained = useMemo(() => asked.body?.refusals ?? [], [asked.body]);
  return asked.error ? { explained, error: asked.error.message } : { explained };
}

const COLUMNS: readonly Column<AgentReason>[] = [
  {
    id: "host",
    label: "Agent",
    width: "minmax(7rem, 2fr)",
    sortBy: (each) => each.host,
    render: (each) => each.host,
  },
  {
    id: "cause",
    label: "Cause",
    hideBelow: Number.POSITIVE_INFINITY,
    below: true,
    sortBy: (each) => each.cause,
    render: (each) => each.cause,
  },
  {
    id: "reason",
    label: "Reason",
    width: "minmax(10rem, 5fr)",
    sortBy: (each) => each.texts.join(" "),
    render: (each) => (
      <span class="clip two-lines" title={each.texts.join("\n")}>
        {each.texts.join("; ")}
      </span>
    ),
  },
  {
    id: "attributes",
    label: "Attributes",
    width: "minmax(6rem, 1fr)",
    hideBelow: 1060,
    render: (each) => (
      <span class="clip muted">
        {Object.entries(each.attributes)
          .map(([name, value]) => `${name}:${value}`)
          .join(", ")}
      </span>
    ),
  },
  {
    id: "offered",
    label: "Offered",
    width: "10.5rem",
    hideBelow: 800,
    render: (each) => each.offered && <AmountsLine amounts={each.offered} only={["cpus", "mem"]} />,
  },
  {
    id: "at",
    label: "Offer",
    width: "5.5rem",
    hideBelow: 640,
    sortBy: (each) => each.at ?? 0,
    render: (each) => each.offer && <a href={offerPath(each.offer)}>{<Age at={each.at} ago />}</a>,
  },
];
