/** A table of many rows, of which only those in view are in the page. Order, focus and scroll survive every patch.
 *
 * Rows lie at fixed heights, so that where a row stands is its index. It scrolls with the page, or within `maxHeight`.
 * A row is drawn again only when it is another object: pass rows as the tables hold them, and columns that stay the same.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { nextSort, parseSort, type SortKey, Sorter } from "../model/sorting";
import { isLeap, moveFocus, Slots, type Span, windowOf } from "../model/window";
import { go, setQuery } from "../shell/router";
import { useQuery } from "./field";
import { Icon } from "./icon";
import { TableRow } from "./window_row";

/** Without another leap for so long somebody looks at what is there. */
const RESTING_MS = 120;

export interface Column<Row> {
  readonly id: string;
  readonly label: string;
  readonly render: (row: Row) => ComponentChildren;
  /** What it is sorted by; a column without it can't be sorted. */
  readonly sortBy?: (row: Row) => SortKey;
  readonly align?: "end";
  /** A track of CSS grid: "8rem", "minmax(6rem, 2fr)"; "1fr" without it. */
  readonly width?: string;
  /** Not shown where the table is narrower than this, in pixels. */
  readonly hideBelow?: number;
  /** Where it is not shown as a column it stands small beneath the first. */
  readonly below?: boolean;
  /** As the first column: it draws what it leads to by itself, or something that is pressed. */
  readonly isApart?: boolean;
}

export interface WindowTableProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  /** Keep the array the same between draws: outside of the component, or `useMemo`. */
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Where a press or Enter on a row leads. */
  readonly rowHref?: (row: Row) => string;
  /** "name", or "-name" for descending. */
  readonly initialSort?: string;
  /** In place of no rows. */
  readonly empty?: ComponentChildren;
  /** The name of the sort order in the URL, where a screen has two tables. */
  readonly sortName?: string;
  /** Scroll within this height rather than with the page: "20rem". */
  readonly maxHeight?: string;
}

export function WindowTable<Row>(props: WindowTableProps<Row>) {
  const { rows, columns, rowKey, sortName = "sort" } = props;
  const sort = parseSort(useQuery(sortName) || props.initialSort || "");
  const body = useRef<HTMLDivElement>(null);
  const { span, width, rowHeight } = useWindow(body, rows.length, columns);
  const shown = useMemo(() => visibleColumns(columns, width), [columns, width]);
  const { sorted, slots } = useSorted(props, sort);
  const { at, ...focus } = useRowFocus(body, sorted, rowHeight, props);
  const inPage = indexes(span, sorted.length, at);
  const elements = slots.place(inPage.map((index) => rowKey(sorted[index] as Row)));
  return (
    <div class="table-box" style={{ maxHeight: props.maxHeight, overflowY: props.maxHeight && "auto" }}>
      <div
        class="table"
        role="grid"
        aria-label={props.label}
        aria-rowcount={rows.length + 1}
        style={{ "--tracks": shown.tracks }}
        {...focus}
      >
        <Head columns={shown.columns} sort={sort} sortName={sortName} />
        <div
          class={shown.below.length > 0 ? "table-body two" : "table-body"}
          role="rowgroup"
          ref={body}
          style={{ height: `${rows.length * rowHeight}px` }}
        >
          {inPage.map((index, nth) => {
            const row = sorted[index] as Row;
            const place = { index, top: index * rowHeight, isStop: at === -1 ? index === span.first : index === at };
            const { columns, below } = shown;
            const name = rowKey(row);
            return <TableRow key={elements[nth]} {...{ name, row, columns, below, href: props.rowHref }} {...place} />;
          })}
        </div>
      </div>
      {rows.length === 0 && props.empty}
    </div>
  );
}

/** The rows in their order, and the elements that draw them. */
function useSorted<Row>({ rows, columns, rowKey }: WindowTableProps<Row>, sort: ReturnType<typeof parseSort>) {
  const sortBy = columns.find((column) => column.id === sort.column)?.sortBy;
  const { sorter, slots } = useMemo(() => ({ sorter: new Sorter<Row>(), slots: new Slots() }), []);
  const sorted = useMemo(() => sorter.sort(rows, sortBy, sort.descending, rowKey), [rows, sortBy, sort.descending]);
  return { sorted, slots };
}

/** Which row has the focus or had it last, by its key; and what keys make of it. */
function useRowFocus<Row>(
  body: { current: HTMLDivElement | null },
  sorted: readonly Row[],
  rowHeight: number,
  { rowKey, rowHref }: WindowTableProps<Row>,
) {
  const [focused, setFocused] = useState<string | undefined>();
  const moved = useFocusFollowing(body, focused);
  const at = focused === undefined ? -1 : sorted.findIndex((row) => rowKey(row) === focused);
  const onKeyDown = (event: KeyboardEvent) => {
    const onRow = (event.target as HTMLElement).getAttribute("role") === "row";
    if (!onRow || event.metaKey || event.ctrlKey || event.altKey) return;
    const row = sorted[at];
    if (event.key === "Enter" && row && rowHref) go(rowHref(row));
    const page = Math.max(1, Math.floor(window.innerHeight / rowHeight) - 3);
    const to = sorted[moveFocus(event.key, at, sorted.length, page) ?? -1];
    if (to === undefined) return;
    event.preventDefault();
    moved.current = true;
    setFocused(rowKey(to));
  };
  const onFocusIn = (event: FocusEvent) => {
    const key = (event.target as HTMLElement).closest<HTMLElement>("[data-key]")?.dataset["key"];
    if (key !== undefined) setFocused(key);
  };
  return { at, onKeyDown, onFocusIn };
}

function Head<Row>(props: { columns: readonly Column<Row>[]; sort: ReturnType<typeof parseSort>; sortName: string }) {
  const { columns, sort, sortName } = props;
  return (
    <div role="rowgroup" class="table-head">
      <div role="row" aria-rowindex={1} class="table-row">
        {columns.map((column) => {
          const is = sort.column === column.id && column.sortBy;
          const order = sort.descending ? "descending" : "ascending";
          return (
            <div key={column.id} role="columnheader" aria-sort={is ? order : undefined} class={column.align}>
              {column.sortBy ? (
                <button type="button" class="plain" onClick={() => setQuery(sortName, nextSort(sort, column.id))}>
                  {column.label}
                  {is && <Icon name={sort.descending ? "down" : "up"} />}
                </button>
              ) : (
                column.label
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The rows of the window, and the focused one wherever it stands: what has the focus must stay in the page. */
function indexes(span: Span, count: number, focused: number): number[] {
  const end = Math.min(span.end, count);
  const found: number[] = [];
  if (focused >= 0 && focused < span.first) found.push(focused);
  for (let index = span.first; index < end; index += 1) found.push(index);
  if (focused >= end) found.push(focused);
  return found;
}

export function visibleColumns<Row>(columns: readonly Column<Row>[], width: number) {
  const fits = (column: Column<Row>) => width >= (column.hideBelow ?? 0);
  const shown = columns.filter(fits);
  return {
    columns: shown,
    below: columns.filter((column) => !fits(column) && column.below),
    tracks: shown.map((column) => column.width ?? "minmax(0, 1fr)").join(" "),
  };
}

/** Follow scrolling and sizes; what comes back changes only when other rows are in view. */
function useWindow<Row>(body: { current: HTMLDivElement | null }, count: number, columns: readonly Column<Row>[]) {
  const [span, setSpan] = useState<Span>({ first: 0, end: 40 });
  const [width, setWidth] = useState(() => (typeof window === "undefined" ? 1280 : window.innerWidth));
  const isTwo = visibleColumns(columns, width).below.length > 0;
  const rowHeight = useRowHeight(isTwo);
  const measure = useRef(() => {});
  const spanNow = useRef(span);
  const flight = useRef<ReturnType<typeof setTimeout>>(undefined);
  measure.current = () => {
    const element = body.current;
    if (element === null) return;
    const { top } = element.getBoundingClientRect();
    const whole = windowOf(count, rowHeight, top, window.innerHeight);
    if (isLeap(whole, spanNow.current)) {
      clearTimeout(flight.current);
      flight.current = setTimeout(() => {
        flight.current = undefined;
        measure.current();
      }, RESTING_MS);
    }
    // Who flies by sees no more than what is in view; the rows around it come once that is over.
    const next = flight.current === undefined ? whole : windowOf(count, rowHeight, top, window.innerHeight, 0, 1);
    spanNow.current = next;
    setSpan((was) => (was.first === next.first && was.end === next.end ? was : next));
    setWidth(element.clientWidth || window.innerWidth);
  };
  useLayoutEffect(() => measure.current(), [count, rowHeight]);
  useMoves(body, measure);
  useEffect(() => () => clearTimeout(flight.current), []);
  return { span, width, rowHeight };
}

/** Measure again when something scrolls or gets another size, once a frame at most. */
function useMoves(body: { current: HTMLDivElement | null }, measure: { readonly current: () => void }): void {
  useEffect(() => {
    let frame = 0;
    const soon = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        measure.current();
      });
    };
    const sizes = new ResizeObserver(soon);
    if (body.current) sizes.observe(body.current);
    sizes.observe(document.body);
    document.addEventListener("scroll", soon, { capture: true, passive: true });
    return () => {
      sizes.disconnect();
      cancelAnimationFrame(frame);
      document.removeEventListener("scroll", soon, { capture: true });
    };
  }, []);
}

/** The height of a row as the tokens have it, which depends on the pointer. */
function useRowHeight(isTwo: boolean): number {
  return useMemo(() => {
    const styles = getComputedStyle(document.documentElement);
    return Number.parseFloat(styles.getPropertyValue(isTwo ? "--row-two" : "--row")) || 36;
  }, [isTwo]);
}

/** Once a key has moved the focus, give it to the row, which is in the page by then. What is returned is set by the key. */
function useFocusFollowing(
  body: { current: HTMLDivElement | null },
  focused: string | undefined,
): { current: boolean } {
  const moved = useRef(false);
  useLayoutEffect(() => {
    if (!moved.current || focused === undefined) return;
    moved.current = false;
    body.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }, [focused]);
  return moved;
}
