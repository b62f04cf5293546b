/** The JSON side: a text area with numbered lines, those with a problem marked. Tab indents; Esc, then Tab leaves. */

import { useEffect, useId, useRef } from "preact/hooks";

import { layOut } from "./json_edit";
import { typeKey } from "./typing";

interface CodeProps {
  readonly label: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  /** By line, the first being 1. */
  readonly problems: ReadonlyMap<number, string>;
  /** Go to a line; another object each time. */
  readonly jump?: { readonly line: number } | undefined;
}

/** What keys do to the text; Esc lets the next Tab leave it. */
function useTyping() {
  const leaves = useRef(false);
  return (event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }) => {
    const { key, currentTarget: at } = event;
    const isLeaving = leaves.current && key === "Tab";
    leaves.current = key === "Escape" || (leaves.current && key === "Shift");
    if (isLeaving || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typed = typeKey({ text: at.value, from: at.selectionStart, to: at.selectionEnd }, key, event.shiftKey);
    if (typed === undefined) return;
    event.preventDefault();
    put(at, typed.text);
    at.setSelectionRange(typed.from, typed.to);
  };
}

function LineNumbers({ count, problems }: { count: number; problems: CodeProps["problems"] }) {
  return (
    <ol aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <li key={index} class={problems.has(index + 1) ? "bad" : ""} title={problems.get(index + 1)}>
          {index + 1}
        </li>
      ))}
    </ol>
  );
}

/** The problems as they are read out. */
function Spoken({ id, problems }: { id: string; problems: CodeProps["problems"] }) {
  return (
    <ul id={id} class="hidden-text">
      {[...problems].map(([line, message]) => (
        <li key={line}>{`line ${line}: ${message}`}</li>
      ))}
    </ul>
  );
}

export function Code({ label, text, onText, problems, jump }: CodeProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const onKeyDown = useTyping();
  const id = useId();
  const count = text.split("\n").length;
  useEffect(() => {
    if (jump && area.current) select(area.current, jump.line);
  }, [jump]);
  return (
    <div class="code-box">
      <div class="code">
        <LineNumbers count={count} problems={problems} />
        <textarea
          ref={area}
          aria-label={label}
          aria-invalid={problems.size > 0}
          aria-describedby={`${id}-keys ${id}-problems`}
          wrap="off"
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          rows={Math.max(12, count)}
          value={text}
          onInput={(event) => onText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <p class="row small">
        <span id={`${id}-keys`} class="muted grow">
          Tab indents; Esc, then Tab, leaves the text.
        </span>
        <button type="button" onClick={() => area.current && put(area.current, layOut(text))}>
          Lay out
        </button>
      </p>
      <Spoken id={`${id}-problems`} problems={problems} />
    </div>
  );
}

/** Change the text by the part that differs, so that the browser can undo it. */
function put(area: HTMLTextAreaElement, text: string): void {
  const was = area.value;
  let head = 0;
  while (head < Math.min(was.length, text.length) && was[head] === text[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(was.length, text.length) - head && was.at(-1 - tail) === text.at(-1 - tail)) tail += 1;
  const fresh = text.slice(head, text.length - tail);
  area.focus();
  area.setSelectionRange(head, was.length - tail);
  const isDone = fresh === "" ? document.execCommand("delete") : document.execCommand("insertText", false, fresh);
  if (isDone && area.value === text) return;
  area.value = text;
  area.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

function select(area: HTMLTextAreaElement, line: number): void {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  const height = area.scrollHeight / Math.max(12, lines.length);
  const top = area.getBoundingClientRect().top + (line - 1) * height;
  if (top < 100 || top > innerHeight - 60) scrollBy({ top: top - innerHeight / 3 });
}
