/** What Marathon says is wrong with a definition, place by place, out of the body of its refusal. */

export interface Problem {
  /** As Marathon writes it: `/container/volumes(0)/hostPath`, `/` for the whole. */
  readonly path: string;
  readonly message: string;
}

/** One for each complaint; none where the body names no place. */
export function problemsOf(body: unknown): Problem[] {
  const details = (body as { details?: unknown } | null)?.details;
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail: { path?: unknown; errors?: unknown }) => {
    const errors = Array.isArray(detail?.errors) ? detail.errors : [];
    return errors.map((message) => ({ path: String(detail.path ?? ""), message: String(message) }));
  });
}
