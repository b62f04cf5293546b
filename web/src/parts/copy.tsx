/** A text that one can take away with a press. */

import { useSignal } from "@preact/signals";

import { Icon } from "./icon";

const SAID_MS = 1500;

/** A small button that copies `text`; `what` names it for those who don't see the icon: "the task id". */
export function Copy({ text, what }: { text: string; what: string }) {
  const done = useSignal("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      done.value = "copied";
    } catch {
      done.value = "can't copy here";
    }
    setTimeout(() => {
      done.value = "";
    }, SAID_MS);
  };
  return (
    <span class="copy">
      <button type="button" class="plain icon" aria-label={`Copy ${what}`} title={`Copy ${what}`} onClick={copy}>
        <Icon name={done.value === "copied" ? "check" : "copy"} />
      </button>
      <span class="hidden-text" role="status">
        {done.value}
      </span>
    </span>
  );
}
