/** The navigation: every screen with its count, then pages of frameworks that have one. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Icon } from "../parts/icon";
import { pathTo, place } from "./router";
import { ENTRIES } from "./routes";

export function Navigation() {
  const here = place.value.parts[0] ?? "cluster";
  const isOpen = useSignal(false);
  useEffect(() => {
    isOpen.value = false;
  }, [place.value]);
  return (
    <nav class={isOpen.value ? "side open" : "side"} aria-label="Screens">
      <ul>
        {ENTRIES.map((entry) => (
          <li key={entry.screen}>
            <a href={pathTo(entry.screen)} aria-current={here === entry.screen ? "page" : undefined}>
              <Icon name={entry.icon} />
              <span class="grow">{entry.label}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
