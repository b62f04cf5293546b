/** The tab's end of the connection to whoever holds the stream: the shared worker, or the same code in the tab. */

import { Exchange } from "./exchange";
import type { FromTab, FromWorker } from "./protocol";
import { workerUrl } from "./worker_url";

export interface Port {
  post(message: FromTab): void;
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
