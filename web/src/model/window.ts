/** Which rows of a long table are worth having in the page. Pure. */

export interface Span {
  readonly first: number;
  /** The one after the last. */
  readonly end: number;
}

/** Rows that lie in what is seen, and some on either side. `top` is where the first row begins, seen from the top of
 * what is seen: negative once it is scrolled away. All in pixels. The window moves in steps of `step` rows, so that most
 * frames of a scroll change nothing in the page. */
export function windowOf(count: number, rowHeight: number, top: number, seen: number, spare = 8, step = 8): Span {
  const first = Math.floor((-top / rowHeight - spare) / step) * step;
  const end = Math.ceil(((seen - top) / rowHeight + spare) / step) * step;
  const clamp = (value: number) => Math.max(0, Math.min(count, value));
  return { first: clamp(first), end: clamp(end) };
}

/** Whether most rows of the second window are not in the first: somebody scrolls fast. */
export function isLeap(one: Span, other: Span): boolean {
  const common = Math.min(one.end, other.end) - Math.max(one.first, other.first);
  return common * 2 < other.end - other.first;
}

/** Which element shows which row. A row that stays keeps its own; one that comes takes over that of one that went, as
 * another text in an element costs much less than another element. */
export class Slots {
  private held = new Map<string, number>();
  private count = 0;

  /** The numbers of the elements for these rows. */
  place(names: readonly string[]): readonly number[] {
    const wanted = new Set(names);
    const free = [...this.held].filter(([name]) => !wanted.has(name)).map(([, slot]) => slot);
    let taken = 0;
    const slots = names.map((name) => this.held.get(name) ?? free[taken++] ?? this.count++);
    this.held = new Map(names.map((name, place) => [name, slots[place] as number]));
    return slots;
  }
}

/** Where a key moves the focus to in a list; undefined for a key that means nothing here. */
export function moveFocus(key: string, index: number, count: number, page: number): number | undefined {
  const steps: Record<string, number> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: count - 1,
  };
  const to = steps[key];
  return to === undefined || count === 0 ? undefined : Math.max(0, Math.min(count - 1, to));
}
