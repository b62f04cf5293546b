/** Everything that happened to an app, in order: live at its end, and still where one reads further up. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { useFrameworkId } from "../ask/framework_id";
import { useTable } from "../live/live";
import { momentText } from "../model/ages";
import { describeState, type IconName } from "../model/states";
import type { TimelineKind } from "../model/rows";
import { Age } from "../parts/age";
import { Empty, NotYet } from "../parts/empty";
import { useQuery } from "../parts/field";
import { Icon } from "../parts/icon";
import { setQuery } from "../shell/router";
import { dayBefore, inOrder, KINDS, kindCounts, kindsOf, linksOf, type NumberedRow, toggledKinds } from "./timeline";

const NEAR_END = 24;
const WORDS: Readonly<Record<TimelineKind, string>> = {
  request: "Request",
  plan: "Plan",
  deployment: "Deployment",
  offer: "Offers",
  launch: "Launch",
  status: "Status",
  health: "Health",
  kill: "Kill",
};
const TONES: Readonly<Record<NumberedRow["tone"], readonly [string, IconName]>> = {
  good: ["good", "check"],
  bad: ["bad", "alert"],
  plain: ["idle", "dot"],
};

/** TASK_FAILED and StartApplication are words of the API: told as "failed" and "Start", as everywhere on this page. */
const plainWords = (text: string): string =>
  text.replace(/TASK_\w+/g, (state) => describeState(state).word).replace(/(?<=: [A-Z][a-z]+)(Application|Pod)\b/g, "");

export function TimelinePanel({ app }: { app: string }) {
  const table = useTable("timeline", app);
  const framework = useFrameworkId();
  const query = useQuery("kinds");
  const all = useMemo(() => inOrder(table.rows), [table.version, app]);
  const kinds = kindsOf(query);
  const shown = useMemo(() => all.filter(({ kind }) => kinds.has(kind)), [all, query]);
  if (!table.ready) return <NotYet table="timeline" />;
  if (all.length === 0) {
    return <Empty title="Nothing is known of it">Its timeline begins with the next thing that happens.</Empty>;
  }
  return (
    <div class="stack">
      <KindFilter counts={kindCounts(all)} query={query} />
      <Entries rows={shown} framework={framework} />
    </div>
  );
}

function KindFilter({ counts, query }: { counts: ReadonlyMap<TimelineKind, number>; query: string }) {
  const named = query.split(",");
  return (
    <div class="row tight" role="group" aria-label="Show kinds">
      {KINDS.map(([kind, label]) => (
        <button
          key={kind}
          type="button"
          class="chip"
          aria-pressed={named.includes(kind)}
          disabled={!counts.has(kind) && !named.includes(kind)}
          onClick={() => setQuery("kinds", toggledKinds(query, kind))}
        >
          {label} <span class="num">{counts.get(kind) ?? 0}</span>
        </button>
      ))}
      {query && (
        <button type="button" class="plain" onClick={() => setQuery("kinds", "")}>
          Show all
        </button>
      )}
    </div>
  );
}

function Entries({ rows, framework }: { rows: readonly NumberedRow[]; framework: string | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const seen = useRef(0);
  const newest = rows.at(-1)?.number ?? 0;
  const toEnd = () => box.current?.scrollTo({ top: box.current.scrollHeight });
  useLayoutEffect(() => {
    if (!atEnd) return;
    seen.current = newest;
    toEnd();
  });
  const onScroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = box.current ?? { scrollTop: 0, clientHeight: 0, scrollHeight: 0 };
    setAtEnd(scrollTop + clientHeight >= scrollHeight - NEAR_END);
  };
  const unseen = atEnd ? 0 : rows.filter(({ number }) => number > seen.current).length;
  return (
    <div class="timeline-box">
      <div class="timeline" ref={box} onScroll={onScroll} tabIndex={0} role="region" aria-label="Timeline">
        {rows.length === 0 && <Empty title="Nothing of these kinds" />}
        <ol>
          {rows.map((row, index) => (
            <Entry key={row.number} row={row} day={dayBefore(rows, index, dayOf)} framework={framework} />
          ))}
        </ol>
      </div>
      {!atEnd && (
        <button type="button" class="timeline-end" onClick={toEnd}>
          <Icon name="arrow" /> {unseen > 0 ? `${unseen} new` : "To the end"}
        </button>
      )}
    </div>
  );
}

function Entry({ row, day, framework }: { row: NumberedRow; day: string; framework: string | undefined }) {
  const [tone, icon] = TONES[row.tone];
  return (
    <li>
      {day && <h2>{day}</h2>}
      <div class="timeline-entry">
        <time class="num muted" dateTime={new Date(row.at * 1000).toISOString()} title={momentText(row.at)}>
          {momentText(row.at).slice(11)}
        </time>
        <span class={`state tone-${tone}`}>
          <Icon name={icon} />
          <span>{WORDS[row.kind]}</span>
        </span>
        <div class="wrap">
          {plainWords(row.text)}
          {row.last !== undefined && (
            <span class="muted">
              {" "}
              · last <Age at={row.last} ago />
            </span>
          )}
          {row.restored && <span class="muted"> · before this leader</span>}
        </div>
        <span class="timeline-links">
          {linksOf(row, framework).map(({ href, label }) => (
            <a key={href} href={href}>
              {label}
            </a>
          ))}
        </span>
      </div>
    </li>
  );
}

function dayOf(at: number): string {
  return momentText(at).slice(0, 10);
}
