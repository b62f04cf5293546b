/** Tabs bound to the URL: `?tab=tasks`; arrow keys move between them. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { setQuery } from "../shell/router";
import { useQuery } from "./field";

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly count?: number | undefined;
  readonly render: () => ComponentChildren;
}

/** The first tab is shown where the URL names none of them. */
export function Tabs({ label, tabs, name = "tab" }: { label: string; tabs: readonly Tab[]; name?: string }) {
  const wanted = useQuery(name);
  const prefix = useId();
  const list = useRef<HTMLDivElement>(null);
  const at = Math.max(
    0,
    tabs.findIndex((tab) => tab.id === wanted),
  );
  const shown = tabs[at];
  const choose = (index: number) => {
    const tab = tabs[(index + tabs.length) % tabs.length];
    if (tab === undefined) return;
    setQuery(name, tab === tabs[0] ? "" : tab.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${CSS.escape(tab.id)}"]`)?.focus();
  };
  useEffect(() => {
    // Where the list is wider than the window, what is shown would not be seen to be chosen.
    const [row, tab] = [list.current, list.current?.querySelector<HTMLElement>("[aria-selected=true]")];
    if (row && tab) row.scrollLeft = Math.max(0, tab.offsetLeft - row.offsetLeft - row.clientWidth / 3);
  }, [shown?.id]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(step);
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab, index) => (
          <Handle key={tab.id} tab={tab} prefix={prefix} isShown={index === at} choose={() => choose(index)} />
        ))}
      </div>
      <div role="tabpanel" id={`${prefix}-panel`} aria-labelledby={`${prefix}-${shown?.id}`} key={shown?.id}>
        {shown?.render()}
      </div>
    </div>
  );
}

interface HandleProps {
  readonly tab: Tab;
  readonly prefix: string;
  readonly isShown: boolean;
  readonly choose: () => void;
}

function Handle({ tab, prefix, isShown, choose }: HandleProps) {
  return (
    <button
      type="button"
      role="tab"
      id={`${prefix}-${tab.id}`}
      data-tab={tab.id}
      aria-selected={isShown}
      aria-controls={`${prefix}-panel`}
      tabIndex={isShown ? 0 : -1}
      onClick={choose}
    >
      {tab.label}
      {tab.count !== undefined && <span class="count num">{tab.count}</span>}
    </button>
  );
}
