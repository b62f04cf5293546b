/** Spans of time as people type them. Pure. */

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  s: 1,
  sec: 1,
  secs: 1,
  m: 60,
  min: 60,
  mins: 60,
  h: 3600,
  hr: 3600,
  hrs: 3600,
  d: 86400,
  day: 86400,
  days: 86400,
  w: 604800,
};

/** Seconds of "90", "90s", "5m", "1h 30m", "2days"; undefined where it is not one. */
export function parseSpan(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)\s*/gi)];
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== text.trim()) return undefined;
  let sum = 0;
  for (const [, number, unit = ""] of parts) {
    const size = UNITS[unit.toLowerCase()];
    if (size === undefined) return undefined;
    sum += Number(number) * size;
  }
  return sum;
}
