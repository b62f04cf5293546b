/** One question or order over HTTP, and its error as a value. Paths are below /ui/api/: `cluster/...`, `marathon/...`. */

export interface Refused {
  /** The HTTP status; 0 where nobody answered. */
  readonly status: number;
  /** For a person, as the server said it. */
  readonly message: string;
  /** The body as it came: Marathon says in it which field is wrong. */
  readonly body: unknown;
}

export type Answer<Body> = { readonly ok: true; readonly body: Body } | { readonly ok: false; readonly error: Refused };

/** Ask; never throws, unless `signal` ends it. A body is sent as JSON; a Blob is JSON that somebody wrote, and goes as it is. */
export async function ask<Body>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer<Body>> {
  let response: Response;
  try {
    const init: RequestInit = { method, headers: { Accept: "application/json" }, signal: signal ?? null };
    if (body !== undefined) {
      init.headers = { ...init.headers, "Content-Type": "application/json" };
      init.body = body instanceof Blob ? body : JSON.stringify(body);
    }
    response = await fetch(`/ui/api/${path}`, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    return { ok: false, error: { status: 0, message: "nobody answers: the link is down", body: null } };
  }
  const read = parse(await response.text());
  if (response.ok) return { ok: true, body: read as Body };
  return { ok: false, error: { status: response.status, message: messageOf(read) || response.statusText, body: read } };
}

function parse(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return text;
  }
}

function messageOf(body: unknown): string {
  if (typeof body === "string") return body;
  const message = (body as { message?: unknown } | null)?.message;
  return typeof message === "string" ? message : "";
}
