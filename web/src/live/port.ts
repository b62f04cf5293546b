/** The tab's end of the connection to whoever holds the stream: the shared worker, or the same code in the tab. */

import type { FromTab, FromWorker } from "./protocol";

export interface Port {
  post(message: FromTab): void;
}

/** Connect to the worker; `take` gets what it says. */
export function connect(take: (message: FromWorker) => void): Port {
  const url = document.querySelector<HTMLLinkElement>("link[data-worker]")?.href ?? "";
  const worker = new SharedWorker(url, { name: "koinon" });
  worker.port.onmessage = (event: MessageEvent<FromWorker>) => take(event.data);
  worker.port.start();
  return { post: (message) => worker.port.postMessage(message) };
}
