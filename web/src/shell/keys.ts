/** Keys: who wants which, and what a press means. Sequences are two keys with a space: "g a". */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface KeyAction {
  readonly label: string;
  readonly act: () => void;
}

export type Keymap = Readonly<Record<string, KeyAction>>;

const SEQUENCE_MS = 1200;

/** All keys that mean something now, those added last first. */
export const keymaps = signal<readonly Keymap[]>([]);

/** Have keys while the component is mounted: `useKeys({ d: { label: "Drain this agent", act } }, [id])`. */
export function useKeys(keys: Keymap, inputs: readonly unknown[] = []): void {
  useEffect(() => addKeys(keys), [...inputs]);
}

/** Have keys until the returned function is called. */
export function addKeys(keys: Keymap): () => void {
  keymaps.value = [keys, ...keymaps.value];
  return () => {
    keymaps.value = keymaps.value.filter((each) => each !== keys);
  };
}

/** What a press means: an action, the beginning of a sequence, or nothing. `before` is the key pressed just before. */
export function readKey(maps: readonly Keymap[], before: string, key: string): KeyAction | "begins" | undefined {
  for (const name of before === "" ? [key] : [`${before} ${key}`, key]) {
    const found = maps.find((map) => Object.hasOwn(map, name))?.[name];
    if (found !== undefined) return found;
    if (maps.some((map) => Object.keys(map).some((each) => each.startsWith(`${name} `)))) return "begins";
  }
  return undefined;
}

/** Begin to listen; called once by main. */
export function listenToKeys(): void {
  let before = "";
  let at = 0;
  document.addEventListener("keydown", (event) => {
    const key = event.key;
    if ((event.metaKey || event.ctrlKey) && key.toLowerCase() === "k" && !event.altKey && !event.shiftKey) {
      run(event, readKey(keymaps.value, "", "/"));
      return;
    }
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
    const found = readKey(keymaps.value, event.timeStamp - at < SEQUENCE_MS ? before : "", key);
    before = found === "begins" ? key : "";
    at = event.timeStamp;
    run(event, found);
  });
}

function run(event: KeyboardEvent, found: KeyAction | "begins" | undefined): void {
  if (found === undefined || found === "begins") return;
  event.preventDefault();
  found.act();
}

/** Letters belong to whoever types, and to a dialog that is open. */
function isTyping(target: EventTarget | null): boolean {
  if (document.querySelector("dialog[open]")) return true;
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
