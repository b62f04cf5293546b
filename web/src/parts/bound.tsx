/** Fields of an order, each bound to a signal: what the dialog says follows what is typed. */

import type { Signal } from "@preact/signals";
import type { ComponentChildren, InputHTMLAttributes } from "preact";

interface TickProps {
  readonly held: Signal<boolean>;
  /** What is taken back when this one is ticked, as the two exclude each other. */
  readonly against?: Signal<boolean>;
  readonly children: ComponentChildren;
}

/** A box to tick; `children` say what it does. */
export function Tick({ held, against, children }: TickProps) {
  return (
    <label class="box">
      <input
        type="checkbox"
        checked={held.value}
        onInput={(event) => {
          held.value = event.currentTarget.checked;
          if (held.value && against) against.value = false;
        }}
      />
      <span>{children}</span>
    </label>
  );
}

type Passed = "inputMode" | "placeholder" | "aria-invalid" | "aria-describedby";

interface TextFieldProps extends Pick<InputHTMLAttributes, Passed> {
  readonly label: ComponentChildren;
  readonly held: Signal<string>;
  readonly type?: "datetime-local";
  /** Beneath the field. */
  readonly hint?: string;
}

/** A line of text as it is typed. */
export function TextField({ label, held, hint, ...input }: TextFieldProps) {
  return (
    <label class="stack-field">
      <span>{label}</span>
      <input
        spellcheck={false}
        autocomplete="off"
        {...input}
        value={held.value}
        onInput={(event) => {
          held.value = event.currentTarget.value;
        }}
      />
      {hint && <small>{hint}</small>}
    </label>
  );
}
