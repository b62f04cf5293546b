/** What Marathon says is wrong with a definition, place by place, out of the body of its refusal. */

export interface Problem {
  /** As Marathon writes it: `/container/volumes(0)/hostPath`, `/` for the whole. */
  readonly path: string;
  readonly message: string;
}

/** `meanings` has each of the errors in words, where there are codes among them. */
interface Detail {
  readonly path?: unknown;
  readonly errors?: readonly unknown[];
  readonly meanings?: readonly unknown[];
}

/** One for each complaint; none where the body has nothing besides its message. */
export function problemsOf(body: unknown): Problem[] {
  const details = (body as { details?: unknown } | null)?.details;
  if (typeof details === "string" && details !== "") return [{ path: "/", message: details }];
  if (!Array.isArray(details)) return [];
  return details.flatMap(({ path, errors, meanings }: Detail) =>
    (meanings ?? errors ?? []).map((message) => ({ path: String(path || "/"), message: String(message) })),
  );
}
