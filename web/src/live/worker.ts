/** The shared worker: one stream for all tabs of this browser. */

import { Exchange } from "./exchange";
import type { Seat } from "./hub";
import type { FromTab } from "./protocol";

/** The part of a shared worker's world that we use; the types of pages and of workers do not go together. */
interface SharedScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

const exchange = new Exchange();
/** To the tab that connected last: its console stands for the worker's own. */
let tell: Seat["post"] = () => undefined;
self.addEventListener("error", (event) => tell({ kind: "fault", text: `${event.message} ${event.error?.stack}` }));
self.addEventListener("unhandledrejection", ({ reason }) =>
  tell({ kind: "fault", text: `${reason} ${reason?.stack}` }),
);
(self as unknown as SharedScope).onconnect = (event) => {
  const port = event.ports[0];
  if (port === undefined) return;
  const seat: Seat = { post: (message) => port.postMessage(message) };
  tell = seat.post;
  port.onmessage = (said: MessageEvent<FromTab>) => exchange.hear(seat, said.data);
};
