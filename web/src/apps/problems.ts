/** What Marathon says is wrong with a definition, place by place, out of the body of its refusal. */

export interface Problem {
  /** As Marathon writes it: `/container/volumes(0)/hostPath`, `/` for the whole. */
  readonly path: string;
  readonly message: string;
}

/** `meanings` has each of the errors in words, where there are codes among them. */
interface Detail {
  readonly path?: unknown;
  readonly errors?: unknown;
  readonly meanings?: unknown;
}

/** One for each complaint; none where the body has nothing besides its message. */
export function problemsOf(body: unknown): Problem[] {
  const details = (body as { details?: unknown } | null)?.details;
  if (typeof details === "string" && details !== "") return [{ path: "/", message: details }];
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail: Detail | null) => {
    const told = detail?.meanings ?? detail?.errors;
    if (!Array.isArray(told)) return [];
    return told.map((message) => ({ path: String(detail?.path || "/"), message: String(message) }));
  });
}
