/** Parts of the bundle that are scripts of their own: each is fetched once, when it is shown or when nothing else is to do.
 *
 * A script that can't be had though the page can was there before the daemon had another bundle: then the page is
 * loaded again, once, and has the new one.
 */

export interface Part<Value> {
  /** What it has, once it is there. */
  readonly value: Value | undefined;
  /** Whether the last attempt failed. */
  readonly failed: boolean;
  /** Never fails: afterwards `value` or `failed` says how it went. */
  fetch(): Promise<void>;
}

const RELOADED = "koinon.reloaded";
/** A page that was loaded again so recently is not again. */
const RELOAD_MS = 30_000;
const PREFETCH_MS = 200;
const all: Part<unknown>[] = [];

/** A part that `load` fetches: `part(() => import("./x"))`. */
export function part<Value>(load: () => Promise<Value>): Part<Value> {
  let coming: Promise<void> | undefined;
  const made = {
    value: undefined as Value | undefined,
    failed: false,
    fetch: () => {
      coming ??= load().then(
        (value) => {
          Object.assign(made, { value, failed: false });
        },
        () => {
          made.failed = true;
          coming = undefined;
        },
      );
      return coming;
    },
  };
  all.push(made);
  return made;
}

/** Fetch all that is not there yet, one after the other while the browser has nothing else to do; until one fails. */
export async function fetchAll(): Promise<void> {
  // Parts that come may bring parts of their own.
  for (const each of all) {
    if (each.value !== undefined) continue;
    await new Promise((resolve) => {
      if ("requestIdleCallback" in window) requestIdleCallback(resolve);
      else setTimeout(resolve, PREFETCH_MS);
    });
    await each.fetch();
    if (each.failed) return;
  }
}

/** After a failed fetch: load the page at this address again, unless that was done just now. */
export async function reloadOnce(href: string, now = Date.now()): Promise<void> {
  if (now < Number(sessionStorage.getItem(RELOADED)) + RELOAD_MS) return;
  await reload(href, now);
}

/** Load the page at this address again, where there is a page; then this ends with the page. Browsers remember of a
 * script that it could not be had, as long as the page lasts, so that asking for it again is no help. */
export async function reload(href: string, now = Date.now()): Promise<void> {
  const answer = await fetch(href, { cache: "no-store" }).catch(() => undefined);
  if (!answer?.ok) return;
  sessionStorage.setItem(RELOADED, String(now));
  location.assign(href);
  await new Promise(() => {});
}
