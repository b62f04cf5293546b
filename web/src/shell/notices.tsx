/** Notices: what has just been done, for some seconds, with a link or a way to undo it. */

import { signal } from "@preact/signals";

import { Icon } from "../parts/icon";

export interface Notice {
  readonly text: string;
  readonly tone?: "good" | "bad" | "plain";
  readonly link?: { readonly href: string; readonly label: string };
  readonly undo?: () => void;
}

const GOOD_MS = 7000;
const notices = signal<readonly (Notice & { id: number })[]>([]);
let counter = 0;

/** Show a notice; a bad one stays until it is closed. */
export function notify(notice: Notice): void {
  counter += 1;
  const id = counter;
  notices.value = [...notices.value.slice(-3), { ...notice, id }];
  if (notice.tone !== "bad") setTimeout(() => close(id), GOOD_MS);
}

function close(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** All notices; once, in the frame. The region is always there, so that screen readers hear what comes into it. */
export function Notices() {
  return (
    <section class="notices" role="status" aria-live="polite" aria-label="Notices">
      {notices.value.map((notice) => (
        <div key={notice.id} class={`notice tone-${notice.tone ?? "plain"}`}>
          <Icon name={notice.tone === "bad" ? "alert" : "check"} />
          <p class="grow wrap">{notice.text}</p>
          {notice.link && <a href={notice.link.href}>{notice.link.label}</a>}
          {notice.undo && (
            <button type="button" onClick={() => [notice.undo?.(), close(notice.id)]}>
              Undo
            </button>
          )}
          <button type="button" class="plain icon" aria-label="Close this notice" onClick={() => close(notice.id)}>
            <Icon name="cross" />
          </button>
        </div>
      ))}
    </section>
  );
}
