/** Lines of a log, wrapped, of which only those in view are in the page. Stays at the end while it follows. */

import { Component, type ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { beginnings, seenLines } from "./log_rows";
import type { Match } from "./log_find";
import { marked, plain, spans } from "./log_text";

/** What can be shown: a line of one file, or of several. */
export interface Showable {
  readonly text: string;
  readonly note?: true;
}

export interface LogLinesProps<Line extends Showable> {
  readonly label: string;
  readonly lines: readonly Line[];
  readonly keyOf: (line: Line) => string;
  readonly follows: boolean;
  readonly matches: readonly Match[];
  /** Of `matches`; its line is brought into view when it changes. */
  readonly current: number;
  readonly onAway: () => void;
  readonly onEnd: () => void;
  readonly onBegin?: () => void;
  /** What stands before each line, of `marginColumns` characters. */
  readonly margin?: (line: Line) => ComponentChildren;
  readonly marginColumns?: number;
}

/** How near to an end counts as there, in pixels. */
const NEAR = 4;
const EARLY = 300;

export function LogLines<Line extends Showable>(props: LogLinesProps<Line>) {
  const { lines, keyOf, follows, matches } = props;
  const box = useRef<HTMLDivElement>(null);
  const { columns, rowHeight } = useCells(box, props.marginColumns ?? 0);
  const [top, setTop] = useState(0);
  const begins = useMemo(() => beginnings(lines.map(plainOf), columns), [lines, columns]);
  const rows = Math.ceil((box.current?.clientHeight ?? 400) / rowHeight);
  const total = begins.at(-1) ?? 0;
  // While it follows, what is seen is the end, wherever the page has scrolled to so far.
  const [from, to] = seenLines(begins, follows ? total - rows : top / rowHeight, rows);
  useStay(box, props, begins, rowHeight);
  useCurrent(box, props, begins, rowHeight);

  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current as HTMLDivElement;
    const left = scrollHeight - scrollTop - clientHeight;
    setTop(scrollTop);
    if (follows && left > rowHeight * 1.5) props.onAway();
    if (!follows && left < NEAR) props.onEnd();
    if (scrollTop < EARLY) props.onBegin?.();
  };
  const byLine = useMemo(() => grouped(matches), [matches]);
  return (
    <div class="log" role="region" aria-label={props.label} tabIndex={0} ref={box} onScroll={onScroll}>
      <div class="log-measure" aria-hidden="true">
        {"0".repeat(50)}
      </div>
      <div
        style={{
          paddingTop: `${(begins[from] ?? 0) * rowHeight}px`,
          paddingBottom: `${(total - (begins[to] ?? 0)) * rowHeight}px`,
        }}
      >
        {lines.slice(from, to).map((line, index) => {
          const places = byLine.get(from + index);
          const current = places ? props.current - (places[0]?.at ?? 0) : -1;
          return <Row key={keyOf(line)} line={line} margin={props.margin?.(line)} {...{ places, current }} />;
        })}
      </div>
    </div>
  );
}

type Place = Match & { readonly at: number };

interface TextProps {
  readonly text: string;
  readonly places: readonly Place[] | undefined;
  /** Which of the places is the current one; -1 where none is. */
  readonly current: number;
}

function Row({ line, margin, ...rest }: Omit<TextProps, "text"> & { line: Showable; margin: ComponentChildren }) {
  return (
    <div class={line.note ? "log-line log-note" : "log-line"}>
      {margin}
      <Text text={line.text} {...rest} />
    </div>
  );
}

/** Drawn again only where its text, or what is marked in it, is another. */
class Text extends Component<TextProps> {
  override shouldComponentUpdate(next: TextProps): boolean {
    const { text, places, current } = this.props;
    return next.text !== text || next.places !== places || next.current !== current;
  }

  override render() {
    const { text, places = NOWHERE, current } = this.props;
    return (
      <span>
        {marked(spans(text), places).map(({ text: part, tone, at }, index) => {
          if (at !== undefined) {
            return (
              <mark key={index} class={at === current ? "current" : undefined}>
                {part}
              </mark>
            );
          }
          return tone ? (
            <span key={index} class={tone.replace(/(^| )/g, "$1log-")}>
              {part}
            </span>
          ) : (
            part
          );
        })}
      </span>
    );
  }
}

const NOWHERE: readonly Place[] = [];
const plains = new WeakMap<Showable, string>();

/** The text of a line that is searched and measured, made once. */
export function plainOf(line: Showable): string {
  let text = plains.get(line);
  if (text === undefined) {
    text = plain(line.text);
    plains.set(line, text);
  }
  return text;
}

function grouped(matches: readonly Match[]): Map<number, Place[]> {
  const found = new Map<number, Place[]>();
  for (const [at, match] of matches.entries()) {
    const places = found.get(match.line);
    if (places === undefined) found.set(match.line, [{ ...match, at }]);
    else places.push({ ...match, at });
  }
  return found;
}

type Box = { readonly current: HTMLDivElement | null };

/** How many characters fit beside each other, and how high one is. */
function useCells(box: Box, margin: number): { columns: number; rowHeight: number } {
  const [cells, setCells] = useState({ columns: 80, rowHeight: 18 });
  useLayoutEffect(() => {
    const element = box.current as HTMLDivElement;
    const measure = element.firstElementChild as HTMLElement;
    const look = () => {
      const { width, height } = measure.getBoundingClientRect();
      if (width === 0) return;
      const inner = element.clientWidth - 2 * PADDING;
      const next = { columns: Math.max(8, Math.floor((inner * 50) / width) - margin), rowHeight: height };
      setCells((now) => (now.columns === next.columns && now.rowHeight === next.rowHeight ? now : next));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [margin]);
  return cells;
}

/** As the style has it. */
const PADDING = 12;

/** Stay at the end while it follows; stay with what is looked at where lines came before it. */
function useStay<Line extends Showable>(
  box: Box,
  props: LogLinesProps<Line>,
  begins: number[],
  rowHeight: number,
): void {
  const first = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    const element = box.current as HTMLDivElement;
    const [line] = props.lines;
    const key = line && props.keyOf(line);
    if (props.follows) {
      element.scrollTop = element.scrollHeight;
    } else if (first.current !== undefined && key !== first.current) {
      const at = props.lines.findIndex((one) => props.keyOf(one) === first.current);
      if (at > 0) element.scrollTop += (begins[at] as number) * rowHeight;
    }
    first.current = key;
  });
}

function useCurrent<Line extends Showable>(
  box: Box,
  props: LogLinesProps<Line>,
  begins: number[],
  rowHeight: number,
): void {
  const match = props.matches[props.current];
  useEffect(() => {
    const element = box.current;
    if (match === undefined || element === null) return;
    const at = (begins[match.line] ?? 0) * rowHeight;
    const isSeen = at >= element.scrollTop && at < element.scrollTop + element.clientHeight - 2 * rowHeight;
    if (!isSeen) element.scrollTop = at - element.clientHeight / 2;
  }, [props.current, match === undefined]);
}
