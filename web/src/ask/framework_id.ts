/** Marathon's framework id: what its tasks are kept under. Asked once, and again by whoever comes while it is unknown. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { ask } from "./ask";

const known = signal<string | undefined>(undefined);

/** Undefined until Marathon says it. */
export function useFrameworkId(): string | undefined {
  useEffect(() => {
    if (known.peek() !== undefined) return;
    void ask<{ frameworkId?: string }>("GET", "marathon/v2/info").then((answer) => {
      if (answer.ok) known.value = answer.body.frameworkId;
    });
  }, []);
  return known.value;
}
