/** The search in a log: text or pattern, how many, next and previous. */

import { useMemo, useState } from "preact/hooks";

import { Icon } from "./icon";
import { type Showable, plainOf } from "./log_lines";
import { type Found, find, step } from "./log_find";

export interface LogSearch extends Found {
  readonly query: string;
  readonly isPattern: boolean;
  readonly current: number;
  readonly change: (query: string, isPattern: boolean) => void;
  readonly move: (by: 1 | -1) => void;
}

/** Search these lines. `onMove` is told before what was found is shown. */
export function useLogSearch(lines: readonly Showable[], onMove: () => void): LogSearch {
  const [asked, setAsked] = useState({ query: "", isPattern: false });
  // Which one, by line and place: numbers change as lines come and go.
  const [at, setAt] = useState<{ line: Showable | undefined; from: number }>();
  const found = useMemo(
    () => find(asked.query === "" ? [] : lines.map(plainOf), asked.query, asked.isPattern, () => performance.now()),
    [lines, asked],
  );
  const { matches } = found;
  const current =
    at === undefined ? -1 : matches.findIndex((one) => lines[one.line] === at.line && one.from === at.from);
  const move = (by: 1 | -1) => {
    const match = matches[step(matches.length, current, by)];
    if (match === undefined) return;
    onMove();
    setAt({ line: lines[match.line], from: match.from });
  };
  const change = (query: string, isPattern: boolean) => {
    setAsked({ query, isPattern });
    setAt(undefined);
  };
  return { ...found, ...asked, current, change, move };
}

export function LogSearchField({ search }: { search: LogSearch }) {
  const { query, isPattern, matches, problem } = search;
  return (
    <div class="log-search row" role="search">
      <label class="search">
        <Icon name="search" />
        <span class="hidden-text">Search in this log</span>
        <input
          type="search"
          placeholder="Search in this log"
          value={query}
          spellcheck={false}
          aria-invalid={isPattern && matches.length === 0 && problem !== undefined}
          onInput={(event) => search.change(event.currentTarget.value, isPattern)}
          onKeyDown={(event) => event.key === "Enter" && search.move(event.shiftKey ? -1 : 1)}
        />
      </label>
      <button
        type="button"
        class="icon"
        aria-pressed={isPattern}
        aria-label="Search by a pattern"
        title="Search by a pattern (regular expression)"
        onClick={() => search.change(query, !isPattern)}
      >
        .*
      </button>
      {query !== "" && <Steps search={search} />}
      {problem && <span class="small tone-warn">{problem}</span>}
    </div>
  );
}

/** How many there are, and the way from one to the next. */
function Steps({ search }: { search: LogSearch }) {
  const { current } = search;
  const count = search.matches.length;
  return (
    <>
      <span class="num small" role="status">
        {count === 0 ? "none" : current < 0 ? `${count} found` : `${current + 1} of ${count}`}
      </span>
      <button
        type="button"
        class="icon"
        aria-label="Previous match"
        disabled={count === 0}
        onClick={() => search.move(-1)}
      >
        <Icon name="up" />
      </button>
      <button type="button" class="icon" aria-label="Next match" disabled={count === 0} onClick={() => search.move(1)}>
        <Icon name="down" />
      </button>
    </>
  );
}
