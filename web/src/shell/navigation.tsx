/** The navigation: every screen with its count, then the pages of frameworks that have one. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { useRow, useTable } from "../live/live";
import { safeHref } from "../model/links";
import { Icon } from "../parts/icon";
import { type Counter, countersOf } from "./counters";
import { ENTRIES } from "./entries";
import { pathTo, place } from "./router";

export function Navigation() {
  const here = place.value.parts[0] ?? "cluster";
  const isOpen = useSignal(false);
  const counters = useCounters();
  useEffect(() => {
    isOpen.value = false;
  }, [place.value]);
  return (
    <nav class={isOpen.value ? "side open" : "side"} aria-label="Screens">
      <ul>
        {ENTRIES.map((entry) => (
          <li key={entry.screen} class={entry.isFirst ? "" : "later"}>
            <a href={pathTo(entry.screen)} aria-current={here === entry.screen ? "page" : undefined}>
              <Icon name={entry.icon} />
              <span class="grow">{entry.label}</span>
              <Count counter={counters[entry.screen]} />
            </a>
          </li>
        ))}
        <li class="more">
          <button
            type="button"
            class="side-more"
            aria-expanded={isOpen.value}
            onClick={() => {
              isOpen.value = !isOpen.value;
            }}
          >
            <Icon name="menu" />
            <span>More</span>
          </button>
        </li>
      </ul>
      <FrameworkPages />
    </nav>
  );
}

function useCounters(): Readonly<Record<string, Counter>> {
  const cluster = useRow("cluster", "cluster");
  const apps = useTable("apps");
  const deployments = useTable("deployments");
  const known = apps.ready ? apps.rows.values() : undefined;
  return countersOf(cluster, known, deployments.ready ? deployments.rows.size : undefined);
}

function Count({ counter }: { counter: Counter | undefined }) {
  if (counter === undefined) return null;
  const { count, alarm } = counter;
  return (
    <>
      {alarm && (
        <span class="count alarm num" title={`${alarm.count} ${alarm.what}`}>
          <Icon name="alert" />
          {alarm.count}
          <span class="hidden-text"> {alarm.what},</span>
        </span>
      )}
      <span class="count num">{count}</span>
    </>
  );
}

/** Frameworks with a page of their own; only addresses that are safe to follow. */
function FrameworkPages() {
  const frameworks = useTable("frameworks");
  const pages = [...frameworks.rows.values()].filter((row) => row.state === "active" && safeHref(row.webui_url));
  if (pages.length === 0) return null;
  return (
    <div class="pages">
      <h2>Framework pages</h2>
      <ul>
        {pages.map((row) => (
          <li key={row.id}>
            <a href={safeHref(row.webui_url) ?? ""} target="_blank" rel="noopener noreferrer">
              <Icon name="out" />
              <span class="grow clip">{row.name}</span>
              <span class="hidden-text"> (opens another page)</span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
