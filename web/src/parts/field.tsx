/** What is bound to the URL: a search box and a choice; and the way to read the query. */

import { useEffect, useRef } from "preact/hooks";

import { place, setQuery } from "../shell/router";
import { Icon } from "./icon";

const TYPING_MS = 120;

/** A value of the query, "" where it is not there; the component is drawn again when it changes. */
export function useQuery(name: string): string {
  return place.value.query.get(name) ?? "";
}

/** A search box bound to `?name=`; the URL follows once the typing rests. */
export function SearchField({
  name = "search",
  label,
  placeholder,
}: {
  name?: string;
  label: string;
  placeholder?: string;
}) {
  const value = useQuery(name);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const typed = (text: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setQuery(name, text), TYPING_MS);
  };
  return (
    <label class="search">
      <Icon name="search" />
      <span class="hidden-text">{label}</span>
      <input
        ref={input}
        type="search"
        placeholder={placeholder ?? label}
        defaultValue={value}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => typed(event.currentTarget.value)}
      />
    </label>
  );
}

export interface ChoiceOption {
  readonly value: string;
  readonly label: string;
}

/** A choice bound to `?name=`; the option with the value "" is what holds without one. */
export function Choice({ name, label, options }: { name: string; label: string; options: readonly ChoiceOption[] }) {
  const value = useQuery(name);
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => setQuery(name, event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}
