/** The logs of several instances as one, each line with a mark of whose it is. */

import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { toggled } from "../model/sets";
import { Icon } from "./icon";
import { TailReader } from "./log_follow";
import { LogBar } from "./log_bar";
import { LogLines } from "./log_lines";
import { useLogSearch } from "./log_search";
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
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const { merged, followed, labels } = useMerged(sources.slice(0, MOST_SOURCES));
  const [held, setHeld] = useState<Merged>();
  const shown = (held ?? merged).lines;
  const lines = useMemo(
    () => (hidden.size === 0 ? shown : shown.filter((line) => !hidden.has(line.source))),
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
  const widest = Math.max(0, ...labels.map((label) => label.length));
  const margin = Math.min(LABEL_COLUMNS, widest) + 3;
  const news = held === undefined ? 0 : merged.arrived - held.arrived;
  return (
    <div class="log-box">
      <LogBar search={search} follows={held === undefined} news={news > 0 ? `${news} new` : ""} toggle={toggle} />
      <Sources followed={followed} left={sources.length - followed.length} hidden={hidden} setHidden={setHidden} />
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
        margin={({ source }) => <Label number={source} label={labels[source]} columns={margin} />}
      />
    </div>
  );
}

/** Whose line it is, before it. */
function Label({ number, label, columns }: { number: number; label: string | undefined; columns: number }) {
  return (
    <span class="log-source" style={{ width: `${columns}ch` }} title={label}>
      <b style={{ background: colourOf(number) }} />
      {label}
    </span>
  );
}

interface SourcesProps {
  readonly followed: readonly Followed[];
  readonly left: number;
  readonly hidden: ReadonlySet<number>;
  readonly setHidden: (hidden: ReadonlySet<number>) => void;
}

/** Whose lines are shown: each source can be left out. */
function Sources({ followed, left, hidden, setHidden }: SourcesProps) {
  const toggle = (number: number) => {
    setHidden(toggled(hidden, number));
  };
  return (
    <div class="log-sources row" role="group" aria-label="Instances">
      {followed.map(({ label, number, reader }) => {
        const { problem } = reader.tail.value;
        const isShown = !hidden.has(number);
        return (
          <button
            key={number}
            type="button"
            class="chip"
            aria-pressed={isShown}
            title={problem}
            onClick={() => toggle(number)}
          >
            <b style={{ background: isShown ? colourOf(number) : "transparent" }} />
            {label}
            {problem && <Icon name="alert" />}
          </button>
        );
      })}
      {left > 0 && <span class="muted small">and {left} more, whose logs are on their own pages</span>}
    </div>
  );
}

/** Follow all sources, and put together what they say. What one said stays when it is gone; one that comes joins in. */
function useMerged(sources: readonly LogSource[]) {
  const [merged, setMerged] = useState(NOTHING_MERGED);
  const [followed, setFollowed] = useState<readonly Followed[]>([]);
  const labels = useRef<string[]>([]);
  const readers = useRef(new Map<string, Followed>());
  const names = sources.map(nameOf).join("\n");
  useEffect(() => {
    const known = readers.current;
    const wanted = new Set(sources.map(nameOf));
    for (const [name, one] of known) {
      if (!wanted.has(name)) one.stop();
      if (!wanted.has(name)) known.delete(name);
    }
    for (const source of sources) {
      if (known.has(nameOf(source))) continue;
      const number = labels.current.push(source.label) - 1;
      known.set(
        nameOf(source),
        follow(source, number, (texts) => setMerged((now) => merge(now, number, texts))),
      );
    }
    setFollowed([...known.values()]);
  }, [names]);
  useEffect(() => () => readers.current.forEach((one) => one.stop()), []);
  return { merged, followed, labels: labels.current };
}

interface Followed {
  /** Its place among all that were ever followed here: lines and colours go by it. */
  readonly number: number;
  readonly label: string;
  readonly reader: TailReader;
  readonly stop: () => void;
}

/** Follow one source, and tell its new lines. */
function follow(source: LogSource, number: number, tell: (texts: readonly string[]) => void): Followed {
  const reader = new TailReader(source);
  let seen: LogLine | undefined;
  const end = effect(() => {
    const fresh = linesAfter(reader.tail.value.window.lines, seen);
    if (fresh.length === 0) return;
    tell((seen === undefined ? fresh.slice(-FIRST_LINES) : fresh).map((line) => line.text));
    seen = fresh.at(-1);
  });
  reader.start();
  const stop = () => {
    end();
    reader.stop();
  };
  return { number, label: source.label, reader, stop };
}

function nameOf({ agent, path }: LogSource): string {
  return `${agent} ${path}`;
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
