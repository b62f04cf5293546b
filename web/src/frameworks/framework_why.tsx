/** Why a framework gets no more: its shares, who is asked before it, what keeps which agents back, and what would feed it. */

import { useMemo } from "preact/hooks";

import { useTable } from "../live/live";
import { percentText, plainly } from "../model/amounts";
import { agentPath } from "../model/places";
import type { FrameworkRow } from "../model/rows";
import { Age } from "../parts/age";
import { Bar } from "../parts/bar";
import { Icon } from "../parts/icon";
import { Panel } from "../parts/panel";
import { usePolled } from "../parts/polled";
import {
  adviseAll,
  byFilter,
  type Explanation,
  type FilterCount,
  leastText,
  type Quota,
  quotaText,
  type Rival,
  type RoleView,
  roleViews,
  topOf,
} from "./explanation";

const SECONDS = 10;
/** The allocator's filters in words, where its name of one is none. */
const FILTERS: Readonly<Record<string, string>> = {
  allocated: "everything is allocated",
  refused: "refused for a while",
  limit: "its role is at its limit",
  headroom: "kept for guarantees of others",
  reserved: "reserved for others",
  agent: "not active",
  inactive: "it is not connected",
};
const MOST_AGENTS = 20;
const MOST_RIVALS = 6;

interface ToldRoles {
  readonly roles: readonly { readonly name: string; readonly quota: Quota }[];
}

export function FrameworkWhy({ row }: { row: FrameworkRow }) {
  const agents = useTable("agents").rows.size;
  const asked = `cluster/koinon/explain?${new URLSearchParams({ framework_id: row.id })}`;
  const { body, error } = usePolled<Explanation>(asked, SECONDS, row.suppressed);
  const { body: roles } = usePolled<ToldRoles>("cluster/roles", SECONDS);
  const views = useMemo(() => {
    const quotas = new Map((roles?.roles ?? []).map((role) => [role.name, role.quota]));
    return body && roleViews(body, quotas, agents);
  }, [body, roles, agents]);
  return (
    <Panel title="Why it gets no more">
      {views === undefined ? (
        <p class="muted">{error?.message ?? "Asking the master …"}</p>
      ) : (
        <div class="stack">
          <div class="callout tone-move">
            <Icon name="arrow" />
            <div class="wrap">
              <strong>Would be fed by:</strong> {plainly(adviseAll(views))}
            </div>
          </div>
          {views.map((view) => (
            <RolePart key={view.standing.role} view={view} />
          ))}
        </div>
      )}
    </Panel>
  );
}

function RolePart({ view }: { view: RoleView }) {
  const { standing, refusals, quota } = view;
  const { share = 0, fair_share: fair = 0 } = standing;
  const least = leastText(standing);
  const isLimited = quota && (Object.keys(quota.limit).length > 0 || Object.keys(quota.guarantee).length > 0);
  return (
    <section class="why" aria-label={`Role ${standing.role}`}>
      <h3>
        Role {standing.role}: it has {percentText(share)}, its fair share is {percentText(fair)}
        {standing.suppressed && ", suppressed until it revives"}
      </h3>
      <Bar
        name="share"
        total={1}
        parts={[{ label: "its share", value: share, token: "allocated" }]}
        marks={[{ label: "its fair share", value: fair, token: "reserved" }]}
      />
      <ul class="why-facts">
        {standing.levels.map((level, index) => level.length > 1 && <Order key={index} level={level} />)}
        {isLimited && (
          <li>
            quota of role {topOf(standing.role)}: guarantee {quotaText(quota.guarantee)}, limit {quotaText(quota.limit)}
            , consumed {quotaText(quota.consumed)}
          </li>
        )}
        {least && <li>it wants at least {least}</li>}
        <Refused view={view} />
      </ul>
      {byFilter(refusals).map((count) => (
        <FilterPart key={count.filter} count={count} />
      ))}
    </section>
  );
}

function Order({ level }: { level: readonly Rival[] }) {
  const rest = level.length - MOST_RIVALS;
  return (
    <li>
      asked in this order:{" "}
      {level.slice(0, MOST_RIVALS).map((one, index) => (
        <span key={one.id}>
          {index > 0 && "; "}
          {one.kind} {one.is_own ? <strong>{one.name}</strong> : one.name}
          {one.is_own && one.kind === "framework" && " (itself)"} {percentText(one.share)} by weight {one.weight}
          {!one.wants_offers && ", wants none"}
        </span>
      ))}
      {rest > 0 && `; ${rest} more`}
    </li>
  );
}

function Refused({ view }: { view: RoleView }) {
  const { refused } = view.standing;
  if (refused.length === 0) return null;
  const agents = new Set(refused.map((each) => each.agent_id)).size;
  const last = Math.max(...refused.map((each) => each.until ?? 0));
  return (
    <li>
      it refused offers of {agents} {agents === 1 ? "agent" : "agents"}, the last ends <Age at={last} ago />
    </li>
  );
}

/** One reason, with the agents that it holds back. */
function FilterPart({ count }: { count: FilterCount }) {
  const { filter, agents } = count;
  return (
    <details>
      <summary>
        {agents.length} {agents.length === 1 ? "agent" : "agents"}: <strong>{FILTERS[filter] ?? filter}</strong>
      </summary>
      <ul class="why-agents">
        {agents.slice(0, MOST_AGENTS).map((each) => (
          <li key={each.agent_id} class="wrap">
            <a href={agentPath(each.agent_id)}>{each.hostname || each.agent_id}</a>, {freeText(each.free)}:{" "}
            {plainly(each.reason)}
          </li>
        ))}
        {agents.length > MOST_AGENTS && <li class="muted">and {agents.length - MOST_AGENTS} more agents</li>}
      </ul>
    </details>
  );
}

function freeText(free: Readonly<Record<string, number>>): string {
  const parts = Object.entries(free).filter(([, amount]) => amount > 0);
  return parts.length > 0 ? `${parts.map(([name, amount]) => `${name}:${amount}`).join(" ")} free` : "nothing free";
}
