/** A moment as its age, which ticks: one ticker for all of the page, none while the tab is hidden. */

import { signal } from "@preact/signals";

import { agoText, momentText, spanText } from "../model/ages";

/** Seconds since 1970, once a second. */
export const now = signal(Date.now() / 1000);
let timer: ReturnType<typeof setInterval> | undefined;

/** Begin to tick; called once by main. */
export function startTicking(): void {
  const tick = () => {
    now.value = Date.now() / 1000;
  };
  const follow = () => {
    clearInterval(timer);
    if (document.hidden) return;
    tick();
    timer = setInterval(tick, 1000);
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}

/** `at` in seconds since 1970. Without `ago` the bare span: "3m 5s". */
export function Age({ at, ago }: { at: number | undefined; ago?: boolean }) {
  if (at === undefined) return <span class="muted">never</span>;
  const moment = momentText(at);
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={moment}>
      {ago || at > now.value ? agoText(at, now.value) : spanText(now.value - at)}
    </time>
  );
}
