/** What Marathon says is wrong with a definition, place by place, out of the body of its refusal. */

export interface Problem {
  /** As Marathon writes it: `/container/volumes(0)/hostPath`, `/` for the whole. */
  readonly path: string;
  readonly message: string;
}

/** Marathon's own words for what a reader of JSON found, said for people. */
const WORDS: Readonly<Record<string, string>> = {
  "error.path.missing": "is missing",
  "error.pattern": "is not written as it must be",
  "error.unknown.enum.literal": "is none of the words that may stand here",
  "error.min": "is too small",
  "error.max": "is too large",
  "error.minLength": "is too short",
  "error.maxLength": "is too long",
  "error.expected.int": "must be a whole number",
  "error.expected.jsnumber": "must be a number",
  "error.expected.jsstring": "must be a text",
  "error.expected.jsboolean": "must be true or false",
  "error.expected.jsarray": "must be a list",
  "error.expected.jsobject": "must be an object",
};

/** One for each complaint; none where the body has nothing besides its message. */
export function problemsOf(body: unknown): Problem[] {
  const details = (body as { details?: unknown } | null)?.details;
  if (typeof details === "string" && details !== "") return [{ path: "/", message: details }];
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail: { path?: unknown; errors?: unknown }) => {
    const errors = Array.isArray(detail?.errors) ? detail.errors : [];
    return errors.map((message) => ({ path: String(detail.path || "/"), message: inWords(String(message)) }));
  });
}

function inWords(message: string): string {
  return Object.hasOwn(WORDS, message) ? (WORDS[message] ?? message) : message;
}
