/** Dark or light: as the system has it, until somebody chooses. */

import { computed, signal } from "@preact/signals";

export type Theme = "light" | "dark";
const KEPT = "koinon.theme";

const system = matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(system.matches);
const chosen = signal<string>(read());

/** The theme that is shown now. */
export const theme = computed<Theme>(() =>
  chosen.value === "light" || chosen.value === "dark" ? chosen.value : isSystemDark.value ? "dark" : "light",
);

/** Show the theme, and follow the system; called once by main, before anything is drawn. */
export function followTheme(): void {
  system.addEventListener("change", () => {
    isSystemDark.value = system.matches;
  });
  theme.subscribe((name) => {
    document.documentElement.dataset.theme = name;
  });
}

export function switchTheme(): void {
  chosen.value = theme.peek() === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEPT, chosen.peek());
  } catch {
    // Where nothing may be kept the choice holds until the page is left.
  }
}

function read(): string {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}
