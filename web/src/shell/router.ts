/** Where we are: the path below /ui/ and the query, as one signal; links change it without loading a page. */

import { signal } from "@preact/signals";

export const BASE = "/ui/";

export interface Place {
  /** Parts of the path below /ui/, decoded: /ui/agents/a%2Fb is ["agents", "a/b"]. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

/** Read a path and its query. Parts that can't be decoded stay as they are. */
export function parsePlace(path: string, query: string): Place {
  const parts = path.replace(BASE, "").split("/").filter(Boolean).map(decode);
  return { parts, query: new URLSearchParams(query) };
}

/** The address of a place: `pathTo("agents", id)`, `pathTo("tasks", {search: "web"})`. */
export function pathTo(...parts: (string | Readonly<Record<string, string>>)[]): string {
  const names = parts.filter((part): part is string => typeof part === "string").map(encodeURIComponent);
  const last = parts.at(-1);
  const query = typeof last === "object" ? new URLSearchParams(last).toString() : "";
  return BASE + names.join("/") + (query && `?${query}`);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const place = signal<Place>(
  typeof location === "undefined" ? parsePlace(BASE, "") : parsePlace(location.pathname, location.search),
);

/** Whether a place is still being fetched: the old one is shown until then. */
export const isComing = signal(false);

/** What must be there before a place is shown: a promise that never fails, or undefined where nothing is missing. */
export type Prepare = (parts: readonly string[], href: string) => Promise<void> | undefined;

let prepare: Prepare = () => undefined;
let arrivals = 0;

/** Go to an address of ours. As with any link, address and page change together, when the page is there. */
export function go(href: string): void {
  arrive(href, () => {
    // The entry that is left remembers how far it was scrolled, for when somebody comes back to it.
    history.replaceState({ scrolled: window.scrollY }, "");
    history.pushState(null, "", href);
  });
}

/** Show the address that the browser has already: at the beginning, after back and forward. */
function arriveAgain(): void {
  arrive(location.href, () => {});
}

/** Who is sent elsewhere meanwhile goes there alone. */
function arrive(href: string, write: () => void): void {
  arrivals += 1;
  const mine = arrivals;
  const next = new URL(href, location.href);
  const to = parsePlace(next.pathname, next.search);
  const finish = () => {
    if (mine !== arrivals) return;
    isComing.value = false;
    write();
    place.value = to;
  };
  const missing = prepare(to.parts, href);
  if (missing === undefined) return finish();
  isComing.value = true;
  void missing.then(finish);
}

/** Change one value of the query, or drop it with an empty text; leaves no step to go back to. */
export function setQuery(name: string, value: string): void {
  const query = new URLSearchParams(location.search);
  if (value === "") query.delete(name);
  else query.set(name, value);
  const text = query.toString();
  history.replaceState(null, "", location.pathname + (text && `?${text}`));
  place.value = parsePlace(location.pathname, location.search);
}

/** Follow clicks on our own links, back and forward, and show where we are once that is prepared. */
export function followLinks(rule: Prepare): void {
  prepare = rule;
  window.addEventListener("popstate", arriveAgain);
  arriveAgain();
  document.addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const anchor = (event.target as Element | null)?.closest?.("a");
    if (!anchor || anchor.target || anchor.hasAttribute("download") || anchor.origin !== location.origin) return;
    if (!anchor.pathname.startsWith(BASE) || anchor.pathname.startsWith(`${BASE}api/`)) return;
    event.preventDefault();
    go(anchor.pathname + anchor.search);
  });
}
