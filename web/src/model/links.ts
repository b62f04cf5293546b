/** Which addresses from outside a person may follow. Pure. */

/** The address where it is http or https and absolute, and nothing else: never `javascript:`, `data:`, or a path of ours. */
export function safeHref(text: string | undefined): string | undefined {
  if (text === undefined || !/^https?:\/\//i.test(text.trim())) return undefined;
  try {
    const url = new URL(text.trim());
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}
