/** The list of keys, and the keys of the frame itself. */

import { signal } from "@preact/signals";

import { Dialog } from "./dialog";
import { ENTRIES } from "./entries";
import { openJump } from "./jump";
import { type Keymap, keymaps } from "./keys";
import { go, pathTo } from "./router";
import { switchTheme } from "./theme";

const isOpen = signal(false);

export const FRAME_KEYS: Keymap = {
  "/": { label: "Find anything (also Ctrl K)", act: openJump },
  "?": {
    label: "Show the keys",
    act: () => {
      isOpen.value = true;
    },
  },
  t: { label: "Switch dark and light", act: switchTheme },
  ...Object.fromEntries(
    ENTRIES.map((entry) => [`g ${entry.key}`, { label: entry.label, act: () => go(pathTo(entry.screen)) }]),
  ),
};

/** In tables the keys are the platform's, told here for those who look for them. */
const TABLE_KEYS = [
  ["↑ ↓ PgUp PgDn", "Move in a table"],
  ["Enter", "Open the row"],
  ["Esc", "Close a dialog"],
] as const;

/** The keys where they are asked for; once, in the frame. */
export function KeysDialog() {
  if (!isOpen.value) return null;
  const close = () => {
    isOpen.value = false;
  };
  const all = keymaps.value.flatMap((map) => Object.entries(map).map(([key, { label }]) => [key, label] as const));
  return (
    <Dialog title="Keys" wide onClose={close}>
      <dl class="keys">
        {[...all, ...TABLE_KEYS].map(([key, label]) => (
          <div key={key}>
            <dt>
              {key.split(" ").map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
