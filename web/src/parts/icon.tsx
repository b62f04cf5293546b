/** Icons: strokes of one width in a square of 16, coloured as the text beside them, silent for screen readers. */

const PATHS = {
  check: "M3 8.5l3.2 3.2L13 5",
  dot: "M8 5.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5z",
  play: "M5 3.5v9l7.5-4.5z",
  clock: "M8 2a6 6 0 100 12A6 6 0 008 2zm0 3v3.2l2.2 1.6",
  alert: "M8 2.5l6 10.8H2zM8 6.5v3m0 1.9v.1",
  cross: "M4 4l8 8m0-8l-8 8",
  pause: "M5.5 4v8m5-8v8",
  stop: "M4.5 4.5h7v7h-7z",
  arrow: "M2.5 8h10m-3.5-3.5L12.5 8 9 11.5",
  question: "M5.8 6a2.2 2.2 0 114 1.2C9 8 8 8.3 8 9.5m0 2.4v.1",
  up: "M4 9.5L8 5.5l4 4",
  down: "M4 6.5l4 4 4-4",
  left: "M9.5 4l-4 4 4 4",
  right: "M6.5 4l4 4-4 4",
  search: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.3 10.3l3.2 3.2",
  copy: "M5.5 5.5V3h7.5v7.5h-2.5M3 5.5h7.5V13H3z",
  out: "M6 3.5H3v9.5h9.5v-3M9 3h4v4M13 3L7.5 8.5",
  sun: "M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6zM8 1.5v1.6m0 9.8v1.6M1.5 8h1.6m9.8 0h1.6M3.4 3.4l1.1 1.1m7 7l1.1 1.1m0-9.2l-1.1 1.1m-7 7l-1.1 1.1",
  moon: "M13 9.6A5.5 5.5 0 116.4 3 4.4 4.4 0 0013 9.6z",
  menu: "M2.5 4.5h11m-11 3.5h11m-11 3.5h11",
  grid: "M3 3h4v4H3zm6 0h4v4H9zM3 9h4v4H3zm6 0h4v4H9z",
  server: "M2.5 3h11v4h-11zm0 6h11v4h-11zM5 5h.1M5 11h.1",
  tag: "M2.5 2.5h5L13.5 8.5l-5 5-6-6zM5.5 5.5h.1",
  users:
    "M6 7.5a2.2 2.2 0 100-4.4 2.2 2.2 0 000 4.4zM2 13c0-2.2 1.8-3.6 4-3.6S10 10.8 10 13m.3-9.6a2.2 2.2 0 010 4m1.4 2.4c1.4.5 2.3 1.7 2.3 3.2",
  puzzle: "M3 5.5h3V4a1.5 1.5 0 013 0v1.5h3.5v3H11a1.5 1.5 0 000 3h1.5V13H3z",
  list: "M5.5 4h8m-8 4h8m-8 4h8M2.5 4h.1m-.1 4h.1m-.1 4h.1",
  box: "M8 2l5.5 3v6L8 14l-5.5-3V5zM2.5 5L8 8l5.5-3M8 8v6",
  rocket: "M6 10c0-4 2.5-7 7.5-7.5C13 7.5 10 10 6 10zm0 0l-2 2m4-2.5V13l2-2.5m-4-4H3L5 4.5",
  plus: "M8 3v10M3 8h10",
  lock: "M4 7.5h8V13H4zM5.8 7.5V5.2a2.2 2.2 0 014.4 0v2.3",
} as const;

export type IconKey = keyof typeof PATHS;

export function Icon({ name }: { name: IconKey }) {
  return (
    <svg class="icon-mark" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
