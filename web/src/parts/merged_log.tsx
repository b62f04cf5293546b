/** The logs of several instances as one, each line with a mark of whose it is. */

import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { Icon } from "./icon";
import { TailReader } from "./log_follow";
import { LogLines } from "./log_lines";
import { LogSearchField, useLogSearch } from "./log_search";
import { FollowButton } from "./log_view";
import type { LogLine } from "./log_window";
import { type Merged, merge, NOTHING_MERGED, type Sourced } from "./merge";

export interface LogSource {
  /** Short: it stands before each line. */
  readonly label: string;
  readonly agent: string;
  readonly path: string;
}

/** More are not followed: each is a question every few seconds. */
const MOST_SOURCES = 16;
/** What is shown of each from before one came. */
const FIRST_LINES = 200;
const LABEL_COLUMNS = 14;

export function MergedLog({ sources }: { sources: readonly LogSource[] }) {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const followed = sources.slice(0, MOST_SOURCES);
  const { merged, problems } = useMerged(followed);
  const [held, setHeld] = useState<Merged>();
  const shown = (held ?? merged).lines;
  const lines = useMemo(
    () => (hidden.size === 0 ? shown : shown.filter((line) => !hidden.has(followed[line.source]?.label ?? ""))),
    [shown, hidden],
  );
  const hold = () => setHeld((now) => now ?? merged);
  // Who pauses by the button is not made to go on by scrolling.
  const isHeld = useRef(false);
  const toggle = () => {
    isHeld.current = held === undefined;
    setHeld(held === undefined ? merged : undefined);
  };
  const search = useLogSearch(lines, hold);
  const widest = Math.max(0, ...followed.map((source) => source.label.length));
  const margin = Math.min(LABEL_COLUMNS, widest) + 3;
  const news = held === undefined ? 0 : merged.arrived - held.arrived;
  return (
    <div class="log-box">
      <div class="log-bar row">
        <LogSearchField search={search} />
        <div class="actions row">
          <FollowButton
            follows={held === undefined}
            news={news > 0 ? `${news} new ${news === 1 ? "line" : "lines"}` : ""}
            toggle={toggle}
          />
        </div>
      </div>
      <Sources
        sources={followed}
        left={sources.length - followed.length}
        hidden={hidden}
        setHidden={setHidden}
        problems={problems}
      />
      <LogLines
        label="Log of all instances"
        lines={lines}
        keyOf={keyOf}
        follows={held === undefined}
        matches={search.matches}
        current={search.current}
        onAway={hold}
        onEnd={() => isHeld.current || setHeld(undefined)}
        marginColumns={margin}
        margin={(line) => (
          <span class="log-source" style={{ width: `${margin}ch` }} title={followed[line.source]?.label}>
            <b style={{ background: colourOf(line.source) }} />
            {followed[line.source]?.label}
          </span>
        )}
      />
    </div>
  );
}

interface SourcesProps {
  readonly sources: readonly LogSource[];
  readonly left: number;
  readonly hidden: ReadonlySet<string>;
  readonly setHidden: (hidden: ReadonlySet<string>) => void;
  readonly problems: readonly (string | undefined)[];
}

/** Whose lines are shown: each source can be left out. */
function Sources({ sources, left, hidden, setHidden, problems }: SourcesProps) {
  const toggle = (label: string) => {
    const next = new Set(hidden);
    if (!next.delete(label)) next.add(label);
    setHidden(next);
  };
  return (
    <div class="log-sources row" role="group" aria-label="Instances">
      {sources.map(({ label }, index) => (
        <button
          key={label}
          type="button"
          class="chip"
          aria-pressed={!hidden.has(label)}
          title={problems[index]}
          onClick={() => toggle(label)}
        >
          <b style={{ background: hidden.has(label) ? "transparent" : colourOf(index) }} />
          {label}
          {problems[index] && <Icon name="alert" />}
        </button>
      ))}
      {left > 0 && <span class="muted small">and {left} more, whose logs are on their own pages</span>}
    </div>
  );
}

/** Follow all sources, and put together what they say. */
function useMerged(sources: readonly LogSource[]): { merged: Merged; problems: readonly (string | undefined)[] } {
  const [merged, setMerged] = useState(NOTHING_MERGED);
  const [problems, setProblems] = useState<readonly (string | undefined)[]>([]);
  const names = JSON.stringify(sources.map(({ agent, path }) => [agent, path]));
  useEffect(() => {
    setMerged(NOTHING_MERGED);
    setProblems([]);
    const readers = sources.map((source) => new TailReader(source));
    const ends = readers.map((reader, source) => {
      let seen: LogLine | undefined;
      return effect(() => {
        const { window, problem } = reader.tail.value;
        setProblems((now) => (now[source] === problem ? now : Object.assign([...now], { [source]: problem })));
        const fresh = linesAfter(window.lines, seen);
        if (fresh.length === 0) return;
        const texts = (seen === undefined ? fresh.slice(-FIRST_LINES) : fresh).map((line) => line.text);
        seen = fresh.at(-1);
        setMerged((now) => merge(now, source, texts));
      });
    });
    for (const reader of readers) reader.start();
    return () => {
      for (const end of ends) end();
      for (const reader of readers) reader.stop();
    };
  }, [names]);
  return { merged, problems };
}

/** The lines behind one, which may be gone from the window by now. */
function linesAfter(lines: readonly LogLine[], seen: LogLine | undefined): readonly LogLine[] {
  if (seen === undefined) return lines;
  let from = lines.length;
  const isAfter = (line: LogLine | undefined) =>
    line !== undefined &&
    (line.generation > seen.generation || (line.generation === seen.generation && line.at > seen.at));
  while (from > 0 && isAfter(lines[from - 1])) from -= 1;
  return lines.slice(from);
}

function colourOf(source: number): string {
  return `var(--series-${(source % 6) + 1})`;
}

function keyOf(line: Sourced): string {
  return String(line.arrived);
}
