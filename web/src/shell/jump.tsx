/** The jump box: type some letters of any id or name, and go there. Its tables are read only while it is open. */

import { signal, useSignal } from "@preact/signals";
import { useEffect, useId, useMemo } from "preact/hooks";

import { type Findable, find, type FoundGroup, markWords } from "../model/finding";
import { useModal } from "./dialog";
import { ENTRIES } from "./entries";
import { useFindables } from "./findables";
import { go, pathTo } from "./router";

const isOpen = signal(false);

export function openJump(): void {
  isOpen.value = true;
}

/** The box where it is open; once, in the frame. */
export function JumpBox() {
  return isOpen.value ? <OpenBox /> : null;
}

const SCREENS: readonly Findable[] = ENTRIES.map((entry) => ({
  kind: "Screens",
  name: entry.label,
  detail: `g ${entry.key}`,
  href: pathTo(entry.screen),
}));

/** What is typed, what that finds, and which of it is chosen. */
function useSearch(items: readonly Findable[]) {
  const typed = useSignal("");
  // By name, as what comes meanwhile moves it.
  const chosen = useSignal("");
  const groups = useMemo(() => find(typed.value, [...SCREENS, ...items]), [typed.value, items]);
  const flat = groups.flatMap((group) => group.found.map((found) => found.item));
  const found = flat.findIndex((item) => keyOf(item) === chosen.value);
  const at = Math.min(Math.max(found, 0), flat.length - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (event.key === "Enter") follow(flat[at]);
    else if (to === undefined || flat.length === 0) return;
    else chosen.value = keyOf(flat[(to + flat.length) % flat.length]);
    event.preventDefault();
  };
  const onInput = (text: string) => {
    typed.value = text;
    chosen.value = "";
  };
  return { typed: typed.value, groups, at, onKeyDown, onInput };
}

function OpenBox() {
  const dialog = useModal();
  const id = useId();
  const items = useFindables();
  const { typed, groups, at, onKeyDown, onInput } = useSearch(items);
  useEffect(() => document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" }), [at, typed]);
  return (
    <dialog
      ref={dialog}
      class="jump"
      aria-label="Find anything"
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div>
        <Input
          list={`${id}-list`}
          active={at < 0 ? undefined : `${id}-${at}`}
          onKeyDown={onKeyDown}
          onInput={onInput}
        />
        <Results id={id} groups={groups} typed={typed} at={at} />
        <Foot words={typed.trim() === "" ? `${items.length} things to find` : summary(groups)} />
      </div>
    </dialog>
  );
}

function close(): void {
  isOpen.value = false;
}

function follow(item: Findable | undefined): void {
  if (item === undefined) return;
  close();
  go(item.href);
}

interface InputProps {
  readonly list: string;
  readonly active: string | undefined;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onInput: (text: string) => void;
}

function Input({ list, active, onKeyDown, onInput }: InputProps) {
  return (
    <input
      role="combobox"
      aria-label="Any id or name"
      aria-expanded={active !== undefined}
      aria-controls={list}
      aria-activedescendant={active}
      aria-autocomplete="list"
      autocomplete="off"
      spellcheck={false}
      placeholder="Any id or name: agent, app, task, offer …"
      onKeyDown={onKeyDown}
      onInput={(event) => onInput(event.currentTarget.value)}
    />
  );
}

function Foot({ words }: { words: string }) {
  return (
    <p class="jump-foot">
      <span role="status">{words}</span>
      <span>
        <kbd>↑</kbd> <kbd>↓</kbd> choose
      </span>
      <span>
        <kbd>Enter</kbd> go
      </span>
    </p>
  );
}

function keyOf(item: Findable | undefined): string {
  return item ? item.href + item.name : "";
}

function summary(groups: readonly FoundGroup[]): string {
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  return count === 0 ? "Nothing has these letters" : `${count} found`;
}

interface ResultsProps {
  readonly id: string;
  readonly groups: readonly FoundGroup[];
  readonly typed: string;
  readonly at: number;
}

function Results({ id, groups, typed, at }: ResultsProps) {
  let place = -1;
  return (
    <div role="listbox" id={`${id}-list`} aria-label="Found" hidden={groups.length === 0}>
      {groups.map((group) => (
        <div role="group" key={group.kind} aria-label={group.kind}>
          <div aria-hidden="true">
            {group.kind} {group.count > group.found.length && `· ${group.found.length} of ${group.count}`}
          </div>
          {group.found.map(({ item }) => {
            place += 1;
            return (
              <div
                key={keyOf(item)}
                id={`${id}-${place}`}
                role="option"
                aria-selected={place === at}
                onClick={() => follow(item)}
              >
                <span class="clip">
                  {markWords(item.name, typed).map((piece) => (piece.marked ? <mark>{piece.text}</mark> : piece.text))}
                </span>
                <small class="clip">{item.detail}</small>
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}
