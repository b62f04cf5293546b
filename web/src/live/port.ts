/** The tab's end of the connection to whoever holds the stream: the shared worker, or the same code in the tab. */

import { Exchange } from "./exchange";
import type { FromTab, FromWorker } from "./protocol";

export interface Port {
  post(message: FromTab): void;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** Connect to the worker; `take` gets what it says, `lost` is called where it turns out that there is none. */
export function connect(take: (message: FromWorker) => void, lost: () => void): Port {
  if (typeof SharedWorker === "undefined") return connectHere(take);
  try {
    const worker = new SharedWorker(workerUrl(), { name: "koinon" });
    worker.onerror = lost;
    worker.port.onmessage = (event: MessageEvent<FromWorker>) => take(event.data);
    worker.port.start();
    return { post: (message) => worker.port.postMessage(message) };
  } catch {
    return connectHere(take);
  }
}

/** The same without a worker: this tab has a stream of its own. */
export function connectHere(take: (message: FromWorker) => void): Port {
  const exchange = new Exchange();
  const seat = { post: take };
  return { post: (message) => exchange.hear(seat, message) };
}

/** The address of the worker, as something that the page's policy trusts: nothing but our own assets is. */
function workerUrl(): string {
  const url = document.querySelector<HTMLLinkElement>("link[data-worker]")?.href ?? "";
  const trusted = (window as { trustedTypes?: TrustedTypes }).trustedTypes;
  if (trusted === undefined) return url;
  const rules = {
    createScriptURL: (given: string) => {
      if (given.startsWith(`${location.origin}/ui/assets/`)) return given;
      throw new TypeError(`${given} is none of our scripts`);
    },
  };
  return trusted.createPolicy("koinon", rules).createScriptURL(url);
}
