/** Ages and moments in words. Pure: seconds in, text out. */

const STEPS = [
  ["d", 86400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;

/** How long: "12s", "3m 5s", "2h 10m", "4d 3h"; the second part only while the first is small. */
export function spanText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const at = STEPS.findIndex(([, size]) => whole >= size);
  const first = STEPS[at];
  if (first === undefined) return "0s";
  const count = Math.floor(whole / first[1]);
  const next = STEPS[at + 1];
  const rest = next === undefined ? 0 : Math.floor((whole % first[1]) / next[1]);
  return rest > 0 && count < 10 && next ? `${count}${first[0]} ${rest}${next[0]}` : `${count}${first[0]}`;
}

/** Since when, seen from now: "3m ago", "in 2h", "now". Both in seconds since 1970. */
export function agoText(at: number, now: number): string {
  const seconds = now - at;
  if (Math.abs(seconds) < 1) return "now";
  return seconds > 0 ? `${spanText(seconds)} ago` : `in ${spanText(-seconds)}`;
}

/** A moment in the reader's own time zone: "2026-03-01 14:05:09". */
export function momentText(at: number): string {
  const date = new Date(at * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
