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

/** Go to an address of ours. `replace` leaves no step to go back to: for what is typed into a search box. */
export function go(href: string, replace = false): void {
  // The entry that is left remembers how far it was scrolled, for when somebody comes back to it.
  if (!replace) history.replaceState({ scrolled: window.scrollY }, "");
  history[replace ? "replaceState" : "pushState"](null, "", href);
  place.value = parsePlace(location.pathname, location.search);
}

/** Change one value of the query, or drop it with an empty text. */
export function setQuery(name: string, value: string): void {
  const query = new URLSearchParams(location.search);
  if (value === "") query.delete(name);
  else query.set(name, value);
  const text = query.toString();
  go(location.pathname + (text && `?${text}`), true);
}

/** Follow clicks on our own links, and back and forward. */
export function followLinks(): void {
  window.addEventListener("popstate", () => {
    place.value = parsePlace(location.pathname, location.search);
  });
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
